"""Several views that always show one and the same timestamp, so that parts add up to their total on the screen."""

from __future__ import annotations

import time
from typing import Any

import ipywidgets
import pandas as pd

from mzwidget.charts import static
from mzwidget.deadline import Deadline
from mzwidget.errors import CLOSED, LiveViewError, briefly
from mzwidget.liveview import LiveView
from mzwidget.liveview.core import Content, moment
from mzwidget.liveview.rows import FIRST_SNAPSHOT, GLIMPSE
from mzwidget.page.group import Group
from mzwidget.page.output import output, unseen
from mzwidget.page.view import View
from mzwidget.suggestions import NameHints


class Together(NameHints, ipywidgets.VBox):  # type: ignore[misc]
    """Views that show one moment; displays them one below the other.

    Attributes
    ----------
    views : tuple of LiveView
    """

    def __init__(self, *views: LiveView) -> None:
        self.views = views
        self._group = _group(tuple(view._view for view in views))
        super().__init__(children=views)

    @property
    def timestamp(self) -> pd.Timestamp | None:
        """The one moment (UTC) that all views show; None until each has a snapshot."""
        return moment(self._group.time)

    @property
    def dfs(self) -> list[pd.DataFrame]:
        """The views' contents, in their order, all at `timestamp`; typed as `LiveView.df` is.

        Raises
        ------
        LiveViewError
            One of the views is closed, and so stays at a moment of its own; or there is nothing to be had of it.
        TimeoutError
            For 30 s there was no moment at which the contents of all views are known.
        """
        return [view._frame(content) for view, content in zip(self.views, self._contents(FIRST_SNAPSHOT), strict=True)]

    def _contents(self, timeout: float) -> list[Content]:
        """Return the views' contents at one moment."""
        deadline = Deadline(timeout)
        for view in self.views:
            view.wait(deadline.left)
        while True:
            for view in self.views:
                if view.comm is None:
                    raise LiveViewError(f"together(): {view.name!r} {CLOSED}")
            if self._group.catch_up():
                break
            if deadline.over:
                raise TimeoutError(
                    f"together(): no moment at which the contents of all views are known, after {timeout:.0f} s; "
                    + ", ".join(f"{view.name}: {view.status.state}" for view in self.views)
                )
            time.sleep(0.01)
        with self._group.locked():
            return [view._shown() for view in self.views]

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Return the widget and, for whatever cannot follow it, what the views show now."""
        bundle = super()._repr_mimebundle_(**kwargs)
        try:
            contents = self._contents(FIRST_SNAPSHOT if unseen() else GLIMPSE)
        except (LiveViewError, TimeoutError):
            return bundle
        stills = [view._still(content) for view, content in zip(self.views, contents, strict=True)]
        text, html = map(static.text, stills), map(static.in_notebook, stills)
        return output(bundle, {"text/plain": "\n\n".join(text), "text/html": "".join(html)})


def _group(members: tuple[View, ...]) -> Group:
    """Return the group in which these are already, or bring them together."""
    found = members[0].leader
    if isinstance(found, Group) and found.members == set(members):
        return found
    group = Group(members)
    for member in members:
        member.leader.release(member)
        member.join(group)
    group.tell_when_due()
    return group


@briefly
def together(*views: LiveView) -> Together:
    """Make views show one moment: parts always add up to their total, on the screen and in `df`.

    Parameters
    ----------
    *views : LiveView
        At least two, each of which is in no other such group: it may be the same one again. Pausing one pauses all.

    Returns
    -------
    Together
        Shows all views, one below the other; they may as well be displayed each in its place.

    Raises
    ------
    TypeError
        Something else than a LiveView is among them.
    ValueError
        Fewer than two views, or one that is closed, given twice or already together with others.
    """
    for view in views:
        if not isinstance(view, LiveView):
            raise TypeError(f"together() takes LiveViews, not {type(view).__name__}")
        if view.comm is None:
            raise ValueError(f"together(): {view.name!r} {CLOSED}")
        if isinstance(group := view._view.leader, Group) and not group.members <= {of._view for of in views}:
            raise ValueError(f"together(): {view.name!r} is already together with other views; make it again")
    if len(views) < 2:
        raise ValueError(f"together() takes at least two LiveViews, not {len(views)}")
    if len(set(map(id, views))) < len(views):
        raise ValueError("together(): a view is given twice")
    return Together(*views)
