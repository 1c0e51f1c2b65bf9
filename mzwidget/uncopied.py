"""A thing that cannot be copied or pickled, and says what to do instead."""

from __future__ import annotations

from typing import NoReturn

from mzwidget.errors import briefly


class Uncopied:
    """Refuses `copy`, `deepcopy` and `pickle`, since it follows a server for pages that look at it."""

    @briefly
    def _refuse(self, *_: object) -> NoReturn:
        kind = type(self).__name__
        raise TypeError(
            f"a {kind} follows the database and cannot be copied or pickled: copy its rows, as in view.df, "
            f"or make another {kind} of the same query"
        )

    __copy__ = __deepcopy__ = __reduce_ex__ = _refuse
