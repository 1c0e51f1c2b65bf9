"""How much memory data and queries may take."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
from pathlib import Path

from mzwidget.local.errors import SqlError

MEGABYTE = 1024 * 1024

VARIABLE = "MZWIDGET_ENGINE_MEMORY"
"""The environment variable that says how much, as ``512MB`` or ``2GB``."""

_SIZE = re.compile(r"(\d{1,9})\s*([MG])B?", re.IGNORECASE)
_LEAST, _MOST = 256 * MEGABYTE, 4096 * MEGABYTE
_RESERVE = 16 * MEGABYTE
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # from malloc.h
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
    """Let DuckDB's allocator give back soon what it does not use; to be called before DuckDB is loaded."""
    conf = "retain:false,background_thread:true,dirty_decay_ms:200"
    os.environ.setdefault("DUCKDB_JE_MALLOC_CONF", conf)


def reserve() -> None:
    """Keep something for the calling thread, which serves the clients, when statements have taken all the rest.

    The C library gives the process's first thread the memory that it has freed before; it is told to keep this much.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _RESERVE // 4)
        libc.mallopt(_M_TRIM_THRESHOLD, _RESERVE * 3 // 2)
        libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
        for block in [libc.malloc(_RESERVE // 8) for _ in range(8)]:
            libc.free(block)


def give_back() -> None:
    """Give the system what the C library holds and nobody uses, but for the reserve."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(_RESERVE))


def out_of_memory() -> SqlError:
    """Return the error of a statement that needs more than there is."""
    return SqlError(
        f"out of memory: the embedded engine has {limit() // MEGABYTE} MB",
        "53200",
        hint=f"Set {VARIABLE} to give it more, or MATERIALIZE_URL to run this on Materialize itself.",
    )


def _available() -> int:
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        found = 3 * 1024 * MEGABYTE
    for path in _GROUP_LIMITS:
        with contextlib.suppress(OSError, ValueError):
            found = min(found, int(Path(path).read_text(encoding="ascii")))
    return found
