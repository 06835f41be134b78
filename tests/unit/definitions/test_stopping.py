"""`stop_when` of a plan that tries everything."""

import pytest

from argosy.definitions.search import parse_search
from argosy.definitions.stopping import PlanStop, parse_stop
from argosy.errors import DefinitionInvalid


def figures(**values):
    return {name: {"value": value} for name, value in values.items()}


def test_stop_when_uses_the_metric():
    assert PlanStop(0.9).is_met(figures(accuracy=0.9))
    assert not PlanStop(0.9).is_met(figures(accuracy=0.89, macro_f1=0.95))
    assert PlanStop(0.3, "log_loss").is_met(figures(log_loss=0.2))
    assert not PlanStop(0.3, "log_loss").is_met(figures(log_loss=0.4))
    assert not PlanStop(0.9).is_met({})


def test_it_is_written_as_a_reader_knows_it():
    assert str(PlanStop(0.95)) == "accuracy 0.95"
    assert str(PlanStop(0.9, "micro_f1")) == "micro-F1 0.9"
    assert str(PlanStop(0.2, "log_loss")) == "log loss 0.2"


def test_of_lists_it_is_micro_f1_unless_named():
    assert parse_stop({"reached": 0.5}, kind="lists", searches=False).metric == "micro_f1"
    assert parse_stop({"reached": 0.5, "metric": "accuracy"}, kind="lists", searches=False).metric == "accuracy"
    assert parse_stop({"reached": 0.5}, kind="single", searches=False).metric == "accuracy"
    assert parse_stop({"reached": 50}, kind="numbers", searches=False).metric == "mae"
    assert parse_stop(None, kind="single", searches=True) is None


@pytest.mark.parametrize(
    ("values", "searches", "where"),
    [
        ({"reached": "high"}, False, "stop_when.reached"),
        ({}, False, "reached"),
        ({"reached": 0.5, "metric": "micro_f1"}, False, "stop_when.metric"),
        ({"reached": 0.5}, True, "below `search`"),
        ({"reeched": 0.5}, False, "reeched"),
    ],
)
def test_an_empty_stop_when_is_refused(values, searches, where):
    with pytest.raises(DefinitionInvalid, match=where):
        parse_stop(values, kind="single", searches=searches)


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ({"reached": 50}, "stop_when.reached: accuracy lies between 0 and 1; got 50"),
        ({"reached": -0.1, "metric": "macro_f1"}, "stop_when.reached: macro_f1 lies between 0 and 1; got -0.1"),
        ({"reached": -1, "metric": "log_loss"}, "stop_when.reached: log_loss is at least 0; got -1"),
    ],
)
def test_a_figure_that_nothing_can_reach_is_refused(stop, said):
    with pytest.raises(DefinitionInvalid, match=said):
        parse_stop(stop, kind="single", searches=False)
    reached, metric = stop["reached"], stop.get("metric", "accuracy")
    with pytest.raises(DefinitionInvalid, match=f"search.{said}"):
        parse_search({"metric": metric, "stop_when": {"reached": reached}})


def test_the_ends_of_a_metrics_range_can_be_reached():
    for reached, metric in ((0, "accuracy"), (1, "accuracy"), (1.5, "log_loss"), (0, "log_loss")):
        assert parse_stop({"reached": reached, "metric": metric}, kind="single", searches=False).reached == reached


def test_numbers_have_metrics_of_their_own():
    assert PlanStop(2.5, "mae").is_met(figures(mae=2.0))
    assert not PlanStop(2.5, "rmse").is_met(figures(rmse=3.0))
    assert PlanStop(0.9, "r2").is_met(figures(r2=0.95))
    for metric, kind, said in (
        ("accuracy", "numbers", "the models here answer numbers: take one of mae, rmse, r2"),
        ("mae", "single", "mae is of numbers, which no model here answers"),
    ):
        with pytest.raises(DefinitionInvalid, match=said):
            parse_stop({"reached": 0.5, "metric": metric}, kind=kind, searches=False)
    with pytest.raises(DefinitionInvalid, match="r2 is at most 1"):
        parse_stop({"reached": 2, "metric": "r2"}, kind="numbers", searches=False)
