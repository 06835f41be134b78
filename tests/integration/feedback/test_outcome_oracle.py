"""Whatever comes in whatever order, predictions and their outcomes end as a naive reading of both says."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.feedback.labels import ConflictRule, FeedbackPiece, resolve_feedback
from argosy.feedback.outcomes import sources
from stored.bookings import service
from stored.outcome_project import NOON, OutcomeProject

WITHIN = 10.0
CUSTOMERS, PRODUCTS, LABELS = ("ana", "bo"), ("tea", "cup"), ("bought", "returned")
moments = st.integers(0, 40).map(lambda seconds: NOON + seconds)
predictions = st.tuples(st.just("ask"), st.sampled_from(CUSTOMERS), st.sampled_from(PRODUCTS), moments)
outcomes = st.tuples(
    st.just("happened"), st.sampled_from(CUSTOMERS), st.sampled_from(PRODUCTS), moments, st.sampled_from(LABELS)
)
looks = st.just(("look",))
"""The source is read now."""
SOURCE = "topic: bookings, label: label"


def oracle(events):
    """By the place of each prediction the label it ends with, and how many pairs and windows there were."""
    asked, seen, newest = [], [], None
    ends, pairs, closed = {}, 0, 0
    unread, known = [], set()
    for event in [*events, ("look",)]:
        if event[0] == "ask":
            asked.append(event[1:])
        elif event[0] == "happened":
            unread.append(event[1:])
        else:
            for customer, product, at, label in unread:
                if (customer, product, at, label) in known:
                    continue
                known.add((customer, product, at, label))
                seen.append((customer, product, at, label))
                newest = at if newest is None else max(newest, at)
                for place, one in enumerate(asked):
                    if one[:2] == (customer, product) and at - WITHIN <= one[2] <= at:
                        ends[place] = label
                        pairs += 1
            unread = []
            for place, (customer, product, made_at) in enumerate(asked):
                if newest is None or made_at >= newest - WITHIN or place in ends:
                    continue
                late = [
                    label
                    for who, what, at, label in seen
                    if (who, what) == (customer, product) and at - WITHIN <= made_at <= at
                ]
                pairs += len(late)
                closed += not late
                ends[place] = late[-1] if late else "not_bought"
    return ends, pairs, closed


@pytest.fixture(scope="module", autouse=True)
def _impatient():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "WAIT_SECONDS", 0.01)  # a folder has at once what was appended
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A project with its keys and an empty database."""
    root = tmp_path_factory.mktemp("template")
    service(root, SOURCE, within="10s")
    with closing(OutcomeProject(root, "sqlite:///argosy.db")) as project:
        project.backends.event_log.create("bookings", 1)
        project.backends.vault.scope("predictions")
    return root


@settings(max_examples=40)
@given(events=st.lists(st.one_of(predictions, outcomes, outcomes, looks), max_size=25))
def test_the_joiner_agrees_with_a_naive_oracle(template, events):
    # a prediction is logged before later outcomes are read, or late: both orders are drawn, but no window that was
    # closed gets another prediction, which servers do not log so late
    events = _in_time(events)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        shutil.copytree(template, root)
        with closing(OutcomeProject(root, "sqlite:///argosy.db")) as project:
            ids = _play(project, events)
            state = project.look()
            ends, pairs, closed = oracle(events)
            assert {place: _label(project, one) for place, one in enumerate(ids) if _label(project, one)} == ends
            assert (state.joined, state.otherwise) == (pairs, closed)
            before = [project.said(one) for one in ids]
            project.look()
            assert [project.said(one) for one in ids] == before


def _in_time(events):
    kept, newest, unread = [], None, []
    for event in events:
        if event[0] == "happened":
            unread.append(event[3])
        elif event[0] == "look" and unread:
            newest, unread = max([*unread, *([] if newest is None else [newest])]), []
        elif event[0] == "ask" and newest is not None and event[3] < newest - WITHIN:
            continue
        kept.append(event)
    return kept


def _play(project, events):
    ids = []
    for event in events:
        if event[0] == "ask":
            ids.append(project.ask(*event[1:]))
        elif event[0] == "look":
            project.look()
        else:
            customer, product, at, label = event[1:]
            row = b'{"customer":"%b","product":"%b","at":%f,"label":"%b"}'
            project.backends.event_log.append(
                "bookings", [("", row % (customer.encode(), product.encode(), at, label.encode()))]
            )
    return ids


def _label(project, prediction_id):
    said = project.backends.feedback_log.of(prediction_id)
    pieces = [FeedbackPiece(one.kind, one.label, one.source, one.given_at, n, True) for n, one in enumerate(said)]
    return resolve_feedback(pieces, ConflictRule()).label if pieces else ""
