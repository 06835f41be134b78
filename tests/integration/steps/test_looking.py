"""Checks of a project's folder: one run for each distinct input, whichever worker checks and however often."""

import threading

import pytest

from argosy import clock
from argosy.errors import LeaseLost
from argosy.jobs.claims import Claims
from argosy.steps import runs
from argosy.steps.looking import KIND, Looking
from argosy.store.collector import collect
from argosy.store.kept import kept_files

LONG_AGO = 1_700_000_000
CLEAN = {"command": ["cat", "clean.py"], "inputs": "raw/*.csv"}


@pytest.fixture
def place(make_place):
    made = make_place(clean=CLEAN, after={"command": "wc", "inputs": {"step": "clean"}})
    made.write("clean.py", "1")
    return made


def test_a_run_is_submitted_once_and_its_files_are_kept(place):
    assert place.look()["clean"].why == "no file here is raw/*.csv"
    place.write("raw/a.csv", "a")
    place.write("raw/.hidden.txt", "x")
    found = place.look()
    assert (found["clean"].is_new, found["clean"].state) == (True, "queued")
    assert found["after"].why == "clean is queued"
    again = place.look()["clean"]
    assert (again.is_new, again.label, again.state) == (False, found["clean"].label, "queued")
    with place.database.read() as transaction:
        kept = [(file.kind, file.name, file.size_bytes) for file in kept_files(transaction, found["clean"].label)]
    assert kept == [("code", "clean.py", 1), ("input", "raw/a.csv", 1)]
    assert collect(place.database, place.store.artifacts, clock.now() + 1e6, 0.0) == []
    assert [job.label for job in place.queue.jobs(KIND)] == [found["clean"].label]


def test_what_is_known_already_is_no_new_run_and_is_the_newest_again(place):
    labels = {}
    for text in "ab":
        place.write("raw/a.csv", text, LONG_AGO + ord(text))
        labels[text] = place.look()["clean"].label
        place.finish(labels[text], text.upper())
    assert place.newest("clean")[0].reference == "clean@2"
    place.write("raw/a.csv", "a", LONG_AGO)
    found = place.look()["clean"]
    assert (found.label, found.state, found.is_new) == (labels["a"], "done", False)
    assert [run.reference for run in place.newest("clean")] == ["clean@1", "clean@1"]
    assert len(place.queue.jobs(KIND)) == 2 + 1  # and one of the step after


def test_the_next_step_runs_on_the_output(place):
    place.write("raw/a.csv", "a")
    label = place.look()["clean"].label
    place.finish(label, "A")
    after = place.look()["after"]
    assert after.is_new
    run, output = place.newest("after")
    assert (run.after, output) == (label, None)
    with place.database.read() as transaction:
        (given,) = kept_files(transaction, after.label)
    assert (given.kind, given.name, given.digest) == ("input", "clean", place.newest("clean")[1].output)
    place.finish(after.label, "1")
    place.write("raw/b.csv", "b")
    assert place.look()["after"].state == "waits"
    place.finish(place.look()["clean"].label, "A")  # the same bytes again: the next step has run
    assert place.look()["after"] == place.look()["after"]
    assert (place.look()["after"].label, place.look()["after"].state) == (after.label, "done")


@pytest.mark.sqlite
def test_other_code_is_another_run(place):
    place.write("raw/a.csv", "a")
    first = place.look()["clean"].label
    place.write("clean.py", "2", LONG_AGO + 1)
    assert place.look()["clean"].label != first


@pytest.mark.sqlite
def test_a_file_that_is_being_written_is_left_for_later(place):
    place.write("raw/a.csv", "a", LONG_AGO)
    assert place.look(now=LONG_AGO + 1.0)["clean"].why == "clean.py is being written"
    place.write("clean.py", "1", LONG_AGO - 100)
    assert place.look(now=LONG_AGO + 1.0)["clean"].why == "raw/a.csv is being written"
    assert place.look(now=LONG_AGO + 3.0)["clean"].is_new


@pytest.mark.sqlite
def test_a_file_that_changes_after_it_was_read_is_left_for_later(place, monkeypatch):
    path = place.write("raw/a.csv", "a")
    put = place.store.put_artifact

    def put_another(source):
        if source == path:
            path.write_text("another")
        return put(source)

    monkeypatch.setattr(place.store, "put_artifact", put_another)
    assert place.look()["clean"].why == "raw/a.csv is being written"
    assert place.queue.jobs(KIND) == []


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["../outside.csv", "/etc/hostname", ".argosy/key"])
def test_a_link_that_leads_out_is_no_input(place, name):
    (place.root / ".argosy").mkdir()
    place.write(".argosy/key", "k")
    place.write("../outside.csv", "x")
    (place.root / "raw/link.csv").symlink_to(place.root / name if name[0] != "/" else name)
    found = place.look()["clean"]
    assert found.label == ""
    assert "raw/link.csv leads" in found.why


@pytest.mark.sqlite
def test_the_projects_own_folder_is_never_found(make_place):
    place = make_place(all={"command": "cat", "inputs": "**/*.csv"})
    (place.root / ".argosy").mkdir()
    place.write(".argosy/secret.csv", "k")
    assert place.look()["all"].why == "no file here is **/*.csv"


def test_a_failed_run_is_submitted_again_only_on_request(place):
    place.write("raw/a.csv", "a")
    label = place.look()["clean"].label
    place.queue.fail(Claims(place.database, "worker", [KIND]).next(), "no", retry=False)
    assert place.look()["clean"].state == "failed"
    assert place.look(again=lambda one: one == label)["clean"].state == "queued"


def test_two_folders_share_runs_and_do_not_take_turns(make_place):
    here, there = (make_place(name, clean=CLEAN) for name in ("here", "there"))
    for place in (here, there):
        place.write("clean.py", "1")
        place.write("raw/a.csv", "a")
    assert here.look()["clean"].is_new
    assert not there.look()["clean"].is_new
    there.write("raw/a.csv", "b", LONG_AGO + 1)
    newest = there.look()["clean"].label
    for place in (here, there, here):
        assert not place.look()["clean"].is_new
    assert here.newest("clean")[0].label == newest


def test_concurrent_checks_submit_once(place):
    place.write("raw/a.csv", "a")
    others = [Looking(place.root, place.database, place.store, place.queue) for _ in range(4)]
    start, found = threading.Barrier(len(others)), []

    def look(looking):
        start.wait()
        found.append(looking.look(place.steps)["clean"])

    threads = [threading.Thread(target=look, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.label for one in found}) == 1
    assert len(found) == len(others)
    assert sum(one.is_new for one in found) == 1
    assert place.newest("clean")[0].number == 1


def test_a_lease_that_was_lost_records_no_output(place):
    place.write("raw/a.csv", "a")
    label = place.look()["clean"].label
    lease = Claims(place.database, "worker", [KIND]).next()
    place.queue.release(lease)
    with pytest.raises(LeaseLost):
        place.queue.finish(lease, {}, lambda transaction: runs.put_out(transaction, label, "worker", 1.0, "d", 1))
    assert place.newest("clean")[1] is None
