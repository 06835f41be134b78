"""Outcomes of a booking database reach the predictions that they are about, each once."""

from __future__ import annotations

from itertools import count

import pytest

from argosy.clock import format_time
from argosy.errors import LeaseLost
from argosy.feedback.outcomes import closing
from argosy.testing.expecting import raised
from stored.bookings import Bookings, service
from stored.outcome_project import DAY, NOON, OutcomeProject


@pytest.fixture(params=["sqlite", "postgresql"])
def bookings_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/shop.db"
    return request.getfixturevalue("postgresql_url")


@pytest.fixture
def bookings(bookings_url):
    return Bookings(bookings_url)


@pytest.fixture
def make(database, tmp_path):
    made = []

    def project(url, **more):
        (tmp_path / "own").mkdir(exist_ok=True)
        service(tmp_path / "own", **more)
        made.append(OutcomeProject(tmp_path / "own", database.url, databases={"bookings": url}))
        return made[-1]

    yield project
    for one in made:
        one.close()


@pytest.fixture
def project(make, bookings):
    return make(bookings.url)


def test_an_outcome_reaches_every_prediction_in_its_time_and_no_other(project, bookings):
    early, first, second, late = (
        project.ask("ana", "tea", at) for at in (NOON - 8 * DAY, NOON - 7 * DAY, NOON, NOON + 1)
    )
    other = project.ask("ana", "cup", NOON)
    elsewhere = project.ask("ana", "tea", NOON, model="prices")
    bookings.book(("ana", "tea", NOON))
    state = project.look()
    assert [project.said(one) for one in (first, second)] == [["bought"], ["bought"]]
    assert [project.said(one) for one in (late, other, elsewhere)] == [[], [], []]
    assert project.said(early) == ["not_bought"]
    assert (state.taken, state.matched, state.joined, state.otherwise) == (1, 1, 2, 1)
    assert state.read_up_to == NOON


def test_reading_again_changes_nothing_and_what_came_late_corrects(project, bookings):
    one = project.ask("ana", "tea", NOON)
    bookings.book(("bo", "cup", NOON + 8 * DAY))
    project.look()
    assert project.said(one) == ["not_bought"]
    bookings.book(("ana", "tea", NOON + 8 * DAY - 1))
    assert project.look().joined == 0  # outside of the window
    bookings.book(("ana", "tea", NOON + 7 * DAY), ("ana", "tea", NOON + 7 * DAY))
    assert project.look().taken == 2  # an hour and more behind the newest: not read again
    bookings.book(("cy", "cup", NOON + 8 * DAY - 3000))
    state = project.look()
    assert (state.taken, state.joined, state.otherwise) == (3, 0, 1)


def test_late_rows_within_the_overlap_correct_what_was_said_of_a_closed_window(make, bookings):
    project = make(bookings.url, within="30m")
    one = project.ask("ana", "tea", NOON)
    bookings.book(("bo", "cup", NOON + 3000))
    project.look()
    assert project.said(one) == ["not_bought"]
    bookings.book(("ana", "tea", NOON + 1800), ("ana", "tea", NOON + 1800), ("ana", "tea", NOON + 1800.5))
    state = project.look()
    assert project.said(one) == ["not_bought", "bought"]
    assert (state.taken, state.matched, state.otherwise) == (3, 1, 1)
    project.look()
    assert project.said(one) == ["not_bought", "bought"]


def test_a_window_stays_open_while_the_source_was_not_read_past_it(project, bookings):
    one = project.ask("ana", "tea", NOON)
    bookings.book(("bo", "cup", NOON + 7 * DAY))
    assert project.look().otherwise == 0
    bookings.book(("bo", "cup", NOON + 7 * DAY + 1))
    assert project.look().otherwise == 1
    assert project.said(one) == ["not_bought"]


def test_nothing_is_said_of_what_another_service_or_nobody_asked(project, bookings):
    ours, theirs = project.ask("ana", "tea", NOON, service="offers"), project.ask("ana", "tea", NOON, service="prices")
    bookings.book(("bo", "cup", NOON + 8 * DAY))
    assert project.look().otherwise == 1
    assert (project.said(ours), project.said(theirs)) == (["not_bought"], [])


def test_a_prediction_that_arrives_after_its_outcome_is_joined_when_its_window_closes(project, bookings):
    bookings.book(("ana", "tea", NOON + 5))
    assert project.look().unmatched == 1
    one = project.ask("ana", "tea", NOON)
    bookings.book(("bo", "cup", NOON + 9 * DAY))
    state = project.look()
    assert project.said(one) == ["bought"]
    assert (state.joined, state.otherwise) == (1, 0)
    assert project.waiting() == 1, "only the row about bo, whom nobody asked about, becomes an example"


@pytest.mark.parametrize("times", ["INTEGER", "TEXT", "SPACED", "DATE", "MOMENT"])
def test_times_of_every_form(make, bookings_url, times):
    written = {
        "INTEGER": int,
        "DATE": lambda at: format_time(at)[:10],
        "SPACED": lambda at: format_time(at)[:19].replace("T", " "),
    }.get(times, format_time)
    bookings = Bookings(bookings_url, "TEXT" if times == "SPACED" else times)
    project = make(bookings.url)
    ids = [project.ask("ana", product, NOON - DAY) for product in ("tea", "cup", "pot")]
    for number, product in enumerate(("tea", "cup", "pot")):
        bookings.book(("ana", product, written(NOON + 4 * number)))
        assert project.look().taken == number + 1
    assert [project.said(one) for one in ids] == [["bought"]] * 3
    assert project.look().taken == 3


def test_rows_that_say_nothing_are_counted_once_and_stop_nothing(project, bookings):
    one = project.ask("ana", "tea", NOON)
    bookings.book(("ana", None, NOON), (None, "tea", NOON), ("ana", "tea", NOON), ("ana", "tea", 4e9))
    for _ in range(2):
        state = project.look()
        assert state.poison == {"no entity": 2, "in the future": 1}
        assert (state.taken, state.read_up_to) == (1, NOON)
    assert project.said(one) == ["bought"]


def test_a_database_that_changed_or_went_is_one_line_and_is_tried_again(project, bookings, bookings_url):
    one = project.ask("ana", "tea", NOON)
    bookings.book(("ana", "tea", NOON))
    bookings.rename("product", "article")
    project.look()
    problem = project.state().problem
    assert "product" in problem
    assert "\n" not in problem
    bookings.rename("article", "product")
    assert project.look().problem == ""
    assert project.said(one) == ["bought"]


def test_two_joiners_take_each_row_once(project, make, bookings):
    one = project.ask("ana", "tea", NOON)
    other = make(bookings.url)
    for number in range(5):
        bookings.book(("ana", "tea", NOON + number))
        project.look()
        other.look()
    assert project.said(one) == ["bought"] * 5
    assert other.state().taken == 5


LABELLED = """\
query: 'SELECT customer, product, at, CASE product WHEN ''tea'' THEN ''["a","b"]'' ELSE ''bought'' END AS state
FROM bookings WHERE at > :since', database: bookings, label: state"""


def test_a_label_that_the_model_cannot_have_answered_is_counted_once_and_stops_nothing(make, bookings):
    project = make(bookings.url, source=LABELLED)
    refused, one = project.ask("ana", "tea", NOON), project.ask("ana", "cup", NOON)
    bookings.book(("ana", "tea", NOON))
    for _ in range(2):
        state = project.look()
        assert (state.taken, state.poison, state.problem) == (0, {"label refused": 1}, "")
    bookings.book(("ana", "cup", NOON))
    state = project.look()
    assert (state.taken, state.poison, state.problem) == (1, {"label refused": 1}, "")
    assert [project.said(each) for each in (refused, one)] == [[], ["bought"]]


def test_a_label_that_the_model_cannot_have_answered_keeps_no_window_open(make, bookings):
    project = make(bookings.url, source=LABELLED)
    bookings.book(("ana", "tea", NOON + 5))
    assert project.look().unmatched == 1
    one = project.ask("ana", "tea", NOON)
    bookings.book(("bo", "cup", NOON + 9 * DAY))
    state = project.look()
    assert (state.joined, state.otherwise, state.problem) == (0, 1, "")
    assert project.said(one) == ["not_bought"]


def test_windows_that_a_joiner_did_not_come_to_are_closed_at_the_next_look(project, bookings, monkeypatch):
    monkeypatch.setattr(closing, "PAGE_ROWS", 1)
    ids = [project.ask("ana", "tea", NOON + number) for number in range(3)]
    bookings.book(("bo", "cup", NOON + 8 * DAY))
    turns = count()

    def confirm(_):
        if next(turns) == 2:
            raise LeaseLost("another worker joins outcomes")

    raised(LeaseLost, project.joiner.look, confirm)
    assert [project.said(one) for one in ids] == [["not_bought"], [], []]
    assert project.look().otherwise == 3
    assert [project.said(one) for one in ids] == [["not_bought"]] * 3
