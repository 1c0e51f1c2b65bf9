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
from mzwidget.local.statements.activity import moment
from mzwidget.local.statements.system_items import CLUSTER, OWNER, REPLICA, known_as, role_id, user_items
from mzwidget.local.statements.system_relations import system_path

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mzwidget.local.engine.maintenance import Feed
    from mzwidget.local.statements.session import Engine
    from mzwidget.local.statements.system_items import Row

    LiveFill = Callable[[Engine], Awaitable[list[Row]]]

_MAINTAINED = ("table", "materialized view", "index")


# ---------------------------------------------------------------------------------- sessions and subscriptions


async def _sessions(engine: Engine) -> list[Row]:
    return [
        {
            "id": visit.id,
            "connection_id": visit.connection,
            "role_id": role_id(engine.catalog, visit.user),
            "client_ip": visit.address,
            "connected_at": visit.since,
        }
        for visit in engine.activity.visits.values()
    ]


async def _session_history(engine: Engine) -> list[Row]:
    return [
        {
            "session_id": visit.id,
            "connected_at": visit.since,
            "initial_application_name": visit.application,
            "authenticated_user": visit.user,
        }
        for visit in engine.activity.past
    ]


async def _subscriptions(engine: Engine) -> list[Row]:
    return [
        {
            "id": watching.id,
            "session_id": watching.visit and watching.visit.id,
            "cluster_id": CLUSTER,
            "created_at": watching.since,
            "referenced_object_ids": sorted(map(known_as, _direct(engine, watching.inputs))),
        }
        for watching in engine.activity.watching.values()
    ]


def _direct(engine: Engine, inputs: frozenset[str]) -> frozenset[str]:
    """Return of the ids that a query reads those that no other one reads for it."""
    items = [item for item in map(engine.catalog.by_id, inputs) if item is not None]
    return inputs - {used for item in items for used in item.uses - {item.id}}


# ---------------------------------------------------------------------------------------------------- frontiers


def _frontiers(engine: Engine) -> dict[str, int]:
    """Return up to when each maintained or watched item is known, by its id."""
    now = engine.store.clock.read() + 1
    found = dict.fromkeys((item.id for item in user_items(engine.catalog, *_MAINTAINED)), now)
    for feed in engine.feeds.all():
        for id_ in _direct(engine, feed.inputs):
            found[known_as(id_)] = min(feed.frontier, found.get(known_as(id_), now))
    return found


async def _mz_frontiers(engine: Engine) -> list[Row]:
    since = engine.store.since
    return [
        {"object_id": id_, "read_frontier": min(since, frontier), "write_frontier": frontier}
        for id_, frontier in _frontiers(engine).items()
    ]


async def _global_frontiers(engine: Engine) -> list[Row]:
    return [{"object_id": id_, "time": frontier} for id_, frontier in _frontiers(engine).items()]


async def _compute_frontiers(engine: Engine) -> list[Row]:
    feeds = _feeds_of(engine)
    return [{"export_id": id_, "time": feed.frontier} for id_, feed in feeds.items()]


def _lags(engine: Engine) -> dict[str, tuple[int, int, int]]:
    now = engine.store.clock.wall()
    return {id_: (0, 0, max(now - frontier, 0) * 1000) for id_, frontier in _frontiers(engine).items()}


async def _lag(engine: Engine) -> list[Row]:
    return [{"object_id": id_, "lag": lag} for id_, lag in _lags(engine).items()]


async def _lag_history(engine: Engine) -> list[Row]:
    return [
        {"object_id": id_, "replica_id": REPLICA, "lag": lag, "occurred_at": at}
        for at, id_, lag in engine.activity.sample(_lags(engine))
    ]


async def _materialization_lag(engine: Engine) -> list[Row]:
    now, found = engine.store.clock.read() + 1, _frontiers(engine)
    rows: list[Row] = []
    for item in user_items(engine.catalog, "materialized view", "index"):
        lag = (0, 0, max(now - found[item.id], 0) * 1000)
        rows.append({"object_id": item.id, "local_lag": lag, "global_lag": lag})
    return rows


async def _hydration(engine: Engine) -> list[Row]:
    return [
        {"object_id": item.id, "replica_id": REPLICA, "hydrated": True}
        for item in user_items(engine.catalog, *_MAINTAINED)
    ]


# --------------------------------------------------------------------------------------------- what is held


@dataclass(frozen=True)
class _Held:
    """Rows and bytes of a table or a maintained query."""

    id: int
    name: str
    records: int
    size: int


async def _held(engine: Engine) -> list[_Held]:
    return [*await _tables(engine), *(_flow(engine, feed) for feed in engine.feeds.all())]


def _flow(engine: Engine, feed: Feed) -> _Held:
    names = [_name(engine, id_) for id_ in _direct(engine, feed.inputs)]
    state = feed.state
    size, held = (0, 0) if state is None else (state.size, state.held)
    return _Held(feed.number, f"Dataflow: {', '.join(sorted(names))}", size, held)


def _name(engine: Engine, id_: str) -> str:
    item = engine.catalog.by_id(id_)
    return system_path(id_) if item is None else item.full_name


async def _tables(engine: Engine) -> list[_Held]:
    found = await measured(engine.store, user_items(engine.catalog, "table"))
    return [_Held(item.oid, f"Table: {item.full_name}", rows, size) for item, rows, size in found]


def _sized(held: _Held) -> Row:
    return {"records": held.records, "batches": 1, "size": held.size, "capacity": held.size, "allocations": 1}


async def _arrangements(engine: Engine) -> list[Row]:
    return [{"id": each.id, "name": each.name, **_sized(each)} for each in await _held(engine)]


async def _operator_arrangements(engine: Engine) -> list[Row]:
    return [{"operator_id": each.id, **_sized(each)} for each in await _held(engine)]


async def _operator_records(engine: Engine) -> list[Row]:
    return [{"id": each.id, "name": each.name, "dataflow_id": each.id, **_sized(each)} for each in await _held(engine)]


async def _storage(engine: Engine) -> list[Row]:
    ids = {item.oid: item.id for item in user_items(engine.catalog, "table")}
    return [{"object_id": ids[each.id], "size_bytes": each.size} for each in await _tables(engine) if each.id in ids]


# ---------------------------------------------------------------------------------------------------- dataflows


def _feeds_of(engine: Engine) -> dict[str, Feed]:
    """Return the feed of each subscription, by its id."""
    found = engine.activity.watching.values()
    return {watching.id: watching.feed for watching in found if watching.feed is not None}


async def _dataflows(engine: Engine) -> list[Row]:
    flows = [_flow(engine, feed) for feed in engine.feeds.all()]
    return [{"id": flow.id, "name": flow.name, "dataflow_id": flow.id, "dataflow_name": flow.name} for flow in flows]


async def _exports(engine: Engine) -> list[Row]:
    return [{"export_id": id_, "dataflow_id": feed.number} for id_, feed in _feeds_of(engine).items()]


async def _elapsed(engine: Engine) -> list[Row]:
    return [{"id": feed.number, "elapsed_ns": feed.evaluation_ns} for feed in engine.feeds.all()]


async def _compute_dependencies(engine: Engine) -> list[Row]:
    return [
        {"object_id": watching.id, "dependency_id": known_as(id_)}
        for watching in engine.activity.watching.values()
        for id_ in _direct(engine, watching.inputs)
    ]


# ------------------------------------------------------------------------------------------------ the process


async def _replicas(_: Engine) -> list[Row]:
    return [{"id": REPLICA, "name": "r1", "cluster_id": CLUSTER, "size": "embedded", "owner_id": OWNER, "disk": False}]


async def _statuses(_: Engine) -> list[Row]:
    return [{"replica_id": REPLICA, "process_id": 0, "status": "online", "updated_at": _STARTED}]


_STARTED = moment()


def _memory() -> int | None:
    """Return the bytes of memory that the process takes, where the system tells it so."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError, ValueError, IndexError):
        return None


async def _metrics(engine: Engine) -> list[Row]:
    nano = round(engine.activity.cpu() * 1_000_000_000)
    return [{"replica_id": REPLICA, "process_id": 0, "cpu_nano_cores": nano, "memory_bytes": _memory()}]


async def _utilization(engine: Engine) -> list[Row]:
    held = _memory()
    return [
        {
            "replica_id": REPLICA,
            "process_id": 0,
            "cpu_percent": engine.activity.cpu() / (os.cpu_count() or 1) * 100,
            "memory_percent": None if held is None else held / memory.limit() * 100,
        }
    ]


CONTENTS: dict[str, LiveFill] = {
    "mz_catalog.mz_cluster_replicas": _replicas,
    "mz_catalog.mz_recent_storage_usage": _storage,
    "mz_internal.mz_cluster_replica_metrics": _metrics,
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
