"""Make the recorded day that mzwidget ships from the data set it comes from.

The source is the tutorial data set of Apache Druid ("wikiticker", 2015-09-12): gzipped JSON, one edit a line.
Kept are the columns that the table `edits` needs. Edit summaries and places are left out, and every IP address, of
an editor or in a title, becomes a stable pseudonym.

    python tools/record_day.py wikiticker-2015-09-12-sampled.json.gz mzwidget/wikipedia/data/wikipedia-2015-09-12.csv.gz
"""

from __future__ import annotations

import csv
import gzip
import io
import ipaddress
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = ("ms", "kind", "wiki", "namespace", "title", "user_name", "bot", "minor", "delta")

ADDRESS = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
    r"|(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}(?![0-9A-Za-z])"
)


class Pseudonyms:
    """One running number for each address, in the order in which addresses appear."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, key: str) -> str:
        return self._names.setdefault(key, f"Anonymous {len(self._names) + 1:04d}")

    def user(self, user: str, *, anonymous: bool) -> str:
        return self.name(canonical(user)) if anonymous or ADDRESS.search(user) else user

    def title(self, title: str) -> str:
        return ADDRESS.sub(lambda found: self.name(canonical(found[0])), title)


def canonical(address: str) -> str:
    """Return one spelling for all spellings of an address; other text stays as it is."""
    try:
        return ipaddress.ip_address(address).compressed
    except ValueError:
        return address


def namespace_numbers(path: Path) -> dict[str, int]:
    names: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return {name: int(number) for number, group in names.items() for name in group}


def rows(lines: Iterator[str], numbers: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    pseudonyms = Pseudonyms()
    for line in lines:
        edit = json.loads(line)
        wiki = edit["channel"].removeprefix("#").removesuffix(".wikipedia").replace("-", "_") + "wiki"
        namespace = edit["namespace"]
        yield (
            time_of_day(edit["time"]),
            "new" if edit["isNew"] else "edit",
            wiki,
            numbers.get(f"{wiki}:{namespace}", numbers.get(namespace)),
            pseudonyms.title(edit["page"]),
            pseudonyms.user(edit["user"], anonymous=edit["isAnonymous"]),
            int(edit["isRobot"]),
            int(edit["isMinor"]),
            edit["delta"],
        )


def time_of_day(time: str) -> int:
    """Return milliseconds since midnight; a few edits carry another date, but all are in the day's order."""
    hours, minutes, seconds = time.removesuffix("Z").partition("T")[2].split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000 + round(float(seconds) * 1000)


def main(source: Path, target: Path) -> None:
    numbers = namespace_numbers(Path(__file__).with_name("namespaces.json"))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        for row in rows(iter(lines), numbers):
            if row[3] is None:
                sys.exit(f"{row[2]}: the namespace of {row[4]!r} is not in namespaces.json; add it there")
            writer.writerow(row)
    target.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
