"""Rows as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argosy.errors import ExtraMissing

if TYPE_CHECKING:
    import pandas


def as_frame(rows: list[dict[str, Any]], asked: str = "leaderboard()") -> pandas.DataFrame:
    """Rows as a data frame, their rank as its index where they have one."""
    try:
        import pandas as pd
    except ImportError:
        raise ExtraMissing("pandas", "frames", asked) from None
    frame: pandas.DataFrame = pd.DataFrame(rows)
    return frame.set_index("rank") if "rank" in frame else frame
