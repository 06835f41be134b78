"""The leaderboard within a terminal's width."""

import pytest

from argosy.cli.leaderboard import fitted, promotion_hint
from argosy.evaluation.leaderboard import METRICS

FIGURES = {
    f"{part}_{metric}{end}": 0.5
    for part in ("validation", "test")
    for metric in METRICS
    for end in ("", "_low", "_high")
}
ROW = {
    "rank": 1, "ranked_by": "accuracy",
    "tied": True, "proposed": True, "versions": ["topics@12"], "aliases": ["champion"], "mark": "",
    "is_constant": False,
    "adapter": "tfidf ngrams=[1, 2] sublinear=True", "model": "svm C=10 class_weight=balanced",
    "fit_seconds": 1.25, "size_bytes": 123456, "predict_us": 20.4, **FIGURES,
}  # fmt: skip


def length(names, cells):
    widths = [max(len(name.lstrip(">")), len(cell)) for name, cell in zip(names, cells[0], strict=True)]
    return 2 + sum(widths) + 3 * (len(widths) - 1)


@pytest.mark.parametrize("width", [60, 70, 80, 100, 120, 150, 200, 400])
def test_the_table_fits_the_width(width):
    names, cells = fitted([ROW], width)
    assert length(names, cells) <= width
    assert {"", "#", "version", "validation", "test"} <= {name.lstrip(">") for name in names}


def test_columns_go_before_words_do():
    wide = fitted([ROW], 400)
    assert wide[0][-3:] == [">fit s", ">kB", ">µs"]
    assert wide[1][0][0] == "≈→"
    names, cells = fitted([ROW], 150)
    assert ">log loss" not in names
    assert cells[0][names.index("model")] == ROW["model"]
    names, cells = fitted([ROW], 100)
    assert cells[0][names.index(">validation")] == "0.500 (0.500–0.500)"
    assert cells[0][names.index(">test")] == "0.500"
    assert cells[0][names.index("model")].endswith("…")
    assert fitted([ROW], 70)[1][0][names.index(">validation")] == "0.500"


def test_of_plug_ins_inside_another_the_names_stay():
    of = "union of=(tfidf ngrams=[1, 2] min_count=2 + tfidf analyzer=char_wb + sentence_embedding + tfidf C=0.3)"
    names, cells = fitted([{**ROW, "adapter": of, "model": "svm C=0.3"}], 130)
    assert cells[0][names.index("adapter")] == "union of=(tfidf + tfidf + sentence_embedding + tfidf)"
    assert cells[0][names.index("model")] == "svm C=0.3"


@pytest.mark.parametrize("width", [60, 80])
def test_options_of_plug_ins_inside_another_stay_where_they_alone_differ(width):
    of = "union of=(tfidf ngrams=[1, 2] + tfidf analyzer=char_wb ngrams=[2, {}])"
    rows = [{**ROW, "adapter": of.format(longest), "model": f"svm class_weight=balanced C={c}"}
            for longest in (4, 5) for c in (0.1, 1, 10)]  # fmt: skip
    names, cells = fitted(rows, width)
    assert length(names, cells) <= width
    shown = [(row[names.index("adapter")], row[names.index("model")]) for row in cells]
    assert len(set(shown)) == len(rows)


def test_no_rows_is_no_error():
    assert fitted([], 100)[1] == []


def test_rows_that_are_cut_short_still_look_different():
    models = [f"svm C=10 class_weight=balanced gamma=0.25 kernel={kernel}" for kernel in ("rbf", "poly", "linear")]
    names, cells = fitted([{**ROW, "model": model} for model in models], 100)
    shown = [row[names.index("model")] for row in cells]
    assert len(set(shown)) == 3
    assert all(one.startswith("svm…kernel=") for one in shown)


def ranked(**given):
    return {**ROW, "aliases": [], "proposed": False, "learned_nothing": "", **given}


@pytest.mark.parametrize(
    ("second", "advice"),
    [
        ({"proposed": True}, "and the best gives one answer: argosy models promote rare@proposed"),
        ({"learned_nothing": "gives one answer"}, "and none should be: the best gives one answer."),
    ],
)
def test_where_the_best_learned_nothing_the_proposed_version_is_named(second, advice):
    best = ranked(versions=["rare@1"], is_constant=True, learned_nothing="gives one answer")
    assert promotion_hint([best, ranked(versions=["rare@2"], **second)]).endswith(advice)


def test_a_useful_best_version_is_to_be_promoted():
    rows = [ranked(versions=["rare@1"]), ranked(versions=["rare@2"], proposed=True)]
    assert promotion_hint(rows).endswith("argosy models promote rare@best")
    assert promotion_hint([ranked(versions=[])]) == ""
