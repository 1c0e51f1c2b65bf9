"""Events of the stream ``mediawiki.recentchange``: what they say, and the edit in it."""

from __future__ import annotations

from typing import Any

from mzwidget.wikipedia.fields import INT8, clean, happened_at, is_int
from mzwidget.wikipedia.rows import RECORDED_IDS, Edit

STREAM = "recentchange"


def to_edit(event: dict[str, Any]) -> Edit | str:
    """Return the edit that a recentchange event reports, or why there is none.

    The producer drops every null, so any key may be absent; the schema guarantees next to nothing.
    """
    kind = event.get("type")
    if kind not in ("edit", "new"):
        return kind if kind in ("log", "categorize", "external") else "malformed"
    user = event.get("user")
    if user is None or user == "":
        return "redacted"
    number, wiki, title, namespace = (event.get(key) for key in ("id", "wiki", "title", "namespace"))
    edited_at = happened_at(event)
    if (
        not is_int(number, RECORDED_IDS)
        or not isinstance(wiki, str)
        or not isinstance(title, str)
        or not isinstance(user, str)
        or not (namespace is None or is_int(namespace, 2**31))
        or edited_at is None
    ):
        return "malformed"
    return Edit(
        id=number,
        kind=kind,
        wiki=clean(wiki),
        namespace=namespace,
        title=clean(title),
        user_name=clean(user),
        bot=event.get("bot") is True,
        minor=event.get("minor") is True,
        delta=_delta(event.get("length")),
        edited_at=edited_at,
        rev_id=_rev_id(event.get("revision")),
    )


def _delta(length: object) -> int | None:
    if not isinstance(length, dict):
        return None
    new, old = length.get("new"), length.get("old", 0)
    return new - old if is_int(new, INT8 // 2) and is_int(old, INT8 // 2) else None


def _rev_id(revision: object) -> int | None:
    new = revision.get("new") if isinstance(revision, dict) else None
    return new if is_int(new, RECORDED_IDS) else None
