"""Which form answers: the fastest of those that agree with the training form, and never another."""

import numpy as np
import pytest

from argosy.models.adapted_model import AdaptedModel
from argosy.models.compiled.dense_rows import DenseRows
from argosy.models.form_choice import FormTiming, choose_form, fastest

INPUTS = ["a late goal", "shares fell", "the cup"]


class Clock:
    """What a form takes, by its name: it moves the clock."""

    def __init__(self):
        self.time = 0.0

    def __call__(self):
        return self.time


class Form:
    classes, reads = ["money", "sport"], {"text": "text"}
    has_probabilities, answered_from, temperature, waits, is_ready = True, None, None, False, True

    def __init__(self, form, clock, one, several, answer=0.25):
        self.form, self.clock, self.seconds, self.answer = form, clock, (one, several), answer
        self.asked = 0

    def score(self, inputs, limit=0):
        self.asked += 1
        self.clock.time += self.seconds[len(inputs) > 1]
        if isinstance(self.answer, Exception):
            raise self.answer
        return np.tile([self.answer, 1 - self.answer], (len(inputs), 1))


@pytest.fixture
def clock():
    return Clock()


def test_each_number_of_inputs_has_the_form_that_is_clearly_faster():
    first = FormTiming("first", 100e-6, 900e-6)
    assert fastest([first, FormTiming("other", 50e-6, 950e-6)]) == ("other", "first")
    assert fastest([first, FormTiming("other", 95e-6, 500e-6)]) == ("first", "other")
    assert fastest([first, FormTiming("other", 99e-6, 899e-6)]) == ("first", "first")
    assert fastest([first, FormTiming("other", 9e-6, 9e-6), FormTiming("third", 5e-6, 50e-6)]) == ("third", "other")


def test_one_input_and_several_may_be_answered_by_two_forms(clock):
    first, other = Form("first", clock, 1e-4, 1e-3), Form("other", clock, 1e-5, 2e-3)
    choice = choose_form([first, other], first, INPUTS, clock)
    assert choice.served.form == "other, first for several"
    assert [one.form for one in choice.timings] == ["first", "other"]
    before = first.asked, other.asked
    choice.served.score(INPUTS)
    choice.served.score(INPUTS[:1])
    assert (first.asked, other.asked) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (0.25 + 2e-6, "its scores differ by 2e-06"),
        (float("nan"), "its scores differ by nan"),
        (ValueError("no leaf"), "it fails: ValueError at "),
    ],
)
def test_a_form_that_answers_otherwise_is_never_served(clock, answer, why):
    first, wrong = Form("first", clock, 1e-3, 1e-3), Form("wrong", clock, 1e-6, 1e-6, answer)
    choice = choose_form([first, wrong], first, INPUTS, clock)
    assert choice.served is first
    assert list(choice.refused) == ["wrong"]
    assert choice.refused["wrong"].startswith(why)
    assert [one.form for one in choice.timings] == ["first"]
    alone = choose_form([wrong, Form("worse", clock, 0, 0, 0.9)], first, INPUTS, clock)
    assert alone.served is first
    assert list(alone.refused) == ["wrong", "worse"]


def test_a_slow_form_is_timed_a_few_times_only(clock):
    first, slow = Form("first", clock, 1e-5, 1e-5), Form("slow", clock, 2.0, 2.0)
    assert choose_form([first, slow], first, INPUTS, clock).served is first
    assert slow.asked < 15


def test_nothing_is_measured_where_there_is_one_form_or_the_model_answers_none_of_the_inputs(clock):
    first, failing = Form("first", clock, 1, 1), Form("training", clock, 1, 1, ValueError("needs a field"))
    assert choose_form([first], first, INPUTS, clock).served is first
    assert choose_form([first, Form("other", clock, 0, 0)], failing, INPUTS, clock).served is first
    assert first.asked == 0


@pytest.mark.parametrize(
    ("estimator", "options", "forms"),
    [
        ("gradient_boosting", {"trees": 5}, ["direct", "dense_rows"]),
        ("logistic", {}, ["sparse_linear", "direct"]),
        ("calibrated", {}, ["calibrated sparse_linear", "calibrated direct"]),
        ("mlp", {"max_iter": 5}, ["direct"]),
    ],
)
def test_what_estimators_offer_agrees_with_the_training_form(estimator, options, forms, monkeypatch):
    if estimator == "gradient_boosting":
        pytest.importorskip("lightgbm")
    monkeypatch.setattr("argosy.models.compiled.dense_rows.CELLS", 40)  # several tables
    draw = np.random.default_rng(3)
    words = {"sport": "goal cup team match", "money": "share bank price fall", "law": "court judge case trial"}
    labels = [sorted(words)[place % 3] for place in range(120)]
    texts = [" ".join(draw.choice(words[label].split(), 3)) for label in labels]
    model = AdaptedModel.from_names("tfidf", {}, estimator, options).fit(texts, labels)
    found = model.forms()
    assert [one.form for one in found] == forms
    expected = model.training_form().score(texts)
    for form in found:
        assert np.abs(form.score(texts) - expected).max() <= 1e-12
        assert np.abs(form.one(texts[0]) - expected[0]).max() <= 1e-12
        rows = form.from_rows(model.adapter.transform(texts))
        assert rows is None or np.abs(rows - expected).max() <= 1e-12
    choice = choose_form(found, model.training_form(), texts)
    assert not choice.refused
    assert isinstance(found[-1], DenseRows) == (estimator == "gradient_boosting")
