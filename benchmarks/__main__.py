"""``python -m benchmarks [--quick] [--json PATH] [name …]``: measure, and print tables."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from benchmarks import asking, away, engine, flat, keyed, latency, linked, loading, many, markers, pictures, rates, soak
from benchmarks.figures import Figure, table
from benchmarks.harness import Bench, bench

Benchmark = Callable[[Bench], Iterable[Figure]]

ON_REQUEST = {"soak", "flat"}
"""What takes long and runs only by name."""

BENCHMARKS: dict[str, Benchmark] = {
    "latency": latency.run,
    "markers": markers.run,
    "commits": markers.run_rates,
    "rates": rates.run,
    "keyed": keyed.run,
    "linked": linked.run,
    "load": loading.run,
    "many": many.run,
    "away": away.run,
    "asking": asking.run,
    "engine": engine.run,
    "pictures": pictures.run,
    "flat": flat.run,
    "soak": soak.run,
}


def main() -> int:
    """Run what was asked for; return 1 if an aim was missed, 2 if something went wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"{', '.join(BENCHMARKS)}; all but soak and flat by default")
    parser.add_argument("--quick", action="store_true", help="rough figures, in a fraction of the time")
    parser.add_argument("--json", type=Path, help="write all figures to this file, too")
    parser.add_argument("--minutes", type=float, default=30, help="how long to soak, or to stay flat; 30 by default")
    given = parser.parse_args()
    if unknown := [name for name in given.name if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")

    results: dict[str, list[Figure]] = {}
    failed: list[str] = []
    with bench(quick=given.quick, minutes=given.minutes) as prepared:
        print(f"{_machine()}; load {os.getloadavg()[0]:.1f}{'; quick' if given.quick else ''}\n")
        for name in given.name or [name for name in BENCHMARKS if name not in ON_REQUEST]:
            began = time.monotonic()
            figures = results[name] = []
            try:
                figures.extend(BENCHMARKS[name](prepared))
            except Exception:
                traceback.print_exc()
                failed.append(name)
            print(table(f"{name} ({time.monotonic() - began:.0f} s)", results[name]), flush=True)
            if given.json:
                _write(given.json, results, quick=given.quick)
    if failed:
        print(f"not measured to the end: {', '.join(failed)}")
        return 2
    return int(any(figure.reached is False for figures in results.values() for figure in figures))


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _write(path: Path, results: dict[str, list[Figure]], *, quick: bool) -> None:
    told = {
        name: [asdict(of) | {"ratio": of.ratio, "reached": of.reached} for of in figures]
        for name, figures in results.items()
    }
    path.write_text(json.dumps({"machine": _machine(), "quick": quick, "results": told}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
