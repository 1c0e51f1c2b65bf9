"""What a user asks of a picture, checked as far as it can be without knowing the view's columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What a user asks of a picture.

    Attributes
    ----------
    key : str
        Name of the column that labels; "" to choose.
    value : str
        Name of the column that measures; "" to choose.
    limit : int
        Rows drawn at most; 0 to choose.
    """

    key: str = ""
    value: str = ""
    limit: int = 0
