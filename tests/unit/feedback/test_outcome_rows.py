"""A row as an outcome, times as a query asks for them, and spools that were passed over."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from argosy.definitions.service import parse_service
from argosy.errors import ExamplesInvalid
from argosy.feedback.outcomes.closing import is_about, with_passed
from argosy.feedback.outcomes.rows import NamedSource, OutcomeRow, PoisonRow, outcome_of
from argosy.feedback.outcomes.since import since_value, time_form
from argosy.feedback.outcomes.states import SourceState
from argosy.identities import WrittenNumber

NOON = 1_700_000_000.0


def named(**outcome):
    service = parse_service(
        {
            "accepts": {"customer": "category", "product": "category", "price": "number", "note": "text"},
            "model": "offers@champion",
            "outcomes": {"bought": {"posted": True, "entity": ["customer", "product"], "within": "1h", **outcome}},
        },
        "offers",
    )
    return NamedSource(service, service.outcomes[0])


def said(row, **outcome):
    return outcome_of(named(**outcome), row, NOON)


def test_a_row_says_whom_it_is_about_what_happened_and_when():
    row = said({"customer": " ana", "product": 7.0, "price": "2.5", "note": None, "other": 1, "at": "2023-11-14"})
    assert row == OutcomeRow(
        '["ana","7"]', "bought", 1_699_920_000.0, {"customer": " ana", "product": "7", "price": 2.5}
    )
    assert said({"customer": "a", "product": "b", "at": NOON, "state": True}, label="state").label == "true"


@pytest.mark.parametrize(
    "at", [NOON, int(NOON), str(int(NOON)), "2023-11-14T22:13:20Z", "2023-11-14 22:13:20", "2023-11-15T00:13:20+02:00"]
)
def test_times_of_every_form_are_the_same_moment(at):
    assert said({"customer": "a", "product": "b", "at": at}).at == NOON


def test_times_of_databases():
    for at, moment in (
        (Decimal("1700000000"), NOON),
        (datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), NOON),
        (datetime(2023, 11, 14, 22, 13, 20), NOON),  # a column without a zone
        (date(2023, 11, 14), 1_699_920_000.0),
    ):
        assert said({"customer": "a", "product": "b", "at": at}).at == moment


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("what is no row", "unreadable"),
        ({"product": "b", "at": NOON}, "no entity"),
        ({"customer": "a", "product": "  ", "at": NOON}, "no entity"),
        ({"customer": "a", "product": 7.5, "at": NOON}, "no entity"),
        ({"customer": "a", "product": "b"}, "no time"),
        ({"customer": "a", "product": "b", "at": "noon"}, "no time"),
        ({"customer": "a", "product": "b", "at": True}, "no time"),
        ({"customer": "a", "product": "b", "at": float("nan")}, "no time"),
        ({"customer": "a", "product": "b", "at": NOON + 90_000, "state": "x"}, "in the future"),
        ({"customer": "a", "product": "b", "at": NOON, "state": None}, "no label"),
        ({"customer": "a", "product": "b", "at": NOON, "state": " "}, "no label"),
        ({"customer": "a", "product": "b", "at": NOON, "state": "x" * 1001}, "no label"),
        ({"customer": "a", "product": "b", "at": NOON, "state": b"x"}, "no label"),
    ],
)
def test_a_row_that_says_nothing(row, why):
    found = said(row, label="state")
    assert isinstance(found, PoisonRow)
    assert found.why == why


def test_the_same_entity_label_and_time_are_the_same_row():
    one = said({"customer": "a", "product": 7, "at": NOON, "sent": "no"})
    other = said({"customer": "a", "product": "7", "at": "2023-11-14T22:13:20Z", "sent": "yes"})
    assert one.content == other.content
    assert one.content != said({"customer": "a", "product": "7", "at": NOON + 1}).content


def test_numbers_as_they_were_written():
    row = said({"customer": WrittenNumber("1.50"), "product": "b", "at": NOON})
    assert (row.entity, row.inputs["customer"]) == ('["1.50","b"]', "1.50")


def test_a_column_that_is_missing_is_named():
    named().check_columns(["at", "product", "customer"])
    with pytest.raises(ExamplesInvalid, match="there is no column 'product', but customer, at"):
        named().check_columns(["customer", "at"])


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        (1_700_000_000.7, 1_700_000_000),
        (1_700_000_000, 1_700_000_000),
        ("2023-11-14 22:13:20.7", "2023-11-14 22:13:20"),
        ("2023-11-14T22:13:20.7", "2023-11-14T22:13:20"),
        ("2023-11-14T22:13:20Z", "2023-11-14T22:13:20"),
        ("2023-11-14T22:13:20+00:00", "2023-11-14T22:13:20"),
        ("2023-11-15T00:13:20+02:00", "2023-11-13T22:13:20"),
        ("2023-11-14", "2023-11-13"),
        (date(2023, 11, 14), "2023-11-13"),
        (datetime(2023, 11, 14, 22, 13, 20, 700_000, UTC), "2023-11-14 22:13:20+00"),
    ],
)
def test_a_query_is_asked_in_the_form_of_its_times_and_never_too_late(value, asked):
    assert since_value(time_form(value), NOON + 0.9) == asked


def test_what_an_entity_of_a_service_looks_like():
    assert is_about('["ana","7"]', 2)
    assert not any(is_about(entity, 2) for entity in (None, "", "ana", '["ana"]', '{"a":1,"b":2}', "7", "["))


def test_spools_that_are_back_are_looked_at_from_where_they_were_passed():
    state = SourceState(name="offers.bought", swept={"": (9.0, ""), "offers": (5.0, "a")})
    silent = with_passed(state, ["there"])
    assert silent.passed == {"there": state.swept}
    later = SourceState(name="offers.bought", swept={"": (20.0, ""), "offers": (15.0, "b")}, passed=silent.passed)
    assert with_passed(later, ["there"]) == later
    back = with_passed(later, [])
    assert back.passed == {}
    assert back.swept["offers"] == (5.0, "a")
    first = with_passed(SourceState(name="offers.bought"), ["there"])
    assert with_passed(SourceState(name="x", swept={"offers": (1.0, "c")}, passed=first.passed), []).swept == {
        "offers": (-1.0, "")
    }
