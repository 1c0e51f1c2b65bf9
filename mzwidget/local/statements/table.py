"""The one table of statements: how each kind is planned and run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mzwidget.local.statements import (
    changing,
    commenting,
    cursors,
    defining,
    explaining,
    reading,
    settings,
    shows,
    writing,
)

if TYPE_CHECKING:
    from typing import Any

    from mzwidget.local.statements.kinds import Kind

TABLE: dict[type[Any], Kind] = {
    **reading.KINDS,
    **explaining.KINDS,
    **writing.KINDS,
    **defining.KINDS,
    **changing.KINDS,
    **commenting.KINDS,
    **cursors.KINDS,
    **settings.KINDS,
    **shows.KINDS,
}
