"""Outcomes that are posted: by tokens and without, each once, all of a request or none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from argosy.errors import NotPermitted, OutcomeInvalid, ServiceNotFound
from argosy.feedback.outcomes.routes import GivenOutcome, PostedOutcomes, parse_outcomes
from argosy.feedback.outcomes.services import OutcomeServices
from argosy.feedback.outcomes.taking import OutcomeTaking
from argosy.predictions.giver import ANYBODY, Giver
from stored.bookings import service
from stored.outcome_project import DAY, NOON, OutcomeProject

TILL = Giver("till", "till", ("outcome", "entity"), needs_draw=True)


@pytest.fixture
def project(database, tmp_path):
    service(tmp_path, "posted: true")
    made = OutcomeProject(tmp_path, database.url)
    yield made
    made.close()


@pytest.fixture
def post(project):
    posted = PostedOutcomes(OutcomeServices(project.root), OutcomeTaking.of(project.backends))

    def take(*rows, giver=ANYBODY):
        found = posted.take([row if isinstance(row, GivenOutcome) else bought(*row) for row in rows], giver)
        return found.taken, found.known, found.joined

    return take


def bought(customer, product, at, key="", **more):
    return GivenOutcome("offers", "bought", {"customer": customer, "product": product}, at, key=key, **more)


def test_what_is_posted_is_joined_once(project, post):
    one = project.ask("ana", "tea", NOON)
    assert post(("ana", "tea", NOON), ("bo", "cup", NOON + 1)) == (2, 0, 1)
    assert post(("ana", "tea", NOON), ("bo", "cup", NOON + 2)) == (1, 1, 0)
    assert project.said(one) == ["bought"]
    assert project.waiting() == 2


def test_a_key_is_one_outcome_and_each_token_has_its_own(project, post):
    one = project.ask("ana", "tea", NOON)
    assert post(("ana", "tea", NOON, "sale-1"), giver=TILL) == (1, 0, 1)
    assert post(("ana", "tea", NOON, "sale-1"), giver=TILL) == (0, 1, 0)
    with pytest.raises(OutcomeInvalid, match="key was used for another"):
        post(("bo", "cup", NOON), ("ana", "tea", NOON + 1, "sale-1"), giver=TILL)
    assert project.state().taken == 1, "all or none"
    assert post(("ana", "tea", NOON, "sale-1"), giver=replace(TILL, token="web")) == (1, 0, 1)
    assert project.said(one) == ["bought", "bought"]


def test_a_token_says_only_what_it_may_and_reaches_only_its_own(project, post):
    theirs, own = project.ask("ana", "tea", NOON), project.ask("ana", "tea", NOON, token="till")
    with pytest.raises(NotPermitted, match="may not give outcomes"):
        post(("ana", "tea", NOON), giver=replace(TILL, claims=()))
    alone = replace(TILL, claims=("outcome",))
    assert post(("ana", "tea", NOON), ("bo", "cup", NOON), giver=alone) == (2, 0, 1)
    assert (project.said(theirs), project.said(own)) == ([], ["bought"])
    assert project.waiting() == 0, "somebody else may have asked"


def test_what_is_posted_late_is_heard_whether_it_measures_or_not(project, post):
    ids = [project.ask(f"c{number}", "tea", NOON) for number in range(20)]
    post(("bo", "cup", NOON + 8 * DAY), giver=TILL)
    assert project.look().otherwise == 20
    late = [(f"c{number}", "tea", NOON + DAY) for number in range(20)]
    post(*late, giver=TILL)
    for one in ids:
        nothing, then = project.backends.feedback_log.of(one)
        assert (nothing.label, then.label) == ("not_bought", "bought")
        assert nothing.measures == then.measures
    assert {one.measures for one in (project.backends.feedback_log.of(each)[0] for each in ids)} == {True, False}


def test_what_is_wrong_is_named(project, post):
    for given, error, said in (
        ([GivenOutcome("offer", "bought", {}, 0)], ServiceNotFound, "did you mean 'offers'"),
        ([GivenOutcome("offers", "bougt", {}, 0)], OutcomeInvalid, "no outcome 'bougt'"),
        (
            [("ana", None, NOON)],
            OutcomeInvalid,
            "row 1: no entity: `inputs` has a text or a whole number for each of customer, product",
        ),
        ([("ana", "tea", NOON), ("ana", "tea", "noon")], OutcomeInvalid, "row 2: no time: `at` is ISO 8601"),
        ([("ana", "tea", 4e9)], OutcomeInvalid, "row 1: in the future"),
        ([bought("ana", "tea", NOON, label="sold")], OutcomeInvalid, "no column of labels"),
    ):
        with pytest.raises(error, match=said):
            post(*given)
    service(project.root)
    with pytest.raises(OutcomeInvalid, match="is not posted, but read"):
        post(("ana", "tea", NOON))


def test_bodies():
    [one] = parse_outcomes(b'{"service": "a", "outcome": "b", "inputs": {"c": 1}, "at": 0}')
    assert one.inputs == {"c": 1}
    assert parse_outcomes(b"[]") == []
    for body, said in (
        (b"{", "is not JSON"),
        (b'{"service": "a"}', "is no outcome: .*`outcome`; there are: service, outcome, inputs, at, label, key"),
        (b'[{"service": "a", "input": {}}]', "unknown field `input` .*did you mean 'inputs'.*; there are: service"),
        (b'{"service": "a", "service": "a", "outcome": "b", "inputs": {}, "at": 0}', "ambiguous"),
    ):
        with pytest.raises(OutcomeInvalid, match=said):
            parse_outcomes(body)
