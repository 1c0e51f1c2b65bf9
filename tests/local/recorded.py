"""The recorded answers, by area and session."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

Record = dict[str, Any]

_CORPUS = Path(__file__).parent / "corpus"

DESCRIBED = ("catalog-described", "tools-described")
STREAMED = "subscribe"
AREAS = tuple(sorted(path.name.removesuffix(".jsonl.xz") for path in _CORPUS.glob("*.jsonl.xz")))


def sessions(area: str) -> dict[str, list[Record]]:
    """Return the records of an area in the order they were made, by session."""
    found: dict[str, list[Record]] = {}
    for line in lzma.decompress((_CORPUS / f"{area}.jsonl.xz").read_bytes()).decode().splitlines():
        record = json.loads(line)
        if "session" in record:
            found.setdefault(record["session"], []).append(record)
    return found
