from __future__ import annotations

import numpy as np
import pytest

from argosy.datasets.cut import UNKNOWN, Candidates
from argosy.datasets.cuts import cuts
from argosy.datasets.split import OUT, TEST, TRAIN, VALIDATION, id_words
from argosy.errors import DefinitionInvalid, PluginNotFound

DAY = 86400.0


def rows(seen_at, splits=None):
    count = len(seen_at)
    ids = [bytes([at]) * 16 for at in range(count)]
    codes = [UNKNOWN] * count if splits is None else splits
    return Candidates(
        np.arange(1, count + 1),
        id_words(ids),
        np.ones(count, dtype=np.int64),
        np.array(seen_at, dtype=np.float64),
        np.arange(count) % 2,
        ["a", "b"],
        np.array(codes, dtype=np.uint8),
    )


def chosen(name, options, table):
    return (cuts.get(name).create(options).select(table) != OUT).tolist()


def test_the_registered_cuts():
    assert cuts.names() == ["all", "frozen", "given_split", "latest", "span"]


def test_a_span_includes_its_start_and_not_its_end():
    table = rows([DAY - 1, DAY, 2 * DAY - 1, 2 * DAY])
    assert chosen("span", {"start": "1970-01-02", "end": "1970-1-3"}, table) == [False, True, True, False]
    assert chosen("span", {"start": DAY}, table) == [False, True, True, True]
    assert chosen("span", {"end": "1970-01-02T00:00:00Z"}, table) == [True, False, False, False]
    assert chosen("span", {}, table) == [True] * 4


def test_the_published_names_of_the_span():
    options = {"start_datetime_str": "2016-1-1", "end_datetime_str": "2016-1-2", "training_ratio": 0.8}
    checked = cuts.get("SpanDataset").check(options)
    assert checked == {
        "collection": "",
        "start": "2016-1-1",
        "end": "2016-1-2",
        "training_ratio": 0.8,
        "validation_ratio": None,
        "seed": 0,
    }


def test_latest_takes_the_newest_rows_and_of_equals_the_last():
    assert chosen("latest", {"rows": 2}, rows([5, 9, 7, 1])) == [False, True, True, False]
    assert chosen("latest", {"rows": 2}, rows([1, 1, 1, 1])) == [False, False, True, True]
    assert chosen("latest", {"rows": 9}, rows([1, 2])) == [True, True]


def test_latest_counts_days_from_the_newest_row():
    assert chosen("latest", {"days": 1}, rows([0, DAY, DAY + 1, 2 * DAY])) == [False, False, True, True]


def test_a_given_split_is_kept_and_rows_without_one_are_left_out():
    given = [TRAIN, TEST, VALIDATION, UNKNOWN]
    parts = cuts.get("given_split").create({}).select(rows([1] * 4, given))
    assert parts.tolist() == [TRAIN, TEST, VALIDATION, OUT]


def test_parts_that_were_not_published_are_drawn_from_the_training_part():
    parts = (
        cuts.get("given_split").create({"validation_ratio": 0.3}).select(rows([1] * 200, [TRAIN] * 180 + [TEST] * 20))
    )
    assert (parts[180:] == TEST).all()
    assert (parts[:180] != TEST).all()
    assert 30 < (parts == VALIDATION).sum() < 80
    drawn = cuts.get("given_split").create({}).select(rows([1] * 200, [TRAIN] * 200))
    assert {TRAIN, VALIDATION, TEST} == set(drawn.tolist())


@pytest.mark.parametrize(("name", "more"), [("span", {}), ("all", {}), ("latest", {"rows": 1000})])
def test_validation_is_half_of_the_rest_unless_given(name, more):
    table = rows([1] * 256)
    parts = cuts.get(name).create({**more, "training_ratio": 0.5}).select(table)
    assert all(30 < (parts == code).sum() < 100 for code in (VALIDATION, TEST))
    none = cuts.get(name).create({**more, "training_ratio": 0.5, "validation_ratio": 0.0}).select(table)
    assert not (none == VALIDATION).any()


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("span", {"start": "soon"}, "options.start: 'soon' is no time"),
        ("span", {"start": "2016-01-02", "end": "2016-01-02"}, "not before end"),
        ("span", {"training_ratio": 1.0}, "training_ratio"),
        ("span", {"training_ratio": 0.8, "validation_ratio": 0.2}, "nothing to test on"),
        ("all", {"training_ratio": "0.8"}, "training_ratio"),
        ("all", {"begin": 1}, "no such option"),
        ("latest", {}, "either rows or days"),
        ("latest", {"rows": 3, "days": 1}, "either rows or days"),
        ("latest", {"rows": 0}, "rows"),
        ("given_split", {"validation_ratio": 0.6, "test_ratio": 0.4}, "nothing to train on"),
    ],
)
def test_bad_options_are_refused(name, options, problem):
    with pytest.raises(DefinitionInvalid, match=problem):
        cuts.get(name).create(options, "dataset.options")


def test_an_unknown_cut_lists_those_there_are():
    with pytest.raises(PluginNotFound, match="did you mean 'span'"):
        cuts.get("spam")
