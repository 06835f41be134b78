"""Spools and erasures in any order: no erased record leaves a spool, and no other record is lost."""

import random
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spooling import Spooling

from argosy.predictions import spool_erasure
from argosy.predictions.drain import drain_once
from argosy.predictions.log import PredictionLog, where_else
from argosy.predictions.spools import SILENT_SECONDS, Spools, SpoolStatus, first_obeyed, still_behind
from stored.rows import column

SUBJECTS, STEPS = ("ann", "bob", "cem"), 60
ACTIONS = ("answer", "answer", "answer", "answer", "drain", "die", "erase", "come")
SPOOL = SpoolStatus("one", "host", "/spool", "1.0", 1.0, 1.0, 0.0, 0, 0.0, 0, 0, 0, is_forgotten=False)
SPOOLS = st.builds(
    replace,
    st.just(SPOOL),
    name=st.sampled_from("abc"),
    seconds_silent=st.floats(0.0, 2 * SILENT_SECONDS),
    drained=st.integers(0, 3),
    erasures=st.integers(0, 3),
    is_forgotten=st.booleans(),
)


class Killed(BaseException):
    pass


class Fleet:
    """Servers' folders, with expected records and pending erasures of each, and expected rows of the database."""

    def __init__(self, folder, database, vault, scope):
        self._folder, self._database, self._vault, self._scope = folder, database, vault, scope
        self.logs, self.stored = [], {}
        self.held = defaultdict(dict)  # by folder: id to subject
        self.owed = {}  # by folder, while it is among the spools: subjects

    def spool(self, number):
        return self._folder / str(number) / "spool"

    def come(self):
        number = len(self.logs)
        self.spool(number).parent.mkdir()
        self.logs.append(PredictionLog(self._database, self._vault, self.spool(number)))
        self._enter(number)

    def answer(self, number, made):
        self._enter(number)
        writer = Spooling(self.spool(number), self._scope)
        writer.log(made)
        writer.close()
        self.held[number] |= {one.id: one.subject for one in made}

    def drain(self, number):
        drain_once(self.spool(number), self._database)
        self._has_drained(number)

    def die(self, number, monkeypatch):
        def kill(_):
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(spool_erasure.os, "fsync", kill)
            try:
                self.drain(number)
            except Killed:  # some frames are overwritten, but the erasure is not acknowledged
                return

    def erase(self, number, subject):
        self.logs[number].erase(subject)
        self._has_drained(number)
        self.stored = {one: about for one, about in self.stored.items() if about != subject}
        for other, owed in self.owed.items():
            if other != number:
                owed.add(subject)
        if number in self.owed:
            self.owed[number].clear()

    def check(self):
        assert set(column(self._database, "predictions", "id")) == set(self.stored)

    def _enter(self, number):
        Spools(self._database).enter(self.spool(number))
        self.owed.setdefault(number, set())

    def _has_drained(self, number):
        if number in self.held:  # it had files and has none now: it was removed
            owed = self.owed.pop(number)
            self.stored |= {one: about for one, about in self.held.pop(number).items() if about not in owed}


@pytest.mark.parametrize("seed", range(6))
def test_spools_and_erasures_in_any_order(tmp_path, database, vault, scope, predict, monkeypatch, seed):
    draw = random.Random(seed)
    fleet = Fleet(tmp_path, database, vault, scope)
    fleet.come()
    for _ in range(STEPS):
        number, action = draw.randrange(len(fleet.logs)), draw.choice(ACTIONS)
        if action == "answer":
            fleet.answer(number, [predict(subject=draw.choice(SUBJECTS)) for _ in range(draw.randrange(1, 4))])
        elif action == "drain":
            fleet.drain(number)
        elif action == "die":
            fleet.die(number, monkeypatch)
        elif action == "erase":
            fleet.erase(number, draw.choice(SUBJECTS))
        elif len(fleet.logs) < 4:
            fleet.come()
        fleet.check()
    for number in range(len(fleet.logs)):
        fleet.drain(number)
    fleet.check()


@given(st.lists(SPOOLS, unique_by=lambda one: one.name), st.dictionaries(st.sampled_from("abcd"), st.integers(1, 3)))
def test_only_those_that_live_and_have_not_answered_are_waited_for(spools, asked):
    behind = still_behind(asked, spools)
    for one in spools:
        assert (one in behind) == (not one.is_silent and one.name in asked and one.drained < asked[one.name])
        assert one.owes == (one.erasures > 0 and not one.is_forgotten)


@given(st.booleans(), st.integers(0, 9))
def test_a_new_spool_has_all_or_no_pending_erasures(is_empty, newest):
    assert newest - first_obeyed(is_empty, newest) == (0 if is_empty else newest)


def test_an_error_names_where_else_something_may_be():
    assert where_else([]) == ""
    assert where_else([replace(SPOOL, seconds_silent=61.2)]) == ", or waits in the spool 'one', last seen 61 s ago"
