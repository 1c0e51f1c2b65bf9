"""How much memory data and queries may take."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

MEGABYTE = 1024 * 1024

VARIABLE = "MZWIDGET_ENGINE_MEMORY"
"""The environment variable that says how much, as ``512MB`` or ``2GB``."""

_SIZE = re.compile(r"(\d{1,9})\s*([MG])B?", re.IGNORECASE)
_LEAST, _MOST = 256 * MEGABYTE, 4096 * MEGABYTE
_GROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def limit() -> int:
    """Return the bytes that data and queries may take together.

    By default a third of the machine's or container's memory, between 256 MB and 4 GB.
    """
    wanted = _SIZE.fullmatch(os.environ.get(VARIABLE, "").strip())
    if wanted is not None:
        return max(int(wanted[1]) * MEGABYTE * (1024 if wanted[2] in "gG" else 1), 64 * MEGABYTE)
    return min(max(_available() // 3, _LEAST), _MOST)


def prepare() -> None:
    """Let DuckDB's allocator give back what it does not use; to be called before DuckDB is loaded."""
    os.environ.setdefault("DUCKDB_JE_MALLOC_CONF", "retain:false")


def _available() -> int:
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        found = 3 * 1024 * MEGABYTE
    for path in _GROUP_LIMITS:
        with contextlib.suppress(OSError, ValueError):
            found = min(found, int(Path(path).read_text(encoding="ascii")))
    return found
