"""The documentation: what it shows runs, twice in a row, what it links to is there, and it builds without a warning.

The blocks of Python run page after page in one shell of IPython, after those of the quick start, whose tables they use.
One that begins with ``# needs …`` is only compiled; shell commands are parsed.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import psycopg
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets import Widget
from ipywidgets.widgets.widget import _instances

import mzwidget
from mzwidget import LiveView, cli, wikipedia
from mzwidget.notebook import session
from mzwidget.tail import connect
from tests.machine import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

FENCE = re.compile(r"^( *)(`{3,})([^\n`]*)\n(.*?)^ *\2 *$", re.MULTILINE | re.DOTALL)
SHOWN_ONLY = {"text", "toml", "yaml", "json", "html", "mermaid", "sql"}
FIRST = "docs/quickstart.md"
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))
    if path.name != "CONTRIBUTING.md"  # its Python is a line of a table of the engine's
)


class Block(NamedTuple):
    """A block of code of a page."""

    page: str
    line: int
    language: str
    code: str


def blocks(page: str) -> list[Block]:
    """Return a page's blocks of code."""
    text = (ROOT / page).read_text("utf-8")
    found = []
    for fence in FENCE.finditer(text):
        indent, _, language, code = fence.groups()
        if not language.startswith("{"):
            code = re.sub(rf"^{indent}", "", code, flags=re.MULTILINE)
            found.append(Block(page, text[: fence.start()].count("\n") + 2, language.strip(), code))
    return found


@contextlib.contextmanager
def world(engine_dsn: str, schema: str) -> Iterator[InteractiveShell]:
    """Give a shell whose default database is an empty schema; what is opened in it is closed in the end."""
    with pytest.MonkeyPatch.context() as patch, psycopg.connect(engine_dsn, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {schema}")
        dsn = f"{engine_dsn}{'&' if '?' in engine_dsn else '?'}options=--search_path%3D{schema}"
        patch.setattr("mzwidget.tail.connect._chosen", connect._Named(dsn))
        shell = InteractiveShell()
        yield shell
        Widget.close_all()
        session.session(dsn).close()
        for value in shell.user_ns.values():
            if isinstance(value, psycopg.Connection):
                value.close()
        shell.run_line_magic("unload_ext", "mzwidget")
        shell.reset(new_session=False)
        admin.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(scope="module")
def begun(engine_dsn: str) -> Iterator[InteractiveShell]:
    """Return a shell that has gone through the quick start."""
    with world(engine_dsn, f"docs_{os.getpid()}") as shell:
        run(shell, FIRST)
        yield shell


def run(shell: InteractiveShell, page: str) -> None:
    """Run a page's blocks in a loop, as a kernel does, twice, as people do; all views that they make show something."""

    async def run_all() -> None:
        for block in blocks(page):
            if block.language == "python" and not block.code.startswith("# needs "):
                cell = shell.transform_cell(block.code)
                done = await shell.run_cell_async(block.code, transformed_cell=cell)
                assert done.success, f"{page}, line {block.line}: {done.error_before_exec or done.error_in_exec!r}"

    for _ in range(2):
        before, connection = set(_instances), shell.user_ns.get("connection")
        asyncio.run(run_all())
        if connection is not None and connection is not shell.user_ns["connection"]:
            connection.close()
        made = [one for key, one in _instances.items() if key not in before and isinstance(one, LiveView)]
        for view in [one for one in made if one.status.state != "closed"]:
            view.wait(10)


def test_what_the_readme_shows_runs(engine_dsn: str) -> None:
    with world(engine_dsn, f"readme_{os.getpid()}") as shell:
        run(shell, "README.md")


def test_the_figures_of_the_readme_are_those_of_the_page_of_all_figures() -> None:
    readme, page = ((ROOT / name).read_text("utf-8") for name in ("README.md", "docs/performance.md"))
    figures = readme[readme.index("## Performance") : readme.index("## Compared")]
    rows = [line for line in figures.splitlines() if line.startswith("| ")]
    assert len(rows) > 5
    assert [row for row in rows if row not in page.splitlines()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/") and page != FIRST])
def test_what_a_page_shows_runs(
    page: str, begun: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MZWIDGET_SOURCE", "recorded")
    run(begun, page)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is_and_can_be_read(page: str) -> None:
    for block in blocks(page):
        where = f"{page}, line {block.line}"
        if block.language == "python":
            compile(TransformerManager().transform_cell(block.code), where, "exec")
        elif block.language == "sh":
            done = subprocess.run(["bash", "-n"], input=block.code, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{where}: {done.stderr}"
            for command in re.findall(r"(?:^|\s|/)mzwidget ((?:demo|local)\b[^#&|\n]*)", block.code):
                cli.parser().parse_args(shlex.split(command.replace("\\\n", " ")))
        else:
            assert block.language in SHOWN_ONLY, f"{where}: of which language is this block?"


def test_every_link_to_a_file_leads_to_one() -> None:
    for page in PAGES:
        text = FENCE.sub("", (ROOT / page).read_text("utf-8"))
        for target in re.findall(r"(?:\]\(|src=\"|srcset=\"|href=\")([^)\s\"#]+)", text):
            if "://" not in target:
                assert (ROOT / page).parent.joinpath(unquote(target)).exists(), f"{page} links to {target}"


def test_every_file_that_the_map_names_is_there() -> None:
    """Files and folders are named as one speaks of them: without the folders that the sentence is about."""
    places = ("mzwidget", "js", "tests", "tools", "docs", "benchmarks", "binder", "notebooks")
    there = {path.name for path in ROOT.iterdir()}
    for folder, folders, files in os.walk(ROOT):
        within = Path(folder).relative_to(ROOT)
        folders[:] = [name for name in folders if name != "node_modules" and (within.parts or name in places)]
        there |= {f"/{within.as_posix()}/{name}" for name in (*folders, *files)}
    text = re.sub(r"^ *```.*?^ *```", "", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    named = {name.rstrip("/") for name in re.findall(r"`([\w./]+(?:/|\.(?:py|js|md|sql|toml)|/\w+))`", text)}
    assert len(named) > 50
    named.remove("mzwidget/static")  # made by the build
    assert [name for name in named - there if not any(of.endswith(f"/{name}") for of in there)] == []
    rooms = {path.name for path in (ROOT / "mzwidget").iterdir() if path.suffix in ("", ".py") and path.name[0] != "_"}
    map_of = {part for name in named for part in name.split("/")}
    assert rooms - {"static"} - map_of == set(), "rooms that the map does not name"


def test_every_name_that_a_page_speaks_of_is_there() -> None:
    spoken_of = {"view": LiveView, "mzwidget": mzwidget, "wikipedia": wikipedia}
    named = {
        (of, name)
        for page in PAGES
        for of, name in re.findall(r"[`(=](view|mzwidget|wikipedia)\.([a-z_]+)", (ROOT / page).read_text("utf-8"))
        if page != "docs/hosts.md" or of != "view"  # marimo's wrapper
    }
    assert len(named) > 30
    named.remove(("mzwidget", "server"))  # a module
    assert [f"{of}.{name}" for of, name in sorted(named) if not hasattr(spoken_of[of], name)] == []


def test_every_environment_variable_is_in_the_reference() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "mzwidget").rglob("*.py"))
    page = (ROOT / "docs" / "reference.md").read_text("utf-8")
    assert set(re.findall(r"MZWIDGET_[A-Z_]+", code)) == set(re.findall(r"MZWIDGET_[A-Z_]+", page))


def test_what_a_public_call_takes_is_what_its_description_says() -> None:
    calls = {name: getattr(mzwidget, name) for name in mzwidget.__all__ if "_ipython_" not in name}
    calls |= {"LiveView": LiveView.__init__, "follow": wikipedia.follow}
    for of in (LiveView, mzwidget.Link, mzwidget.Selection, mzwidget.Together, wikipedia.Ingest):
        for base in of.__mro__:
            if base.__module__.startswith("mzwidget"):
                calls |= {f"{of.__name__}.{name}": call for name, call in vars(base).items() if name[0] != "_"}
    checked = 0
    for name, call in calls.items():
        if inspect.isfunction(call) and name != "LiveView.observe":  # as every widget's
            description = inspect.cleandoc((LiveView if name == "LiveView" else call).__doc__ or "")
            section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+$|\Z)", description, re.MULTILINE | re.DOTALL)
            heads = re.findall(r"^[*\w].*", section[1] if section else "", re.MULTILINE)
            described = {of.strip("* ") for head in heads for of in head.partition(" : ")[0].split(",")}
            assert described == set(inspect.signature(call).parameters) - {"self", "unknown"}, name
            checked += 1
    assert checked > 25


def test_the_address_of_the_repository_is_the_projects() -> None:
    source = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Source"]
    place = source.removeprefix("https://github.com/")
    for page in (*PAGES, "CONTRIBUTING.md", "CITATION.cff", "mzwidget/wikipedia/__init__.py", "SECURITY.md"):
        text = (ROOT / page).read_text("utf-8")
        for address in re.findall(r"(?:github\.com|mybinder\.org/v2/gh)/([\w.-]+/mzwidget)\b", text):
            assert address == place, f"{page} names {address}; pyproject.toml says {place}"


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "2", "-b", "html", "docs", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reference = (tmp_path / "reference.html").read_text("utf-8")
    told = set(re.findall(r'id="mzwidget\.([\w.]+)"', reference))
    public = {name for name in mzwidget.__all__ if not name.startswith("__") and "_ipython_" not in name}
    assert public - told == set(), "public names that the reference lacks"
    ours = [vars(of) for of in LiveView.__mro__ if of.__module__.startswith("mzwidget")]
    members = {name for of in ours for name, member in of.items() if name[0] != "_" and getattr(member, "__doc__", "")}
    listed = {name.removeprefix("LiveView.") for name in told if name.startswith("LiveView.")}
    of_pages = {"base", "delta", "control", "group", "options", "selected"}
    assert listed == members - of_pages
    assert ">Type<" not in reference, "a description that begins with words and a colon is taken for a type"
    assert broken_links({path: path.read_text("utf-8") for path in tmp_path.resolve().glob("*.html")}) == []


def broken_links(site: dict[Path, str]) -> list[str]:
    """Return the links within a site that lead to no file, or to no place in it."""
    broken = []
    for page, text in site.items():
        for link in set(re.findall(r'(?:href|src)="(?![a-z]+:)([^"]+)"', text)):
            name, _, place = link.partition("#")
            target = (page.parent / unquote(name.partition("?")[0])).resolve() if name else page
            if not target.exists() or (place and target in site and f'id="{unquote(place)}"' not in site[target]):
                broken.append(f"{page.name}: {link}")
    return broken
