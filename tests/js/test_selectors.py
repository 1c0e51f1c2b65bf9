"""A selector that matches nothing proves nothing: what tests and benchmarks look for is what the page makes."""

from __future__ import annotations

import re

from tests.machine import ROOT

CLASS = re.compile(r"\.(mzw(?:-[a-z]+)*)\b(?!\.)")
ATTRIBUTE = re.compile(r"\[(data-[a-z-]+)")
OTHERS = {"data-mime-type"}
"""Attributes that are not the widget's."""


def texts(*patterns: str) -> str:
    """Return all text of the files of these names, but for this one's."""
    files = [path for pattern in patterns for path in sorted(ROOT.glob(pattern)) if path.name != "test_selectors.py"]
    assert files
    return "\n".join(path.read_text("utf-8") for path in files)


def test_every_selector_names_what_there_is() -> None:
    looked_for = texts("tests/**/*.py", "tests/**/*.js", "benchmarks/*.py", "benchmarks/*.js")
    made = texts("js/src/**/*.js", "js/labextension/*.js")
    classes, attributes = set(CLASS.findall(looked_for)), set(ATTRIBUTE.findall(looked_for)) - OTHERS
    assert {"mzw-row", "mzw-message"} < classes
    assert {"data-label", "data-state"} <= attributes
    assert {name for name in classes if not re.search(rf"[\"' `]{name}[\"' `$]", made)} == set()
    assert {name for name in attributes if f'"{name}"' not in made} == set()
