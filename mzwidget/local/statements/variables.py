"""Session variables: what SET, SHOW and the startup packet know."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mzwidget.local.errors import SqlError, private_preview, unsupported
from mzwidget.local.formats import bytesizes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_RELEASE = 26, 22, 0
VERSION = f"v{'.'.join(map(str, _RELEASE))} (mzwidget embedded engine)"
VERSION_NUMBER = int("{:02}{:03}{:02}".format(*_RELEASE))
SEVERITIES = ("debug5", "debug4", "debug3", "debug2", "debug1", "log", "info", "notice", "warning", "error")
STRICT = "strict serializable"
CATALOG_SERVER = "mz_catalog_server"
CLUSTERS = ("quickstart", CATALOG_SERVER)
REPLICA = "r1"
_ISOLATION_LEVELS = ("read uncommitted", "read committed", "repeatable read", "serializable", STRICT)
_MOST_BYTES = 10_000
"""Of a value: libpq hangs up where it is told one that is three times as long."""
_PLAIN_NAME = re.compile(r"[a-z_\u0080-\U0010ffff][a-z0-9_$\u0080-\U0010ffff]*")
_BOOLEAN = {**dict.fromkeys(("on", "true", "t"), "on"), **dict.fromkeys(("off", "false", "f"), "off")}
_UNITS_US = {"us": 1, "ms": 1000, "s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86_400 * 10**6}
_DURATION = re.compile(r"\s*([0-9]+)\s*(.*?)\s*", re.DOTALL)

Values = tuple[str, ...]


def _one(name: str, values: Values) -> str:
    if len(values) != 1:
        listed = ",".join(f'"{value}"' for value in values)
        raise _wrong_value(name, listed, "expects a single value")
    return values[0]


def _any(name: str, values: Values) -> str:
    return _one(name, values)


def _flag(name: str, values: Values) -> str:
    try:
        return _BOOLEAN[_one(name, values)]
    except KeyError:
        raise _wrong_kind(name, "boolean") from None


def _integer(name: str, values: Values) -> str:
    value = _one(name, values)
    if not re.fullmatch(r"[+-]?\d{1,10}", value) or not -(2**31) <= int(value) < 2**31:
        raise _wrong_kind(name, "integer")
    return str(int(value))


def _wrong_value(name: str, listed: str, why: str) -> SqlError:
    return SqlError(f'parameter "{name}" cannot have value {listed}: {why}', "22023")


def _wrong_kind(name: str, kind: str) -> SqlError:
    return SqlError(f'parameter "{name}" requires a "{kind}" value', "22023")


def _one_of(*choices: str) -> Callable[[str, Values], str]:
    def check(name: str, values: Values) -> str:
        value = _one(name, values)
        for choice in choices:
            if value.lower() == choice.lower():
                return choice
        raise SqlError(
            f'invalid value for parameter "{name}": "{value}"',
            "22023",
            hint=f"Available values: {', '.join(choices)}.",
        )

    return check


def _on(name: str, values: Values) -> str:
    """Take only on: there is nothing else."""
    if _flag(name, values) == "off":
        raise SqlError(f'parameter "{name}" can only be set to "on"', "22023")
    return "on"


def _date_style(name: str, values: Values) -> str:
    """Take the two words of the one style, in any order and number."""
    words = [word.strip(' "').lower() for value in values for word in value.split(",")]
    if not {"iso", "mdy"}.issuperset(words):
        raise SqlError(f'parameter "{name}" can only be set to "ISO, MDY"', "22023")
    return "ISO, MDY"


def _time_zone(name: str, values: Values) -> str:
    value = _one(name, values)
    known = {"utc": "UTC", "gmt": "GMT", "+00:00": "+00:00"}
    if value.lower() not in known:
        raise SqlError(f'invalid value for parameter "{name}": "{value}"', "22023")
    return known[value.lower()]


def _read_only(name: str, _: Values) -> str:
    raise SqlError(f'parameter "{name}" cannot be changed', "55P02")


def _off(name: str, values: Values) -> str:
    """Take only off: what it would switch on is not offered."""
    if _flag(name, values) == "on":
        raise unsupported(f"{name} = on")
    return "off"


def _not_offered(name: str, _: Values) -> str:
    raise unsupported(f"setting {name}")


def _names(_: str, values: Values) -> str:
    return ", ".join(_name(value) for value in values)


def _name(text: str) -> str:
    return text if _PLAIN_NAME.fullmatch(text) else '"' + text.replace('"', '""') + '"'


class _DurationError(ValueError):
    """A duration cannot have this value: it, and why."""


def milliseconds(text: str) -> float:
    """Read a duration such as ``100``, ``1s`` or ``2 min``; a bare number is milliseconds.

    Raises
    ------
    ValueError
        If it is none.
    """
    return _microseconds(text) / 1000


def _microseconds(text: str) -> int:
    found = _DURATION.fullmatch(text)
    if found is None or int(found[1]) >= 1 << 64:
        msg = f"no duration: {text!r}"
        raise ValueError(msg)
    unit = _UNITS_US.get(found[2] or "ms")
    if unit is None:
        raise _DurationError(found[2], "expected us, ms, s, min, h, or d but got {o:?}")
    if int(found[1]) * max(unit // 10**6, 1) >= 1 << 64:
        raise _DurationError(text.strip(), "expected value to fit in u64")
    return int(found[1]) * unit


def _duration(name: str, values: Values) -> str:
    try:
        value = _microseconds(_one(name, values))
    except _DurationError as error:
        given, why = error.args
        raise _wrong_value(name, f'"{given}"', why) from None
    except ValueError:
        raise _wrong_kind(name, "duration") from None
    if not value:
        return "0 s"
    unit = next(unit for unit in reversed(_UNITS_US) if not value % _UNITS_US[unit])
    return f"{value // _UNITS_US[unit]} {unit}"


def _bytes(name: str, values: Values) -> str:
    try:
        return bytesizes.shown(bytesizes.parse(_one(name, values)))
    except ValueError:
        raise _wrong_kind(name, "bytes") from None


def _severity(name: str, values: Values) -> str:
    """Take one of the severities; two words are taken without being offered, as in PostgreSQL."""
    other = {"debug": "debug2", "info": "info"}.get(_one(name, values).lower())
    return other or _one_of(*(each for each in SEVERITIES if each != "info"))(name, values)


def _isolation(name: str, values: Values) -> str:
    found = _one_of(*_ISOLATION_LEVELS)(name, values)
    return found if found == STRICT else "serializable"


@dataclass(frozen=True, slots=True)
class _Variable:
    default: str
    check: Callable[[str, Values], str] = _any
    reported: bool = False
    """Whether clients are told its value."""


_VARIABLES = {
    "application_name": _Variable("", reported=True),
    "auto_route_catalog_queries": _Variable("on", _flag),
    "client_encoding": _Variable("UTF8", _one_of("UTF8"), reported=True),
    "client_min_messages": _Variable("notice", _severity),
    "cluster": _Variable("quickstart", reported=True),
    "cluster_replica": _Variable(""),
    "current_object_missing_warnings": _Variable("on", _flag),
    "database": _Variable("materialize", reported=True),
    "DateStyle": _Variable("ISO, MDY", _date_style, reported=True),
    "emit_timestamp_notice": _Variable("off", _off),
    "emit_trace_id_notice": _Variable("off", _off),
    "extra_float_digits": _Variable("3", _integer),
    "failpoints": _Variable("<omitted>", _not_offered),
    "idle_in_transaction_session_timeout": _Variable("2 min", _duration),
    "integer_datetimes": _Variable("on", _on, reported=True),
    "IntervalStyle": _Variable("postgres", _one_of("postgres"), reported=True),
    "is_superuser": _Variable("off", _read_only, reported=True),
    "max_identifier_length": _Variable("255", _read_only),
    "max_query_result_size": _Variable("1GB", _bytes),
    "mz_version": _Variable(VERSION, _read_only, reported=True),
    "search_path": _Variable("public", _names, reported=True),
    "server_version": _Variable("9.5.0", _read_only, reported=True),
    "server_version_num": _Variable("90500", _read_only),
    "sql_safe_updates": _Variable("off", _flag),
    "standard_conforming_strings": _Variable("on", _on, reported=True),
    "statement_logging_sample_rate": _Variable("0", _not_offered),
    "statement_timeout": _Variable("1 min", _duration),
    "TimeZone": _Variable("UTC", _time_zone, reported=True),
    "transaction_isolation": _Variable(STRICT, _isolation),
    "welcome_message": _Variable("on", _flag),
}
_DESCRIPTIONS = {
    "application_name": "What the client calls itself.",
    "auto_route_catalog_queries": "Whether queries of the catalog alone run on the cluster mz_catalog_server.",
    "client_encoding": "The encoding of text sent to the client.",
    "client_min_messages": "The least severity of notices sent to the client.",
    "cluster": "The cluster that statements run on.",
    "cluster_replica": "The replica that a SELECT is sent to.",
    "current_object_missing_warnings": "Whether a database or cluster that does not exist is warned of.",
    "database": "The database of names without one.",
    "DateStyle": "The form of dates in text.",
    "emit_timestamp_notice": "Whether a notice tells the timestamp of a query.",
    "emit_trace_id_notice": "Whether a notice tells the trace of a statement.",
    "extra_float_digits": "The digits of floating-point numbers in text.",
    "failpoints": "Faults made on purpose.",
    "idle_in_transaction_session_timeout": "How long a session may idle in a transaction; in milliseconds.",
    "integer_datetimes": "Whether moments are 64-bit integers.",
    "IntervalStyle": "The form of intervals in text.",
    "is_superuser": "Whether the user is a superuser.",
    "max_identifier_length": "The most bytes of a name.",
    "max_query_result_size": "The most bytes of a query's result.",
    "mz_version": "The version of the server.",
    "search_path": "The schemas of names without one, in order.",
    "server_version": "The version of PostgreSQL that the server is compatible with.",
    "server_version_num": "The version of PostgreSQL as a number.",
    "sql_safe_updates": "Taken for the sake of clients; nothing is refused.",
    "standard_conforming_strings": "Whether backslashes in plain strings mean themselves.",
    "statement_logging_sample_rate": "The share of statements that are logged.",
    "statement_timeout": "How long a statement may run; in milliseconds.",
    "TimeZone": "The time zone of moments in text.",
    "transaction_isolation": "The isolation level of transactions.",
    "welcome_message": "Whether a notice greets after connecting.",
}
_OF_THE_SYSTEM = frozenset(
    """
    allowed_cluster_replica_sizes max_aws_privatelink_connections max_clusters max_connections max_copy_from_size
    max_credit_consumption_rate max_databases max_kafka_connections max_materialized_views max_mysql_connections
    max_objects_per_schema max_postgres_connections max_replicas_per_cluster max_result_size max_roles
    max_schemas_per_database max_secrets max_sinks max_sources max_tables
    """.split()  # noqa: SIM905
)
"""Limits of a region of Materialize: SHOW tells them there, SET does not know them."""
_FACTS = frozenset({"is_superuser", "max_identifier_length", "mz_version"})
"""Of those that cannot be changed the ones that cannot be set to their default either."""
_SPELLINGS = {name.lower(): name for name in _VARIABLES} | {"schema": "search_path"}


@dataclass
class Variables:
    """One session's variables; names are not case-sensitive."""

    _defaults: dict[str, str] = field(default_factory=dict)
    _values: dict[str, str] = field(default_factory=dict)
    _local: dict[str, str] = field(default_factory=dict)
    """What SET LOCAL set, until the transaction ends."""
    revision: int = 0
    """Another one after every change."""

    def get(self, name: str) -> str:
        """Return the value of a variable; 42704 for one that is not known."""
        spelt = _spelt(name)
        for layer in (self._local, self._values, self._defaults):
            if spelt in layer:
                return layer[spelt]
        return _VARIABLES[spelt].default

    def set(self, name: str, values: Sequence[str] | None, *, local: bool = False) -> None:
        """Set a variable; no values mean its default."""
        spelt = _spelt(name)
        if values is None and spelt in _FACTS:
            _read_only(spelt, ())
        self.revision += 1
        self._local.pop(spelt, None)
        if values is None and local:
            self._local[spelt] = self._defaults.get(spelt, _VARIABLES[spelt].default)
            return
        if values is None:
            self._values.pop(spelt, None)
            return
        value = _VARIABLES[spelt].check(spelt, tuple(values))
        if len(value.encode()) > _MOST_BYTES:
            raise SqlError(f'parameter "{spelt}" cannot have a value of more than {_MOST_BYTES} bytes', "54000")
        (self._local if local else self._values)[spelt] = value

    def start_with(self, name: str, value: str) -> None:
        """Set what a variable is reset to, as the startup packet asks."""
        spelt = _spelt(name)
        values = split_names(value) if spelt == "search_path" else (value,)
        self._defaults[spelt] = _VARIABLES[spelt].check(spelt, values)

    def reset_all(self) -> None:
        self.revision += 1
        self._values.clear()
        self._local.clear()

    def copy(self) -> dict[str, str]:
        """Return what `restore` takes back, when a transaction is rolled back."""
        return dict(self._values)

    def restore(self, values: dict[str, str]) -> None:
        """End what was local, and take back older values."""
        if values != self._values:
            self._values = values
            self.revision += 1
        self.end_local()

    def end_local(self) -> None:
        if self._local:
            self._local = {}
            self.revision += 1

    def reported(self) -> dict[str, str]:
        """Return what clients are told."""
        return {name: self.get(name) for name, variable in _VARIABLES.items() if variable.reported}

    def shown(self, name: str) -> str:
        """Return the value of a variable as SHOW does, which knows more of them than SET."""
        if name.lower() in _OF_THE_SYSTEM:
            raise unsupported(f"SHOW {name.lower()}")
        return self.get(name)

    def all(self) -> list[tuple[str, str, str]]:
        """Return name, value and description of all variables."""
        return [(name, self.get(name), _DESCRIPTIONS[name]) for name in sorted(_VARIABLES, key=str.lower)]

    def by_name(self) -> dict[str, str]:
        """Return all values by their names in small letters."""
        return {name.lower(): value for name, value, _ in self.all()}

    @property
    def warns(self) -> bool:
        """Whether notices tell of a database or a cluster that does not exist."""
        return self.get("current_object_missing_warnings") == "on"

    @property
    def search_path(self) -> Values:
        return split_names(self.get("search_path"))

    def milliseconds(self, name: str) -> float:
        return milliseconds(self.get(name))

    def bytes(self, name: str) -> int:
        return bytesizes.parse(self.get(name))


def _spelt(name: str) -> str:
    if name.lower() == "real_time_recency_timeout":
        raise private_preview("real time recency", "allow_real_time_recency", "55P02")
    try:
        return _SPELLINGS[name.lower()]
    except KeyError:
        raise SqlError(f'unrecognized configuration parameter "{name}"', "42704") from None


def split_names(text: str) -> Values:
    """Read a list of names, each quoted or not."""
    found = re.findall(r'\s*(?:"((?:[^"]|"")*)"|([^",\s][^",]*?))\s*(?:,|$)', text)
    return tuple(plain or quoted.replace('""', '"') for quoted, plain in found)
