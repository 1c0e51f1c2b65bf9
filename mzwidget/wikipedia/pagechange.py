"""Events of the stream ``mediawiki.page_change.v1``: what they say, and what is known of the editor."""

from __future__ import annotations

from typing import Any

from mzwidget.wikipedia.fields import INT8, clean, happened_at, is_int
from mzwidget.wikipedia.rows import RECORDED_IDS, Revision

STREAM = "mediawiki.page_change.v1"

_OTHERS = ("move", "delete", "undelete", "visibility_change")


def to_revision(event: dict[str, Any]) -> Revision | str:
    """Return what a page_change event tells of a new version's editor, or why there is nothing.

    As in recentchange, any key may be absent. An editor without an account has no `edit_count`; one who is withheld
    has nothing at all.
    """
    kind = event.get("page_change_kind")
    if kind not in ("edit", "create"):
        return kind if kind in _OTHERS else "malformed"
    performer = event.get("performer", {})
    if performer == {}:
        return "redacted"
    revision, wiki, edited_at = event.get("revision"), event.get("wiki_id"), happened_at(event)
    if not isinstance(performer, dict) or not isinstance(revision, dict):
        return "malformed"
    number, count = revision.get("rev_id"), performer.get("edit_count")
    if (
        not is_int(number, RECORDED_IDS)
        or not isinstance(wiki, str)
        or not (count is None or is_int(count, INT8))
        or edited_at is None
    ):
        return "malformed"
    return Revision(clean(wiki), number, count, performer.get("is_temp") is True, edited_at)
