"""An Altair chart, or a Vega-Lite specification, that draws a live view.

The encoding has no channels; its options are

spec : dict
    Vega-Lite without data: what draws the view takes the dataset named by `data`, fields have their types, a single or
    layered picture is as wide as its container. Other data are in it (``datasets``, ``values``, ``url``).
data : str
    The name of the dataset that the page fills with the view's rows.

A row is an object from column names to values: numbers are numbers (NULL, NaN and infinities null), booleans booleans;
``timestamptz`` and ``mz_timestamp`` are milliseconds since 1970; ``date`` and ``timestamp`` are the moment at which the
reader's clock shows them, since that is what Vega draws; ``jsonb`` is what it holds; everything else is text.
"""

from __future__ import annotations

import importlib
import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from mzwidget.charts import roles, vegalite
from mzwidget.charts.encoding import Encoding
from mzwidget.charts.order import Row
from mzwidget.charts.roles import ChartError
from mzwidget.charts.vegalite import Fields, Spec, vega_type
from mzwidget.tail.values import Column

if TYPE_CHECKING:
    import altair as alt

    Chart = alt.TopLevelMixin | Mapping[str, Any]

_UNTYPED_FIELD = re.compile(r"(.*) encoding field is specified without a type", re.DOTALL)
_LATE = re.compile(r"^\d{5,6}(?=-)")
_HOURS = re.compile(r"[+-]\d\d$")
_DTYPES = {"temporal": "datetime64[us, UTC]", "quantitative": "float64", "nominal": "str"}


def is_chart(given: object) -> bool:
    """Whether something is an Altair chart or could be a Vega-Lite specification."""
    if isinstance(given, Mapping):
        return True
    altair = sys.modules.get("altair")  # who has a chart has imported it
    return altair is not None and isinstance(given, altair.TopLevelMixin)


def load() -> None:
    """Import what a chart takes, for a second: where it is made, lest all views wait while one is drawn."""
    importlib.import_module("altair")


def encode(chart: Chart, columns: Sequence[Column]) -> Encoding:
    """Make a chart draw these columns.

    Raises
    ------
    ChartError
        It names a field that is none of the columns, or cannot be a chart of them; the message says why.
    """
    spec = _plain(chart if isinstance(chart, Mapping) else _from_altair(chart, columns))
    _validate(spec)
    datasets = spec.get("datasets", {})
    live = next(name for name in ("live", *(f"live_{n}" for n in range(2, 10_000))) if name not in datasets)
    fields = Fields(columns)
    vegalite.learn(spec, fields, datasets)
    _Tree(columns, fields, datasets, live).prepare(spec)
    _keep_selections(spec, columns)
    _widen(spec)
    spec.pop("$schema", None)
    return Encoding("vega", options={"spec": spec, "data": live})


def _plain(spec: Mapping[str, Any]) -> Spec:
    try:
        copied: Spec = json.loads(json.dumps(spec, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ChartError(f"chart: this is no JSON: {error}") from None
    return copied


def _validate(spec: Spec) -> None:
    """Hold a specification against Vega-Lite's schema, in which a whole one has data."""
    import altair as alt  # noqa: PLC0415 - only for who has a chart
    from jsonschema import ValidationError  # noqa: PLC0415 - comes with it

    try:
        alt.Root.validate({"data": {"name": "live"}} | spec)
    except ValidationError as error:
        choice = error.validator in {"const", "enum", "anyOf"}  # of which it names but one
        words = f"{error.instance!r:.80} is not what can be there" if choice else error.message
        raise ChartError(f"chart: no Vega-Lite at {error.json_path}: {words[:300]}") from None


def _from_altair(chart: alt.TopLevelMixin, columns: Sequence[Column]) -> Spec:
    """Write a chart as Vega-Lite, letting Altair take the types from an empty frame of the view's columns.

    Altair refuses a field without a type that is not in the frame. Such a field is added and checked with all others
    afterwards, so that errors are the same for a chart and a dict.
    """
    frame = pd.DataFrame({of.name: pd.Series([], dtype=_DTYPES[vega_type(of)]) for of in columns})
    unknown: set[str] = set()
    chart = chart.copy(deep=True)  # type: ignore[attr-defined]
    _drop_names(chart)
    while True:
        try:
            spec: Spec = chart.to_dict(validate=False, context={"data": frame})
            break
        except ValueError as error:
            found = _UNTYPED_FIELD.match(str(error))
            field = found and sys.modules["altair"].utils.parse_shorthand(found[1]).get("field")
            if not field or field in unknown:
                raise ChartError(f"chart: {error}") from None
            unknown.add(field)
            frame[field] = pd.Series([], dtype="str")
        except TypeError as error:
            raise ChartError(f"chart: {error}") from None
    _forget_types(spec, unknown)
    return spec


def _drop_names(chart: Any) -> None:
    """Let the parts of a chart whose data are only named take those of the view."""
    altair = sys.modules["altair"]
    if isinstance(getattr(chart, "data", None), altair.NamedData):
        chart.data = altair.Undefined
    for name in ("layer", "concat", "hconcat", "vconcat"):
        parts = getattr(chart, name, None)
        for part in parts if isinstance(parts, list) else ():
            _drop_names(part)
    if isinstance(getattr(chart, "spec", None), altair.TopLevelMixin):
        _drop_names(chart.spec)


def _forget_types(part: Any, fields: set[str]) -> None:
    """Take back the types that Altair has found only because a field was added for it."""
    if isinstance(part, dict):
        if isinstance(part.get("field"), str) and vegalite.column_of(part["field"]) in fields:
            part.pop("type", None)
        for inner in part.values():
            _forget_types(inner, fields)
    elif isinstance(part, list):
        for inner in part:
            _forget_types(inner, fields)


class _Tree:
    """Walks a specification, and lets the parts that have no other data draw the view."""

    def __init__(self, columns: Sequence[Column], fields: Fields, datasets: dict[str, Any], live: str) -> None:
        self._names = {of.name for of in columns}
        self._fields = fields
        self._datasets = datasets
        self._live = live
        self._drawn = 0

    def prepare(self, spec: Spec) -> None:
        """Prepare a whole specification, in place."""
        self._walk(spec, inherits=False, default=True)
        if not self._datasets:
            spec.pop("datasets", None)
        if not self._drawn:
            raise ChartError(
                "chart: it brings its own data, so nothing in it would follow the view; leave the data out"
            )

    def _walk(self, spec: Spec, *, inherits: bool, default: bool) -> None:
        follows = self._follows(spec["data"]) if "data" in spec else default
        if follows:
            spec.pop("data", None)
            if not inherits:
                spec["data"] = {"name": self._live}
            vegalite.check(spec, self._fields)
            self._drawn += "mark" in spec
        for transform in spec.get("transform") or ():
            source = transform.get("from", {})
            if "data" in source and self._follows(source["data"]):
                source["data"] = {"name": self._live}
        for child in vegalite.children(spec):
            self._walk(child, inherits=follows, default=follows)

    def _follows(self, data: object) -> bool:
        """Whether data stand for the view: a name without data, or rows with just the view's columns or none."""
        match data:
            case {"values": list(rows)}:
                return self._alike(rows)
            case {"name": str(name)} if name in self._datasets:
                if not self._alike(self._datasets[name]):
                    return False
                del self._datasets[name]
                return True
            case {"name": str(), **rest}:
                return rest.keys() <= {"format"}
        return False

    def _alike(self, rows: object) -> bool:
        if not isinstance(rows, list):
            return False
        return not rows or (isinstance(rows[0], dict) and rows[0].keys() == self._names)


def _keep_selections(spec: Spec, columns: Sequence[Column]) -> None:
    """Let a point that was selected be known again when its row has changed: by what names it, not by its place."""
    naming = [of.name for of in columns if not roles.is_measure(of) and of.kind not in {"json", "time"}]
    if naming:
        fields = Fields(columns)
        for param in spec.get("params") or ():
            select = param.get("select")
            if select == "point":
                select = param["select"] = {"type": "point"}
            if (
                isinstance(select, dict)
                and select.get("type") == "point"
                and not select.keys() & {"fields", "encodings"}
            ):
                select["fields"] = [fields.path(name) for name in naming]
    for child in vegalite.children(spec):
        _keep_selections(child, columns)


def _widen(spec: Spec) -> None:
    """Make a single or layered picture as wide as its cell, unless it has a width."""
    faceted = (spec.get("encoding") or {}).keys() & {"row", "column", "facet"}
    if "width" not in spec and ("mark" in spec or "layer" in spec) and not faceted:
        spec["width"] = "container"
        spec.setdefault("autosize", {"type": "fit-x", "contains": "padding"})


def objects(columns: Sequence[Column], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Write rows as the page gives them to Vega, with times as text that Vega reads alike."""
    readers = [_reader(of) for of in columns]
    names = [of.name for of in columns]
    return [
        {name: None if text is None else read(text) for name, read, text in zip(names, readers, row, strict=True)}
        for row in rows
    ]


def _reader(of: Column) -> Callable[[str], Any]:
    if of.type == "mz_timestamp":
        return int
    if of.type in {"timestamp", "timestamptz"}:
        return _iso
    if of.type == "date":
        return lambda text: _iso(f"{text} 00:00:00")  # the reader's midnight; a date alone would be UTC's
    if of.kind == "number":
        return _finite
    if of.kind == "boolean":
        return "t".__eq__
    return json.loads if of.kind == "json" else str


def _iso(text: str) -> str:
    """Write a time as JavaScript reads it: a zone has minutes, and a year beyond 9999 a sign and six digits."""
    text = _LATE.sub(lambda year: f"+{year[0]:0>6}", text.replace(" ", "T", 1))
    return _HOURS.sub(r"\g<0>:00", text)


def _finite(text: str) -> float | int | None:
    number = float(text)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
