"""The page draws as bars what Python ranks as bars, by the same columns."""

from __future__ import annotations

import itertools
import json
import subprocess
from typing import TYPE_CHECKING

from mzwidget.liveview import _ranking
from mzwidget.tail.values import Column

if TYPE_CHECKING:
    from pathlib import Path

PLANS = """
import { plan } from "./src/plan.js";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const plans = JSON.parse(text).map(({ columns, key, value }) => {
  const { kind, label, value: number } = plan(columns, { key, value, kind: "auto", limit: 0, height: 0 }, 3, false);
  return kind === "bars" ? [columns[label].name, columns[number].name] : null;
});
console.log(JSON.stringify(plans));
"""


def test_page_and_python_rank_by_the_same_columns(node: Path, js_modules: Path) -> None:
    columns = [Column(name, oid, type_) for name in "ab" for oid, type_ in ((20, "int8"), (25, "text"), (1082, "date"))]
    views = [view for size in range(4) for view in itertools.product(columns, repeat=size)]
    options = [(key, value) for key in ("", "a", "b", "gone") for value in ("", "a", "b", "gone")]
    cases = [(view, *option) for view in views for option in options]
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
    assert sum(plan is not None for plan in plans) > 100
    for case, plan in zip(cases, plans, strict=True):
        ranking = _ranking(*case)
        # One column cannot be label and length of a bar; as an order of rows it is as good as any.
        expected = None if ranking is None or ranking[0] == ranking[1] else list(ranking)
        assert plan == expected, case
