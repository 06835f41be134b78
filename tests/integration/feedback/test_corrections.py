"""Feedback becomes examples, once, however often it is derived."""

from __future__ import annotations

import pytest

from argosy.datasets.example import Example
from argosy.errors import FeedbackInvalid
from argosy.feedback.corrections import Corrections
from argosy.feedback.labels import ConflictRule
from stored.rows import alter

from .conftest import NOON


@pytest.fixture
def say(project):
    def add(prediction_id, label, source="ann", kind="correction", **more):
        return project.feedback.add(prediction_id, kind, label, source, **more)

    return add


def examples_of(project, collection="news"):
    return {one.input: one for one in project.examples.export(collection)}


def test_a_correction_becomes_an_example_with_its_origin(project, predict, say):
    (one,) = predict([("Goal in overtime", "tech", 0.6)], made_at=NOON - 50, subject="jo")
    say(one, "sport")
    derivation = project.corrections.derive("topics", "news")
    assert (derivation.predictions, derivation.added, derivation.unchanged) == (1, 1, 0)
    example = examples_of(project)["Goal in overtime"]
    assert (example.label, example.source, example.origin, example.subject) == ("sport", "correction", one, "jo")
    assert example.seen_at == NOON - 50


def test_deriving_again_changes_nothing_and_a_changed_mind_revises(project, predict, say):
    ids = predict([(f"text {n}", "tech", 0.5) for n in range(5)])
    for one in ids:
        say(one, "sport")
    assert project.corrections.derive("topics", "news").added == 5
    again = project.corrections.derive("topics", "news")
    assert (again.added, again.revised, again.unchanged) == (0, 0, 5)
    say(ids[2], "politics")
    changed = project.corrections.derive("topics", "news")
    assert (changed.added, changed.revised, changed.unchanged) == (0, 1, 4)
    example = examples_of(project)["text 2"]
    assert (example.label, example.revision) == ("politics", 2)


def test_the_same_text_predicted_twice_ends_the_same_way_every_time(project, predict, say):
    first, second = predict([("same text", "tech", 0.5), ("same text", "tech", 0.5)])
    say(first, "politics")
    say(second, "sport")
    for _ in range(3):
        project.corrections.derive("topics", "news")
        example = examples_of(project)["same text"]
        assert (example.label, example.revision) == ("sport", 1)


def test_an_imported_example_is_revised_by_a_later_correction(project, predict, say):
    project.examples.add("news", [Example("Goal", "tech", seen_at=NOON - 100)])
    (one,) = predict([("Goal", "tech", 0.9)])
    say(one, "sport", kind="outcome")
    assert project.corrections.derive("topics", "news").revised == 1
    assert examples_of(project)["Goal"].source == "outcome"


def test_only_the_models_own_feedback_is_derived_and_unmatched_feedback_is_counted(project, predict, say):
    (one,) = predict([("mine", "tech", 0.5)])
    (other,) = predict([("theirs", "ham", 0.5)], model="spam")
    say(one, "sport")
    say(other, "spam")
    alter(project.database, "feedback", {"prediction_id": other}, prediction_id="gone")
    derivation = project.corrections.derive("topics", "news")
    assert (derivation.predictions, derivation.unmatched) == (1, 1)
    assert set(examples_of(project)) == {"mine"}


def test_what_the_rule_does_not_settle_is_not_learned(project, predict, say):
    one, other = predict([("disputed", "tech", 0.5), ("clear", "tech", 0.5)])
    say(one, "sport", "ann")
    say(one, "politics", "bob")
    say(other, "sport")
    strict = Corrections(project.database, project.log, project.feedback, project.examples, ConflictRule("drop"))
    derivation = strict.derive("topics", "news")
    assert (derivation.predictions, derivation.unsettled, derivation.added) == (2, 1, 1)
    assert set(examples_of(project)) == {"clear"}


def test_without_feedback_nothing_happens(project, predict):
    predict([("mine", "tech", 0.5)])
    assert project.corrections.derive("topics", "news").to_dict() == dict.fromkeys(
        ("predictions", "unsettled", "added", "revised", "unchanged", "not_numbers", "unmatched"), 0
    )


def test_a_model_of_numbers_learns_from_numbers_alone(project, predict, say):
    first, other = predict([("one text", "1.5", 0.0), ("another", "2.5", 0.0)])
    say(first, "7")
    say(other, "a lot")
    found = project.corrections.derive("topics", "news", are_numbers=True)
    assert (found.added, found.not_numbers, found.unsettled) == (1, 1, 0)


@pytest.mark.parametrize("has_test", [True, False])
def test_corrections_join_a_published_split(project, predict, say, has_test):
    published = [Example(f"published {n}", "ab"[n % 2], split="train") for n in range(4)]
    if has_test:
        published.append(Example("published test", "a", split="test"))
    project.examples.add("news", published)
    for one in predict([(f"text {n}", "a", 0.5) for n in range(100)]):
        say(one, "b")
    project.corrections.derive("topics", "news", publish_split=True)
    splits = [one.split for one in project.examples.export("news") if one.origin]
    assert len(splits) == 100
    assert splits.count("test") in (range(8, 36) if has_test else [0])
    assert splits.count("train") == 100 - splits.count("test")


LIST = '["joy","love"]'


def test_for_an_answer_of_lists_a_label_is_a_list_of_one_and_never_the_reverse(project, predict, say):
    """A stored list for a single answer, which is refused today, makes no example."""
    first, second, third, fourth = predict(
        [("one", '["joy"]', 0.6), ("two", "[]", 0.6), ("three", "joy", 0.6), ("four", "joy", 0.6)]
    )
    say(first, '["love", "joy", "love"]')
    say(second, "love")
    say(third, "love")
    alter(project.database, "feedback", {"prediction_id": third}, label=LIST)
    say(fourth, "love")
    with pytest.raises(FeedbackInvalid, match="is a list, and the model 'topics' answers with one label"):
        say(fourth, LIST)
    derivation = project.corrections.derive("topics", "news")
    assert derivation.added == 3
    found = {given: one.label for given, one in examples_of(project).items()}
    assert found == {"one": '["joy","love"]', "two": '["love"]', "four": "love"}


def test_two_sources_that_say_one_list_in_two_ways_agree(project, predict, say):
    (one,) = predict([("one", '["joy"]', 0.6)])
    say(one, '["love","joy"]')
    say(one, '["joy", "love"]', source="bob")
    rule = ConflictRule.parse("drop")
    strict = Corrections(project.database, project.log, project.feedback, project.examples, rule)
    assert strict.derive("topics", "news").unsettled == 0
