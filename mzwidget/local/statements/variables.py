"""Session variables: what SET, SHOW and the startup packet know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = "v26.22.0 (mzwidget embedded engine)"

_BOOLEAN = {
    **dict.fromkeys(("on", "true", "t", "yes", "1"), "on"),
    **dict.fromkeys(("off", "false", "f", "no", "0"), "off"),
}
_UNITS_MS = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def _any(_: str, value: str) -> str:
    return value


def _flag(name: str, value: str) -> str:
    try:
        return _BOOLEAN[value.lower()]
    except KeyError:
        raise SqlError(f"parameter \"{name}\" requires a 'boolean' value", "22023") from None


def _one_of(*choices: str) -> Callable[[str, str], str]:
    def check(name: str, value: str) -> str:
        for choice in choices:
            if value.lower() == choice.lower():
                return choice
        raise SqlError(
            f'invalid value for parameter "{name}": "{value}"',
            "22023",
            hint=f"Available values: {', '.join(choices)}.",
        )

    return check


def _fixed(only: str) -> Callable[[str, str], str]:
    def check(name: str, value: str) -> str:
        if value.lower().replace(" ", "") != only.lower().replace(" ", ""):
            raise SqlError(f'parameter "{name}" can only be set to "{only}"', "22023")
        return only

    return check


def _read_only(name: str, _: str) -> str:
    raise SqlError(f'parameter "{name}" cannot be changed', "55P02")


def milliseconds(text: str) -> float:
    """Read a duration such as ``100``, ``1s`` or ``2 min``; a bare number is milliseconds."""
    text = text.strip().lower()
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz").rstrip()
    unit = text[len(digits) :].strip() or "ms"
    try:
        return float(digits) * _UNITS_MS[unit]
    except (ValueError, KeyError):
        raise SqlError(f'invalid duration: "{text}"; write one like 500ms, 1s or 2min', "22023") from None


def _duration(_: str, value: str) -> str:
    milliseconds(value)
    return value


@dataclass(frozen=True, slots=True)
class _Variable:
    default: str
    check: Callable[[str, str], str] = _any
    reported: str = ""
    """The name under which clients are told the value; empty if they are not."""


_VARIABLES = {
    "application_name": _Variable("", reported="application_name"),
    "auto_route_catalog_queries": _Variable("on", _flag),
    "client_encoding": _Variable("UTF8", _one_of("UTF8", "UTF-8", "UNICODE", "SQL_ASCII"), "client_encoding"),
    "client_min_messages": _Variable(
        "notice",
        _one_of("debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice", "info", "warning", "error"),
    ),
    "cluster": _Variable("quickstart", _one_of("quickstart"), "cluster"),
    "cluster_replica": _Variable(""),
    "database": _Variable("materialize", _one_of("materialize"), "database"),
    "datestyle": _Variable("ISO, MDY", _fixed("ISO, MDY"), "DateStyle"),
    "extra_float_digits": _Variable("3"),
    "idle_in_transaction_session_timeout": _Variable("2 min", _duration),
    "integer_datetimes": _Variable("on", _read_only, "integer_datetimes"),
    "intervalstyle": _Variable("postgres", _fixed("postgres"), "IntervalStyle"),
    "is_superuser": _Variable("off", _read_only, "is_superuser"),
    "max_identifier_length": _Variable("255", _read_only),
    "mz_version": _Variable(VERSION, _read_only, "mz_version"),
    "search_path": _Variable("public", reported="search_path"),
    "server_version": _Variable("9.5.0", _read_only, "server_version"),
    "server_version_num": _Variable("90500", _read_only),
    "sql_safe_updates": _Variable("off", _flag),
    "standard_conforming_strings": _Variable("on", _fixed("on"), "standard_conforming_strings"),
    "statement_timeout": _Variable("1 min", _duration),
    "timezone": _Variable("UTC", _fixed("UTC"), "TimeZone"),
    "transaction_isolation": _Variable(
        "strict serializable",
        _one_of("strict serializable", "serializable", "repeatable read", "read committed", "read uncommitted"),
    ),
    "welcome_message": _Variable("on", _flag),
}


class Variables:
    """One session's variables; names are not case-sensitive."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._defaults: dict[str, str] = {}

    def get(self, name: str) -> str:
        """Return the value of a variable; XX000 for one that is not known."""
        variable = self._known(name)
        key = name.lower()
        return self._values.get(key, self._defaults.get(key, variable.default))

    def set(self, name: str, value: str | None, *, default: bool = False) -> None:
        """Set a variable (or what it is reset to); no value means its default."""
        variable = self._known(name)
        target = self._defaults if default else self._values
        if value is None:
            target.pop(name.lower(), None)
        else:
            target[name.lower()] = variable.check(name.lower(), value)

    def reset_all(self) -> None:
        self._values.clear()

    def copy(self) -> dict[str, str]:
        """Return what `restore` takes back, when a transaction is rolled back."""
        return dict(self._values)

    def restore(self, values: dict[str, str]) -> None:
        self._values = values

    def reported(self) -> dict[str, str]:
        """Return what clients are told, by the names they are told."""
        return {variable.reported: self.get(name) for name, variable in _VARIABLES.items() if variable.reported}

    def all(self) -> list[tuple[str, str]]:
        return [(name, self.get(name)) for name in _VARIABLES]

    @property
    def search_path(self) -> list[str]:
        return [part.strip().strip('"') for part in self.get("search_path").split(",") if part.strip()]

    @staticmethod
    def _known(name: str) -> _Variable:
        try:
            return _VARIABLES[name.lower()]
        except KeyError:
            raise SqlError(f'unrecognized configuration parameter "{name}"', "42704") from None
