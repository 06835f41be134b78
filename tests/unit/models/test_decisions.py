"""Decisions: no number outside of the borders, no label below its threshold, whatever the model answers."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import ArtifactCorrupt, DecisionsInvalid
from argosy.models.decisions import (
    NO_DECISIONS,
    AbstainStep,
    BiasStep,
    ClampStep,
    DecisionStep,
    ThresholdStep,
    TopStep,
    check_fits,
    decided_labels,
    decided_numbers,
    decisions_in,
    in_order,
    inherited,
    steps_of,
    top_labels,
)

CLASSES = ["ham", "offer", "spam"]
finite = st.floats(allow_nan=False, allow_infinity=False)
shares = st.floats(0.01, 1.0)
borders = st.tuples(finite, finite).map(sorted).map(lambda pair: ClampStep(*pair))
thresholds = st.builds(ThresholdStep, st.sampled_from(CLASSES), shares, st.sampled_from(["", "unsure"]))
probabilities = st.lists(
    st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3).map(lambda row: np.array(row) / sum(row)), min_size=1
).map(np.array)


@settings(deadline=None)
@given(st.lists(finite, min_size=1), borders, finite)
def test_every_number_is_within_the_borders_after_any_bias(numbers, clamp, add):
    own = np.array(numbers)[:, None]
    before = own.copy()
    found = decided_numbers(own, in_order([clamp, BiasStep(add)]))
    assert ((found >= clamp.low) & (found <= clamp.high)).all()
    assert (own == before).all()
    assert found.shape == own.shape
    again = decided_numbers(found, [clamp])
    assert (again == found).all()


@settings(deadline=None)
@given(st.lists(finite, min_size=1), finite)
def test_a_bias_keeps_numbers_finite_and_in_order(numbers, add):
    found = decided_numbers(np.sort(np.array(numbers))[:, None], [BiasStep(add)])
    assert np.isfinite(found).all()
    assert (np.diff(found[:, 0]) >= 0).all()


@settings(deadline=None)
@given(probabilities, st.lists(thresholds, unique_by=lambda one: one.label), shares, st.booleans())
def test_a_label_is_given_where_its_threshold_and_the_confidence_allow(table, steps, below, abstains):
    answers = [CLASSES[place] for place in table.argmax(axis=1)]
    sure = table.max(axis=1).tolist()
    steps = in_order([*steps, *([AbstainStep(below, "nobody knows")] if abstains else [])])
    found = decided_labels(answers, sure, table, CLASSES, steps)
    by_label = {step.label: step for step in steps if isinstance(step, ThresholdStep)}
    for answer, certainty, one in zip(answers, sure, found, strict=True):
        step = by_label.get(answer)
        wanted = step.otherwise if step is not None and certainty < step.at_least else answer
        assert one == ("nobody knows" if abstains and certainty < below else wanted)


@given(st.lists(st.one_of(borders, st.builds(BiasStep, finite)), max_size=2, unique_by=type))
def test_the_order_in_which_steps_are_given_makes_no_difference(steps):
    assert in_order(steps) == in_order(reversed(steps))
    stored = msgspec.json.encode(in_order(steps))
    assert msgspec.json.decode(stored, type=tuple[DecisionStep, ...]) == in_order(steps)


@settings(deadline=None)
@given(probabilities, st.integers(1, 5))
def test_the_likeliest_classes_begin_with_the_models_own_answer(table, k):
    found = top_labels(table, table, CLASSES, [TopStep(k)])
    for row, labels, shares in zip(table, found.labels, found.probabilities, strict=True):
        assert labels[0] == CLASSES[row.argmax()]
        assert len(set(labels)) == len(labels) == min(k, len(CLASSES))
        assert [row[CLASSES.index(label)] for label in labels] == shares == sorted(row, reverse=True)[:k]


def test_equal_classes_have_the_order_of_the_model_and_scores_rank_where_probabilities_are_equal():
    equal = np.full((1, 3), 1 / 3)
    assert top_labels(equal, equal, CLASSES, [TopStep(2)]).labels == [["ham", "offer"]]
    assert top_labels(np.array([[1.0, 3.0, 2.0]]), equal, CLASSES, [TopStep(2)]).labels == [["offer", "spam"]]
    assert top_labels(equal, equal, CLASSES, [AbstainStep(0.5)]) is None


def test_without_steps_answers_stay_the_models():
    numbers = np.array([[1.5]])
    assert decided_numbers(numbers, ()) is numbers
    assert decided_labels(["ham"], [0.4], np.array([[0.4, 0.3, 0.3]]), CLASSES, ()) == ["ham"]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([ClampStep()], "clamp needs a border"),
        ([ClampStep(3, 2)], "the lower border 3 is above the upper one, 2"),
        ([ClampStep(float("nan"), 2)], "clamp: nan is not a finite number"),
        ([BiasStep(float("inf"))], "bias: inf is not a finite number"),
        ([BiasStep(1), BiasStep(2)], "there may be one bias, and there are 2"),
        ([ThresholdStep("spam", 0.5), ThresholdStep("spam", 0.6)], "one threshold of 'spam', and there are 2"),
        ([ThresholdStep("spam", 80)], "threshold of 'spam': a probability above 0, at most 1, and not 80"),
        ([ThresholdStep("spam", 0.8, "spam")], "'spam' cannot be given in place of itself"),
        ([AbstainStep(0)], "abstain: a probability above 0"),
        ([AbstainStep(0.5, "not\nsure")], "at most 200 printable characters"),
    ],
)
def test_a_step_that_says_nothing_sensible_is_refused(steps, said):
    with pytest.raises(DecisionsInvalid, match=said):
        in_order(steps)


@pytest.mark.parametrize(
    ("step", "classes", "said"),
    [
        (ClampStep(0, 1), CLASSES, "clamp is for numbers, and the version answers classes"),
        (AbstainStep(0.5), ["value"], "abstain is for classes, and the version answers numbers"),
        (ClampStep(0, 1), [], "the version answers tensors by its signature, and has neither a label nor a number"),
        (ThresholdStep("spm", 0.5), CLASSES, "no class 'spm' .did you mean 'spam'.*there are: ham, offer, spam"),
    ],
)
def test_a_step_has_to_go_with_what_the_version_answers(step, classes, said):
    with pytest.raises(DecisionsInvalid, match=said):
        check_fits([step], classes)


def test_lists_of_labels_have_thresholds_of_their_own():
    with pytest.raises(DecisionsInvalid, match="threshold is for one label a row"):
        check_fits([ThresholdStep("spam", 0.5)], CLASSES, is_of_lists=True)


def test_a_successor_inherits_all_but_the_bias():
    assert inherited([BiasStep(1.0, 12, 0.5, 1.5), ClampStep(0, 60)]) == (ClampStep(0, 60),)


def test_a_list_of_steps_is_read_in_any_order():
    given = [{"step": "abstain", "below": 0.6}, {"step": "threshold", "label": "spam", "at_least": 1}]
    assert steps_of(given) == (ThresholdStep("spam", 1.0), AbstainStep(0.6))
    assert steps_of([]) == ()
    assert steps_of(list(msgspec.to_builtins(steps_of(given)))) == steps_of(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"step": "clamp"}, "steps: expected a list of mappings"),
        (["clamp"], r"steps\[0\]: `step` is null; there are: bias, clamp, threshold, abstain, top-k"),
        ([{"step": "top-k", "k": 2}, {"step": "clmp"}], r"steps\[1\]: `step` is 'clmp' \(did you mean 'clamp'\?\)"),
        ([{"step": "clamp", "lo": 1}], r"steps\[0\]: clamp: .*unknown field 'lo'"),
        ([{"step": "bias", "add": "much"}], r"steps\[0\]: bias: Expected 'float', got 'str'"),
        ([{"step": "threshold", "at_least": 0.5}], r"steps\[0\]: threshold: .*missing required field 'label'"),
        ([{"step": "top-k", "k": 2}, {"step": "top-k", "k": 3}], "there may be one top-k, and there are 2"),
        ([{"step": "clamp", "low": 3, "high": 1}], "the lower border 3 is above the upper one, 1"),
    ],
)
def test_what_is_no_list_of_steps_says_where(given, said):
    with pytest.raises(DecisionsInvalid, match=said):
        steps_of(given)


@pytest.mark.parametrize("exported", ["x", {"decisions": "x"}, {"decisions": [{"step": "x"}]}, {"decisions": [1]}])
def test_decisions_that_an_exported_file_has_wrong_are_damage(exported):
    with pytest.raises(ArtifactCorrupt, match="its decisions cannot be read"):
        decisions_in(exported)


def test_what_was_not_exported_has_no_decisions():
    assert decisions_in(None) == decisions_in({"decisions": []}) == NO_DECISIONS
