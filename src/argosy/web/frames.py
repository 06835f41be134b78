"""Rows as data frames: times are times, and a leaderboard shows itself in a notebook as the command prints it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from argosy.errors import ExtraMissing
from argosy.evaluation.leaderboard import COLUMNS

if TYPE_CHECKING:
    import pandas


def as_frame(rows: list[dict[str, Any]], asked: str, columns: Sequence[str] = ()) -> pandas.DataFrame:
    """Rows as a data frame, their rank as its index where they have one; columns named `…_at` are times in UTC.

    `columns` are those that it has without a row too. Raises ExtraMissing without pandas.
    """
    try:
        import pandas as pd
    except ImportError:
        raise ExtraMissing("pandas", "frames", asked) from None
    frame: pandas.DataFrame = pd.DataFrame(rows, columns=None if rows else list(columns))
    for name in frame.columns:
        if name.endswith("_at"):
            frame[name] = _times(frame[name])
    return frame.set_index("rank") if "rank" in frame else frame


def leaderboard_frame(rows: list[dict[str, Any]]) -> pandas.DataFrame:
    """The leaderboard; in a notebook it shows the columns that people compare, and it has all of them."""
    return _leaderboard()(as_frame(rows, "leaderboard()", COLUMNS))


def _times(seconds: pandas.Series[Any]) -> pandas.Series[Any]:
    """Seconds since 1970 as times; any year that a row may have fits, and none is no time."""
    import numpy as np
    import pandas as pd

    values = seconds.astype("float64").to_numpy()
    known = np.isfinite(values)
    micros = np.where(known, np.where(known, values, 0.0) * 1e6, np.iinfo(np.int64).min).astype(np.int64)
    return pd.Series(micros.view("datetime64[us]"), index=seconds.index).dt.tz_localize("UTC")


@cache
def _leaderboard() -> type[pandas.DataFrame]:
    """Made on first use: pandas takes long to import."""
    import pandas as pd

    class Leaderboard(pd.DataFrame):
        """A data frame of definitions, best first."""

        @property
        def _constructor(self) -> type[pd.DataFrame]:
            return Leaderboard  # a part of a leaderboard, such as its head, is one too

        def _repr_html_(self) -> str | None:
            from argosy.web.notebook import LEADERBOARD_COLUMNS, leaderboard_html

            rows = [{str(name): value for name, value in row.items()} for row in self.reset_index().to_dict("records")]
            if not rows or not rows[0].keys() >= LEADERBOARD_COLUMNS:  # a part that no leaderboard can be made of
                shown: str | None = super()._repr_html_()  # type: ignore[misc]  # not in the stubs
                return shown
            return leaderboard_html(rows)

    return Leaderboard
