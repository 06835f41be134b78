"""Several spools of one database: moving records, look-up requests, and pending erasures."""

import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from spooling import Spooling

from argosy.errors import PredictionNotFound, SpoolNotForgotten
from argosy.predictions import drain, segments, spools
from argosy.predictions.drain import drain_once
from argosy.predictions.drainer import follow
from argosy.predictions.feedback_log import Feedback, FeedbackLog
from argosy.predictions.held import held
from argosy.predictions.log import PredictionLog
from argosy.predictions.spool_names import known_name, name_of_spool
from argosy.predictions.spools import SILENT_SECONDS, Spools
from argosy.testing.waiting import until
from stored.rows import column, count
from stored.spools import age_spools

DYING = Path(__file__).with_name("dying_drainer.py")


class Machine:
    """A server's folder, separate from the others."""

    def __init__(self, folder, scope, database, vault):
        folder.mkdir()
        self.spool, self._database = folder / "spool", database
        self.log = PredictionLog(database, vault, self.spool)
        self.name = Spools(database).enter(self.spool)
        self._scope = scope

    def answer(self, *predictions):
        writer = Spooling(self.spool, self._scope)
        writer.log(predictions)
        writer.close()

    @contextmanager
    def draining(self):
        stop = threading.Event()
        thread = threading.Thread(target=follow, args=(self.spool, self._database, stop, 0.01))
        thread.start()
        until(lambda: any(one.name == self.name and one.seen_at for one in Spools(self._database).all()))
        try:
            yield
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def machine(tmp_path, scope, database, vault):
    return lambda name: Machine(tmp_path / name, scope, database, vault)


def status(database, machine):
    return {one.name: one for one in Spools(database).all()}[machine.name]


def test_a_look_up_does_not_touch_other_spools_and_makes_their_drainers_drain(machine, database, predict):
    here, there = machine("here"), machine("there")
    made = predict(entity="order 7")
    there.answer(made)
    with pytest.raises(PredictionNotFound, match=f"or waits in the spool '{there.name}'"):
        here.log.get(made.id)
    assert count(database, "predictions") == 0
    assert len(segments.segments_in(there.spool)) == 1
    with there.draining():
        later = predict(entity="order 7")
        there.answer(later)
        assert set(here.log.ids_of_entity("order 7", 0.0, 2000.0, "", None, 9)) == {made.id, later.id}
        last = predict()
        there.answer(last)
        assert here.log.get(last.id).input == "a text"


def test_one_that_is_silent_is_not_waited_for(machine, database, predict, monkeypatch):
    here, there = machine("here"), machine("there")
    Spools(database).see(there.name, there.spool, held(there.spool, {}, 0.0))
    there.answer(predict(entity="order 7"))
    age_spools(database, SILENT_SECONDS + 1)
    monkeypatch.setattr(spools, "LOOK_SECONDS", None)  # a waiting transaction fails
    assert here.log.drain() == []
    assert [one.name for one in here.log.behind()] == [there.name]


def test_a_running_drainer_that_does_not_drain_is_reported(machine, database, predict):
    here, there = machine("here"), machine("there")
    Spools(database).see(there.name, there.spool, held(there.spool, {}, 0.0))
    assert [one.name for one in Spools(database).have_drained(here.name, seconds=0.0)] == [there.name]


def test_what_is_erased_never_comes_out_of_another_spool(machine, database, predict, vault):
    here, there = machine("here"), machine("there")
    ann, bob = predict(subject="ann"), predict(subject="bob")
    there.answer(ann, bob)
    feedback = FeedbackLog(database, vault)
    for one in (ann, bob):
        feedback.add(one.id, "correction", "money", "desk")
    assert here.log.erase("ann") == []
    assert [one.name for one in Spools(database).all() if one.owes] == [there.name]
    assert drain_once(there.spool, database) == 1
    assert column(database, "predictions", "id") == [bob.id]
    assert feedback.of(ann.id) == []
    assert len(feedback.of(bob.id)) == 1
    assert not any(one.owes for one in Spools(database).all())


def test_an_erasure_between_two_batches_holds_the_rest(machine, database, predict, monkeypatch):
    here, there = machine("here"), machine("there")
    made = [predict(subject="ann" if n % 2 else "bob") for n in range(8)]
    there.answer(*made)
    monkeypatch.setattr(drain, "BATCH_FRAMES", 3)
    batches, read = [], drain._read_batch

    def erase_meanwhile(*arguments):
        batches.append(threading.Thread(target=here.log.erase, args=("ann",)))
        if len(batches) == 1:
            batches[0].start()  # it waits until this batch is committed, and precedes the next or a later one
        return read(*arguments)

    monkeypatch.setattr(drain, "_read_batch", erase_meanwhile)
    drain_once(there.spool, database)
    batches[0].join()
    drain_once(there.spool, database)
    assert set(column(database, "predictions", "id")) == {one.id for one in made if one.subject == "bob"}


@pytest.mark.parametrize("function", ["pwrite", "fsync"])
def test_a_drainer_killed_while_it_erases_begins_again(machine, database, predict, vault, function):
    here, there = machine("here"), machine("there")
    made = [predict(subject="ann"), predict(subject="bob"), predict(subject="ann")]
    there.answer(*made)
    feedback = FeedbackLog(database, vault)
    feedback.add(made[0].id, "correction", "money", "desk")
    here.log.erase("ann")
    killed = subprocess.run([sys.executable, DYING, there.spool, database.url, function], timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert status(database, there).owes
    assert feedback.of(made[0].id) == []
    drain_once(there.spool, database)
    assert column(database, "predictions", "id") == [made[1].id]
    assert not any(one.owes for one in Spools(database).all())


def test_a_running_drainer_erases_automatically(machine, database, predict):
    here, there = machine("here"), machine("there")
    with there.draining():
        there.answer(predict(subject="ann"))
        assert len(here.log.erase("ann")) == 1
        assert Spools(database).have_erased(60.0, silent_too=False) == []
    assert count(database, "predictions") == 0


def test_a_lost_spool_can_be_forgotten_and_erases_when_it_returns(machine, database, predict):
    here, there, registry = machine("here"), machine("there"), Spools(database)
    ann = predict(subject="ann")
    there.answer(ann, predict(subject="bob"))
    here.log.erase("ann")
    with pytest.raises(SpoolNotForgotten, match=f"did you mean '{there.name}'"):
        registry.forget(f"{there.name}?")
    registry.see(there.name, there.spool, held(there.spool, {}, 0.0))
    with pytest.raises(SpoolNotForgotten, match="is alive"):
        registry.forget(there.name)
    age_spools(database, SILENT_SECONDS + 1)
    assert registry.forget(there.name).waiting == 2
    assert not status(database, there).owes
    assert here.log.behind() == []
    with there.draining():
        until(lambda: count(database, "predictions") == 1)
    assert ann.id not in column(database, "predictions", "id")


def test_a_new_spool_has_no_earlier_erasures_and_an_unknown_one_with_files_has_all(
    machine, database, predict, tmp_path, scope
):
    here = machine("here")
    here.log.erase("ann")
    new = machine("new")
    came_back = predict(subject="ann")
    new.answer(came_back)
    old = Spooling(tmp_path / "old" / "spool", scope)
    old.log([predict(subject="ann"), predict(subject="bob")])
    old.close()
    drain_once(new.spool, database)
    drain_once(tmp_path / "old" / "spool", database)
    assert count(database, "predictions") == 2
    assert came_back.id in column(database, "predictions", "id")


def test_a_copy_of_a_spool_is_another_one(tmp_path):
    name = name_of_spool(tmp_path / "spool")
    assert name_of_spool(tmp_path / "spool") == known_name(tmp_path / "spool") == name
    copied = tmp_path / "copied.name"
    copied.write_bytes((tmp_path / "spool.name").read_bytes())
    assert known_name(tmp_path / "copied") == ""
    assert name_of_spool(tmp_path / "copied") != name
    assert known_name(tmp_path / "none") == ""


def test_a_spool_leaves_when_its_drainer_ends_and_nothing_is_in_it(machine, database, predict):
    there = machine("there")
    with there.draining():
        there.answer(predict())
    assert Spools(database).all() == []
    (there.spool / "0-1-00.damaged").write_bytes(b"?")
    with there.draining():
        until(lambda: status(database, there).damaged == 1)
    assert [one.name for one in Spools(database).all()] == [there.name]


def test_what_is_held_is_counted_and_how_old_it_is(machine, predict, monkeypatch):
    there = machine("there")
    assert (held(there.spool, {}, 5000.0).predictions, held(there.spool, {}, 5000.0).seconds) == (0, 0.0)
    there.answer(*[predict(at=4000.0 + n) for n in range(100)])
    [path] = segments.segments_in(there.spool)
    assert (held(there.spool, {}, 5000.0).predictions, held(there.spool, {}, 5000.0).seconds) == (100, 1000.0)
    assert held(there.spool, {path.name: path.stat().st_size}, 5000.0).predictions == 0
    monkeypatch.setattr("argosy.predictions.held.SAMPLE_BYTES", path.stat().st_size // 4)
    assert held(there.spool, {}, 5000.0).predictions == pytest.approx(100, abs=5)


def test_unmatched_feedback_about_an_entity_names_the_spools(machine, database, vault):
    here, there = machine("here"), machine("there")
    given = Feedback("", "outcome", "money", "desk")
    with pytest.raises(PredictionNotFound, match=f"nothing was predicted .* in the spool '{there.name}'"):
        FeedbackLog(database, vault).add_to_entity(here.log, "order 7", 0.0, 9.0, given)
