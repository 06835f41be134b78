"""Rows as data frames, and their display in a notebook."""

import datetime as dt

import pytest

from argosy.evaluation.drift_periods import ROW_COLUMNS, Found, Period, drift_rows
from argosy.evaluation.leaderboard import METRICS
from argosy.predictions.drift_checks import Drift
from argosy.statistics.shifts import Shift
from argosy.web.frames import as_frame, leaderboard_frame

FIGURES = {
    f"{part}_{metric}{end}": 0.25 if end == "" else 0.5
    for part in ("validation", "test")
    for metric in METRICS
    for end in ("", "_low", "_high")
}


def row(rank, **changes):
    given = {"rank": rank, "ranked_by": "accuracy", "tied": True, "proposed": False, "p_value": None, "mark": ""}
    given |= {"label": f"label-{rank}", "dataset": "d1", "evaluate": "", "share": 1.0, "versions": [f"shop@{rank}"]}
    given |= {"aliases": [], "adapter": "tfidf", "model": "<svm>", "baseline_label": "a & b", "test_baseline": 0.4}
    given |= {"validation_baseline": 0.4, "is_constant": False, "replaced": False, "fit_seconds": 1.0}
    return {**given, "size_bytes": 1000, "predict_us": 9.0, **FIGURES, **changes}


def test_times_are_times():
    frame = as_frame([{"seen_at": 0.5}, {"seen_at": None}, {"seen_at": 253402300799.0}, {"seen_at": -6e10}], "x()")
    found = frame["seen_at"].tolist()
    assert found[0] == dt.datetime(1970, 1, 1, 0, 0, 0, 500_000, tzinfo=dt.UTC)
    assert str(found[1]) == "NaT"
    assert found[2].year == 9999
    assert found[3].year == 68
    assert as_frame([], "x()").empty


def test_a_leaderboard_shows_what_people_compare():
    board = leaderboard_frame([row(1, aliases=["champion"]), row(1, dataset="d2", is_constant=True, versions=[])])
    shown = board._repr_html_()
    assert shown.count("<table>") == 2
    assert "shop@1 champion" in shown
    assert "0.250 (0.500–0.500)" in shown
    assert "&lt;svm&gt;" in shown
    assert "<svm>" not in shown
    assert "always answering “a &amp; b”: 0.400 on test" in shown
    assert "≈‡" in shown
    assert "label-1" in shown  # of one without a version


def test_a_part_of_a_leaderboard_is_shown_as_one_where_it_can_be():
    board = leaderboard_frame([row(number) for number in range(1, 30)])
    assert "… and 9 rows more" in board._repr_html_()
    assert board.head(2)._repr_html_().count("shop@") == 2
    for part in (board[["model"]], board.describe(), board[:0], leaderboard_frame([])):
        assert "dataframe" in part._repr_html_()
    assert board.loc[3, "model"] == "<svm>"


def test_a_frame_without_rows_has_its_columns():
    shift = Shift(0.5, 0.1, 0.9, 0.01, 0.5, 0.1)
    found = Found("shop", [Period(1, 0.0, 3600.0, Drift(100, 50, {"answers": shift}))], {})
    some, none = as_frame(drift_rows(found), "drift()", ROW_COLUMNS), as_frame([], "drift()", ROW_COLUMNS)
    assert list(some.columns) == list(none.columns) == list(ROW_COLUMNS)
    assert str(none["started_at"].dtype) == str(some["started_at"].dtype) == "datetime64[us, UTC]"
    assert (len(some), len(none)) == (1, 0)


@pytest.mark.parametrize("name", ["page.html", "<odd> & name.html"])
def test_a_report_is_shown_in_a_frame(tmp_path, name):
    from argosy.web.notebook import ReportPath

    path = ReportPath(tmp_path / name)
    assert path._repr_html_() is None
    path.write_text('<p title="x">it\'s here</p>')
    shown = path._repr_html_()
    assert "&lt;p title=&#34;x&#34;&gt;it&#39;s here&lt;/p&gt;" in shown
    assert "<odd>" not in shown
    assert path.parent._repr_html_() is None
