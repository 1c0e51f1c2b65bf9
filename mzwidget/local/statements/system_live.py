"""What is in the system relations that change by themselves: sessions, subscriptions, frontiers, what is held.

Each maintained query is a dataflow here, each stored table an arrangement. Sizes in bytes are estimates.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mzwidget.local.engine import memory
from mzwidget.local.engine.sizes import measured
from mzwidget.local.formats import moments, zones
from mzwidget.local.statements.activity import moment
from mzwidget.local.statements.system_items import CLUSTER, OWNER, REPLICA, known_as, role_id, user_items
from mzwidget.local.statements.system_relations import system_path

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mzwidget.local.engine.maintenance import Feed
    from mzwidget.local.statements.shared import Shared
    from mzwidget.local.statements.system_items import Row

    LiveFill = Callable[[Shared], Awaitable[list[Row]]]

_MAINTAINED = ("table", "materialized view", "index")


# ---------------------------------------------------------------------------------- sessions and subscriptions


async def _sessions(shared: Shared) -> list[Row]:
    return [
        {
            "id": visit.id,
            "connection_id": visit.connection,
            "role_id": role_id(shared.catalog, visit.user),
            "client_ip": visit.address,
            "connected_at": visit.since,
        }
        for visit in shared.activity.visits.values()
    ]


async def _session_history(shared: Shared) -> list[Row]:
    return [
        {
            "session_id": visit.id,
            "connected_at": visit.since,
            "initial_application_name": visit.application,
            "authenticated_user": visit.user,
        }
        for visit in shared.activity.past
    ]


async def _subscriptions(shared: Shared) -> list[Row]:
    return [
        {
            "id": watching.id,
            "session_id": watching.visit and watching.visit.id,
            "cluster_id": CLUSTER,
            "created_at": watching.since,
            "referenced_object_ids": sorted(map(known_as, _direct(shared, watching.inputs))),
        }
        for watching in shared.activity.watching.values()
    ]


def _direct(shared: Shared, inputs: frozenset[str]) -> frozenset[str]:
    """Return of the ids that a query reads those that no other one reads for it."""
    items = [item for item in map(shared.catalog.by_id, inputs) if item is not None]
    return inputs - {used for item in items for used in item.uses - {item.id}}


# ---------------------------------------------------------------------------------------------------- frontiers


def _frontiers(shared: Shared) -> dict[str, int]:
    """Return up to when each maintained or watched item is known, by its id."""
    now = shared.store.clock.read() + 1
    found = dict.fromkeys((item.id for item in user_items(shared.catalog, *_MAINTAINED)), now)
    for feed in shared.feeds.all():
        for id_ in _direct(shared, feed.inputs):
            found[known_as(id_)] = min(feed.frontier, found.get(known_as(id_), now))
    return found


async def _mz_frontiers(shared: Shared) -> list[Row]:
    since = shared.store.since
    return [
        {"object_id": id_, "read_frontier": min(since, frontier), "write_frontier": frontier}
        for id_, frontier in _frontiers(shared).items()
    ]


async def _global_frontiers(shared: Shared) -> list[Row]:
    return [{"object_id": id_, "time": frontier} for id_, frontier in _frontiers(shared).items()]


async def _compute_frontiers(shared: Shared) -> list[Row]:
    feeds = _feeds_of(shared)
    return [{"export_id": id_, "time": feed.frontier} for id_, feed in feeds.items()]


def _lags(shared: Shared) -> dict[str, tuple[int, int, int]]:
    now = shared.store.clock.wall()
    return {id_: (0, 0, max(now - frontier, 0) * 1000) for id_, frontier in _frontiers(shared).items()}


async def _lag(shared: Shared) -> list[Row]:
    return [{"object_id": id_, "lag": lag} for id_, lag in _lags(shared).items()]


async def _lag_history(shared: Shared) -> list[Row]:
    return [
        {"object_id": id_, "replica_id": REPLICA, "lag": lag, "occurred_at": at}
        for at, id_, lag in shared.activity.sample(_lags(shared))
    ]


async def _materialization_lag(shared: Shared) -> list[Row]:
    now, found = shared.store.clock.read() + 1, _frontiers(shared)
    rows: list[Row] = []
    for item in user_items(shared.catalog, "materialized view", "index"):
        lag = (0, 0, max(now - found[item.id], 0) * 1000)
        rows.append({"object_id": item.id, "local_lag": lag, "global_lag": lag})
    return rows


async def _hydration(shared: Shared) -> list[Row]:
    return [
        {"object_id": item.id, "replica_id": REPLICA, "hydrated": True}
        for item in user_items(shared.catalog, *_MAINTAINED)
    ]


# --------------------------------------------------------------------------------------------- what is held


@dataclass(frozen=True)
class _Held:
    """Rows and bytes of a table or a maintained query."""

    id: int
    name: str
    records: int
    size: int


async def _held(shared: Shared) -> list[_Held]:
    return [*await _tables(shared), *(_flow(shared, feed) for feed in shared.feeds.all())]


def _flow(shared: Shared, feed: Feed) -> _Held:
    names = [_name(shared, id_) for id_ in _direct(shared, feed.inputs)]
    state = feed.state
    size, held = (0, 0) if state is None else (state.size, state.held)
    return _Held(feed.number, f"Dataflow: {', '.join(sorted(names))}", size, held)


def _name(shared: Shared, id_: str) -> str:
    item = shared.catalog.by_id(id_)
    return system_path(id_) if item is None else item.full_name


async def _tables(shared: Shared) -> list[_Held]:
    found = await measured(shared.store, user_items(shared.catalog, "table"))
    return [_Held(item.oid, f"Table: {item.full_name}", rows, size) for item, rows, size in found]


def _sized(held: _Held) -> Row:
    return {"records": held.records, "batches": 1, "size": held.size, "capacity": held.size, "allocations": 1}


async def _arrangements(shared: Shared) -> list[Row]:
    return [{"id": each.id, "name": each.name, **_sized(each)} for each in await _held(shared)]


async def _operator_arrangements(shared: Shared) -> list[Row]:
    return [{"operator_id": each.id, **_sized(each)} for each in await _held(shared)]


async def _operator_records(shared: Shared) -> list[Row]:
    return [{"id": each.id, "name": each.name, "dataflow_id": each.id, **_sized(each)} for each in await _held(shared)]


async def _storage(shared: Shared) -> list[Row]:
    ids = {item.oid: item.id for item in user_items(shared.catalog, "table")}
    return [{"object_id": ids[each.id], "size_bytes": each.size} for each in await _tables(shared) if each.id in ids]


# ---------------------------------------------------------------------------------------------------- dataflows


def _feeds_of(shared: Shared) -> dict[str, Feed]:
    """Return the feed of each subscription, by its id."""
    found = shared.activity.watching.values()
    return {watching.id: watching.feed for watching in found if watching.feed is not None}


async def _dataflows(shared: Shared) -> list[Row]:
    flows = [_flow(shared, feed) for feed in shared.feeds.all()]
    return [{"id": flow.id, "name": flow.name, "dataflow_id": flow.id, "dataflow_name": flow.name} for flow in flows]


async def _exports(shared: Shared) -> list[Row]:
    return [{"export_id": id_, "dataflow_id": feed.number} for id_, feed in _feeds_of(shared).items()]


async def _elapsed(shared: Shared) -> list[Row]:
    return [{"id": feed.number, "elapsed_ns": feed.evaluation_ns} for feed in shared.feeds.all()]


async def _compute_dependencies(shared: Shared) -> list[Row]:
    return [
        {"object_id": watching.id, "dependency_id": known_as(id_)}
        for watching in shared.activity.watching.values()
        for id_ in _direct(shared, watching.inputs)
    ]


# ------------------------------------------------------------------------------------------------ the process


async def _replicas(_: Shared) -> list[Row]:
    return [{"id": REPLICA, "name": "r1", "cluster_id": CLUSTER, "size": "embedded", "owner_id": OWNER, "disk": False}]


async def _statuses(_: Shared) -> list[Row]:
    return [{"replica_id": REPLICA, "process_id": 0, "status": "online", "updated_at": _STARTED}]


_STARTED = moment()


def _memory() -> int | None:
    """Return the bytes of memory that the process takes, where the system tells it so."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError, ValueError, IndexError):
        return None


async def _metrics(shared: Shared) -> list[Row]:
    nano = round(shared.activity.cpu() * 1_000_000_000)
    return [{"replica_id": REPLICA, "process_id": 0, "cpu_nano_cores": nano, "memory_bytes": _memory()}]


async def _utilization(shared: Shared) -> list[Row]:
    held = _memory()
    return [
        {
            "replica_id": REPLICA,
            "process_id": 0,
            "cpu_percent": shared.activity.cpu() / (os.cpu_count() or 1) * 100,
            "memory_percent": None if held is None else held / memory.limit() * 100,
        }
    ]


# --------------------------------------------------------------------------------------------------- time zones


def _offset(shared: Shared, name: str) -> Row:
    where = zones.zone_named(name)
    assert where is not None
    offset = moments.offset_of(where, shared.store.clock.wall() * 1000)
    return {"abbrev": offset.abbrev, "utc_offset": (0, 0, offset.base + offset.dst), "is_dst": offset.dst != 0}


async def _pg_timezone_names(shared: Shared) -> list[Row]:
    return [{"name": name, **_offset(shared, name)} for name in sorted(zones.zone_names().values())]


async def _pg_timezone_abbrevs(shared: Shared) -> list[Row]:
    fixed = [
        {"abbrev": name, "utc_offset": (0, 0, offset), "is_dst": dst} for name, (offset, dst) in zones.FIXED.items()
    ]
    return fixed + [{**_offset(shared, zone), "abbrev": name} for name, zone in zones.OF_ZONES.items()]


CONTENTS: dict[str, LiveFill] = {
    "mz_catalog.mz_cluster_replicas": _replicas,
    "mz_catalog.mz_recent_storage_usage": _storage,
    "mz_internal.mz_cluster_replica_metrics": _metrics,
    "pg_catalog.pg_timezone_abbrevs": _pg_timezone_abbrevs,
    "pg_catalog.pg_timezone_names": _pg_timezone_names,
    "mz_internal.mz_cluster_replica_statuses": _statuses,
    "mz_internal.mz_cluster_replica_utilization": _utilization,
    "mz_internal.mz_compute_dependencies": _compute_dependencies,
    "mz_internal.mz_frontiers": _mz_frontiers,
    "mz_internal.mz_global_frontiers": _global_frontiers,
    "mz_internal.mz_hydration_statuses": _hydration,
    "mz_internal.mz_materialization_lag": _materialization_lag,
    "mz_internal.mz_session_history": _session_history,
    "mz_internal.mz_sessions": _sessions,
    "mz_internal.mz_subscriptions": _subscriptions,
    "mz_internal.mz_wallclock_global_lag": _lag,
    "mz_internal.mz_wallclock_global_lag_history": _lag_history,
    "mz_internal.mz_wallclock_global_lag_recent_history": _lag_history,
    "mz_internal.mz_wallclock_lag_history": _lag_history,
    "mz_introspection.mz_arrangement_sizes": _operator_arrangements,
    "mz_introspection.mz_compute_exports": _exports,
    "mz_introspection.mz_compute_frontiers": _compute_frontiers,
    "mz_introspection.mz_dataflow_arrangement_sizes": _arrangements,
    "mz_introspection.mz_dataflow_operator_dataflows": _dataflows,
    "mz_introspection.mz_dataflow_operators": _dataflows,
    "mz_introspection.mz_dataflows": _dataflows,
    "mz_introspection.mz_records_per_dataflow": _arrangements,
    "mz_introspection.mz_records_per_dataflow_operator": _operator_records,
    "mz_introspection.mz_scheduling_elapsed": _elapsed,
}
