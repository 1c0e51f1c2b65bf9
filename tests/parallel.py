"""The whole suite runs in several processes, a part of it in one; `-n 0` or `-n 4` says otherwise.

A file's tests run in one process, in their order. Each process has an engine, a PostgreSQL, a browser and a JupyterLab
of its own, made when first asked for.
"""

from __future__ import annotations

import contextlib
import os
import random

import pytest

import hatch_build
from tests.machine import ROOT

MOST = 4


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Choose how many processes; without pytest-xdist there is one."""
    option = config.option
    if not config.pluginmanager.hasplugin("xdist") or hasattr(config, "workerinput"):
        return
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not option.collectonly and not option.usepdb
    if option.numprocesses is None and whole:
        option.numprocesses = min(os.cpu_count() or 1, MOST)
    if option.numprocesses and option.dist == "no":
        option.dist = "loadfile"
        option.loadscopereorder = False  # the order of `pytest_collection_modifyitems`
        # Another order of sets in each run, but the same in all its processes: tests are named after such values.
        os.environ.setdefault("PYTHONHASHSEED", str(random.randrange(2**32)))
        with contextlib.suppress(hatch_build.BundleError):  # the tests that need it will say so
            hatch_build.build(ROOT)
            hatch_build.install_modules(ROOT, development=True)
