"""Page and kernel choose the same picture, from the same columns."""

from __future__ import annotations

import itertools
import json
import subprocess
from typing import TYPE_CHECKING

from mzwidget import charts
from mzwidget.tail.values import Column

if TYPE_CHECKING:
    from pathlib import Path

PLANS = """
import { plan } from "./src/plan.js";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const plans = JSON.parse(text).map(({ columns, key, value }) => {
  return [0, 3].map((size) => {
    const options = { key, value, kind: "auto", limit: 0, height: 0 };
    const { kind, label, value: number } = plan(columns, options, size, false);
    return [kind, kind === "bars" ? { label: [label], value: [number] } : kind === "number" ? { value: [number] } : {}];
  });
});
console.log(JSON.stringify(plans));
"""


def test_page_and_kernel_choose_alike(node: Path, js_modules: Path) -> None:
    columns = [Column(name, oid, type_) for name in "ab" for oid, type_ in ((20, "int8"), (25, "text"), (1082, "date"))]
    views = [view for size in range(4) for view in itertools.product(columns, repeat=size)]
    options = [(key, value) for key in ("", "a", "b", "gone") for value in ("", "a", "b", "gone")]
    cases = [(view, key, value) for view in views for key, value in options if [key] != [of.name for of in view]]
    told = [
        {"columns": [{"name": of.name, "type": of.type, "kind": of.kind} for of in view], "key": key, "value": value}
        for view, key, value in cases
    ]
    done = subprocess.run(
        [node, "--input-type=module", "-e", PLANS],
        cwd=js_modules,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
    )
    plans = json.loads(done.stdout)
    assert len(plans) == len(cases)
    for (view, key, value), plan in zip(cases, plans, strict=True):
        encodings = [charts.resolve(view, charts.Options(key, value), size).to_json() for size in (0, 3)]
        assert plan == [[encoding["kind"], encoding["channels"]] for encoding in encodings], (view, key, value)
