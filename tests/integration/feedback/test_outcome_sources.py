"""Topics and folders as sources of outcomes, and what nobody asked about."""

from __future__ import annotations

import json
import os
import sys
import threading

import msgspec
import pytest

from argosy.datasets.example import Example
from argosy.errors import ArgosyError
from argosy.features.rows import FeatureRow
from argosy.features.tables import Tables
from argosy.feedback.outcomes import joiner, states
from argosy.feedback.outcomes.batches import AT_ONCE
from argosy.feedback.outcomes.folder import SeenFile, folder_batches
from argosy.feedback.outcomes.joiner import OutcomeJoiner
from argosy.feedback.outcomes.running import join_until_idle, outcome_duties
from argosy.feedback.outcomes.teaching import Learner, OutcomeTeaching
from argosy.jobs.duties import take_duty
from argosy.operations.outcome_check import check_outcomes
from stored.bookings import BOOKINGS, Bookings, service
from stored.outcome_project import DAY, NOON, OutcomeProject


@pytest.fixture
def make(tmp_path):
    made = []

    def project(source, **settings):
        service(tmp_path, source)
        made.append(OutcomeProject(tmp_path, "sqlite:///argosy.db", **settings))
        return made[-1]

    yield project
    for one in made:
        one.close()


@pytest.fixture(params=["folder", "kafka"])
def topical(request, make, tmp_path):
    log = f"file:{tmp_path}/events" if request.param == "folder" else request.getfixturevalue("kafka_url")
    project = make("topic: bookings", log=log)
    project.backends.event_log.create("bookings", 3)
    return project


def append(project, *rows):
    events = [(str(row), row if isinstance(row, bytes) else json.dumps(row).encode()) for row in rows]
    project.backends.event_log.append("bookings", events)


def booked(customer, product, at):
    return {"customer": customer, "product": product, "at": at}


def test_a_topic_is_read_from_where_it_was(topical):
    ids = [topical.ask(f"c{number}", "tea", NOON) for number in range(20)]
    append(topical, *(booked(f"c{number}", "tea", NOON + number) for number in range(20)))
    append(topical, b"no JSON", b"[]", {"customer": "ana"})
    state = topical.look()
    assert (state.taken, state.joined, state.read_up_to) == (20, 20, NOON + 19)
    assert state.poison == {"unreadable": 2, "no entity": 1}
    append(topical, booked("c1", "tea", NOON + 1), booked("c1", "tea", NOON + 50))
    assert topical.look().taken == 21
    assert [topical.said(one) for one in ids] == [["bought"]] + [["bought"] * 2] + [["bought"]] * 18


def test_a_topic_closes_windows_although_a_partition_is_quiet(topical):
    one = topical.ask("ana", "tea", NOON)
    append(topical, booked("bo", "cup", NOON + 8 * DAY))
    assert topical.look().otherwise == 1
    assert topical.said(one) == ["not_bought"]


def test_a_topic_that_is_not_there_is_one_line(make, tmp_path):
    project = make("topic: bookings", log=f"file:{tmp_path}/events")
    project.joiner.look(is_all=True)
    assert "has no topic 'bookings'" in project.state().problem


@pytest.mark.parametrize("log_first", [True, False])
def test_another_source_is_read_from_its_beginning(make, tmp_path, log_first):
    """An outcome that was read from a topic may be read from a query by now, and the other way round."""
    sources = ["topic: bookings", "topic: sales", "files: sales", BOOKINGS]
    bookings = Bookings(f"sqlite:///{tmp_path}/shop.db")
    project = make(sources[0], log=f"file:{tmp_path}/events", databases={"bookings": f"sqlite:///{tmp_path}/shop.db"})
    topics = project.backends.event_log
    for number, topic in enumerate(["bookings", "sales"]):
        topics.create(topic, 1)
        topics.append(topic, [("", json.dumps(booked("ana", "tea", NOON - number)).encode())])
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "a.csv").write_text(f"{HEAD}ana,tea,5,{NOON - 2}\n")
    bookings.book(("ana", "tea", NOON - DAY))
    for count, source in enumerate(sources if log_first else sources[::-1], 1):
        service(tmp_path, source)
        state = project.look()
        assert (state.taken, state.problem) == (count, "")
    service(tmp_path, sources[0])
    assert project.look().taken == len(sources)


@pytest.fixture
def files(make, tmp_path):
    project = make("files: sales")
    (tmp_path / "sales").mkdir()
    return project


def write(project, name, text, at=None):
    path = project.root / "sales" / name
    path.write_text(text)
    if at is not None:
        os.utime(path, (at, at))
    return path


READS = {"customer": "category", "product": "category", "price": "number"}
HEAD = "customer,product,price,at\n"


def test_a_folder_is_read_once_whatever_its_files_are_called(files):
    one = files.ask("ana", "tea", NOON)
    path = write(files, "monday.csv", f"{HEAD}ana,tea,5,{NOON}\nbo,cup,5,{NOON + 1}\n")
    assert files.look().taken == 2
    path.rename(path.with_name("done.csv"))
    write(files, "copy.csv", path.with_name("done.csv").read_text())
    write(files, "notes.md", "# no rows")
    assert files.look().taken == 2
    assert files.said(one) == ["bought"]


def test_of_a_file_that_grows_the_appended_rows_are_read(files):
    one = files.ask("ana", "tea", NOON)
    path = write(files, "all.csv", f"{HEAD}bo,cup,5,{NOON}\n")
    files.look()
    with path.open("a") as file:
        file.write(f"ana,tea,5,{NOON}\nana,te")
    files.joiner.look(is_all=True)
    assert (files.state().taken, files.said(one)) == (2, ["bought"])
    with path.open("a") as file:
        file.write(f"a,5,{NOON + 3}\n")
    state = files.look()
    assert (state.taken, state.poison) == (3, {})
    assert files.said(one) == ["bought"] * 2


def test_a_last_line_without_an_end_is_read_when_the_file_stays_as_it_is(files):
    one = files.ask("ana", "tea", NOON)
    write(files, "all.csv", f"{HEAD}bo,cup,5,{NOON}\nana,tea,5,{NOON}")
    files.joiner.look(is_all=True)
    assert files.said(one) == []
    assert files.look().taken == 2
    assert files.said(one) == ["bought"]


def test_a_file_that_grows_while_it_is_read_gives_no_part_of_a_row(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text(HEAD + "".join(f"ana,tea,5,{NOON + number}\n" for number in range(10 * AT_ONCE)) + "bo,cup,5,1")
    found_twice = SeenFile(path.stat().st_size, path.stat().st_mtime_ns)
    batches = folder_batches(tmp_path, ".", {str(tmp_path / "all.csv"): msgspec.to_builtins(found_twice)})
    first = next(batches)
    with path.open("a") as file:
        file.write("7\ncy,te")
    *others, last = batches
    rows = [row for batch in (first, *others) for row in batch.rows]
    assert (len(rows), rows[-1]["at"]) == (10 * AT_ONCE + 1, "17")
    assert not last.is_end
    with path.open("a") as file:
        file.write(f"a,5,{NOON}\n")
    [batch, last] = folder_batches(tmp_path, ".", last.position)
    assert [row["product"] for row in batch.rows] == ["tea"]
    assert last.is_end


def test_a_file_that_was_replaced_is_read_again_and_a_bad_one_stops_no_other(files):
    write(files, "a.csv", f"{HEAD}bo,cup,5,{NOON}\n")
    write(files, "b.jsonl", json.dumps(booked("cy", "pot", NOON)) + "\n{no\n")
    write(files, "c.csv", "name,value\na,1\n")
    state = files.look()
    assert (state.taken, state.poison) == (2, {"unreadable": 1, "no entity": 1})
    write(files, "a.csv", f"{HEAD}bo,cup,5,{NOON}\ndi,cup,5,{NOON}\n", at=NOON)
    assert files.look().taken == 3


def test_joining_until_idle_goes_on_where_another_joiner_has_read_on(files, monkeypatch):
    write(files, "all.csv", f"{HEAD}bo,cup,5,{NOON}\n")
    files.backends.examples.add("shop", [Example("a text", "a")])
    other, turns, read_batches = OutcomeJoiner(files.backends), [True], joiner.read_batches

    def overtaken(*given):
        if turns and turns.pop():
            other.look(is_all=True)
        yield from read_batches(*given)

    monkeypatch.setattr(joiner, "read_batches", overtaken)
    join_until_idle(files.backends, threading.Event())
    assert files.state().taken == 1


def test_a_folder_that_is_not_there_is_one_line(make):
    project = make("files: 'sales/2026/*.csv'")
    project.joiner.look(is_all=True)
    assert "there is no folder" in project.state().problem


def test_without_a_champion_what_nobody_asked_about_waits(files):
    write(files, "all.csv", f"{HEAD}bo,cup,5,{NOON}\n")
    files.look()
    assert files.waiting() == 1


def test_what_nobody_asked_about_becomes_an_example_once(files, monkeypatch):
    monkeypatch.setattr(OutcomeTeaching, "_learner", lambda *_: Learner("shop", None, READS))
    seen = {"customer": "ana", "product": "tea", "price": 1.0}
    files.backends.examples.add("shop", [Example(seen, "not_bought")])
    write(files, "all.csv", f"{HEAD}bo,cup,5,{NOON}\nbo,cup,5,{NOON}\n")
    state = files.look()
    assert (state.unmatched, files.waiting()) == (1, 0)
    _, one = files.backends.examples.export("shop")
    assert one.input == {"customer": "bo", "product": "cup", "price": 5.0}
    assert (one.label, one.seen_at, one.source) == ("bought", NOON, "unasked:offers.bought")
    assert files.look() == files.state()
    assert files.backends.examples.count("shop").revisions == 2


@pytest.mark.parametrize("reads", [{"stock": "number"}, {"product": "number", "price": "number"}])
def test_what_the_model_cannot_learn_from_becomes_no_example(files, monkeypatch, reads):
    """A row without any field that it reads, or with one of another kind, would fail every training after it."""
    monkeypatch.setattr(OutcomeTeaching, "_learner", lambda *_: Learner("shop", None, reads))
    files.backends.examples.add("shop", [Example({"price": 1.0}, "not_bought")])
    write(files, "all.csv", f"{HEAD}bo,cup,5,{NOON}\nbo,7,5,{NOON}\n")
    state = files.look()
    lost = 2 if "stock" in reads else 1
    assert (state.unmatched, state.poison, files.waiting()) == (2, {"no example": lost}, 0)
    assert files.backends.examples.count("shop").revisions == 3 - lost


def test_whom_nobody_asked_about_is_found_by_an_erasure(make, tmp_path, monkeypatch):
    monkeypatch.setattr(OutcomeTeaching, "_learner", lambda *_: Learner("shop", None, READS))
    project = make("files: sales, subject: customer")
    (tmp_path / "sales").mkdir()
    project.backends.examples.add("shop", [Example({"price": 1.0}, "not_bought")])
    write(project, "all.csv", f"{HEAD}bo,cup,5,{NOON}\ncy,cup,5,{NOON}\n")
    project.look()
    examples = project.backends.examples
    assert [one.subject for one in examples.export("shop")] == [None, "bo", "cy"]
    examples.erase("bo")
    assert [one.input.get("customer") for one in examples.export("shop")] == [None, "cy"]


def test_a_source_that_is_defined_no_more_is_forgotten_after_a_month(files, monkeypatch):
    write(files, "all.csv", f"{HEAD}bo,cup,5,{NOON}\n")
    files.look()
    _, forgetting = outcome_duties(files.backends)

    def step():
        if (turn := take_duty(files.backends.database, forgetting, "a test")) is not None:
            forgetting.run(turn)
        return files.is_known()

    monkeypatch.setattr(states, "FORGET_SECONDS", -DAY)
    assert step(), "a service names it"
    definition = files.root / "services" / "offers.yaml"
    text = definition.read_text()
    definition.write_text("service: [")
    assert step(), "whoever cannot read the files knows nothing of them"
    definition.write_text(text.replace("bought", "sold"))
    monkeypatch.setattr(states, "FORGET_SECONDS", DAY)
    assert step(), "another machine may have it still"
    monkeypatch.setattr(states, "FORGET_SECONDS", -DAY)
    assert not step()
    definition.write_text(text)
    assert (files.look().taken, files.waiting()) == (1, 1), "as of a source that is new"


def test_the_doctor_says_what_is_wrong_with_a_source(make):
    project = make("files: 'sales/*.csv'")
    with pytest.raises(ArgosyError, match="bought: it was never read"):
        check_outcomes(project.backends)
    project.look()
    with pytest.raises(ArgosyError, match="there is no folder"):
        check_outcomes(project.backends)
    (project.root / "sales").mkdir()
    write(project, "all.csv", f"{HEAD}bo,cup,5,{NOON}\n")
    project.look()
    assert check_outcomes(project.backends) == "offers.bought: 1 row, 1 wait until 'offers' has a champion"


PREPARED = """\
service: offers
accepts: {customer: category, product: category, price: {kind: number, default: 3}}
features:
  goods: {table: goods, key: product, columns: [category], default: {category: none}}
  clicks: {stream: clicks, key: customer, aggregate: {views: count}, window: 1h}
prepare: unasked_shop.prepare
model: offers@champion
outcomes:
  bought: {files: "sales/*.csv", entity: [customer, product], within: 7d, every: 1s}
"""
PREPARE = """\
def prepare(rows):
    return [{**row, "initial": row["customer"][0], "share": 1 / row["price"]} for row in rows]
"""


@pytest.fixture
def prepared(files, monkeypatch):
    """Rows of `sales` are about nobody who was asked about, and `prepare` divides by their price."""
    monkeypatch.setattr(OutcomeTeaching, "_learner", lambda *_: Learner("shop", None, READS))
    monkeypatch.delitem(sys.modules, "unasked_shop", raising=False)
    monkeypatch.syspath_prepend(files.root)
    (files.root / "services" / "offers.yaml").write_text(PREPARED)
    (files.root / "unasked_shop.py").write_text(PREPARE)
    rows = [FeatureRow(1, "row", "cup", ("crockery",))]
    Tables(files.backends.cache).put("goods", "product", ("category",), rows, "a test")
    events = files.root / ".argosy" / "events" / "clicks"
    events.mkdir(parents=True)
    views = [{"at": NOON + seconds, "customer": "bo"} for seconds in (-4000, -60, -5, 5)]
    (events / "0.jsonl").write_text("".join(json.dumps(view) + "\n" for view in views))
    files.backends.examples.add("shop", [Example({"customer": "ana"}, "not_bought")])
    return files


def test_what_nobody_asked_about_is_completed_as_a_request_is(prepared):
    rows = f"bo,cup,5,{NOON}\nbo,pot,0,{NOON}\ncy,pot,,{NOON}\n"
    write(prepared, "all.csv", f"customer,product,price,at\n{rows}")
    state = prepared.look()
    assert (state.unmatched, state.poison, prepared.waiting()) == (3, {"no example": 1}, 0), "the price of 0 raises"
    found = {one.input["customer"]: one.input for one in prepared.backends.examples.export("shop")}
    cup = {"customer": "bo", "product": "cup", "price": 5.0, "category": "crockery", "views": 2}
    assert found["bo"] == {**cup, "initial": "b", "share": 0.2}
    assert (found["cy"]["category"], found["cy"]["price"], found["cy"]["views"]) == ("none", 3, 0)


def test_what_nobody_asked_about_waits_where_prepare_raises_for_all(prepared):
    write(prepared, "all.csv", f"customer,product,price,at\nbo,cup,0,{NOON}\ncy,cup,0,{NOON}\n")
    state = prepared.look()
    assert "unasked_shop.prepare raised ZeroDivisionError" in state.problem
    assert (state.poison, prepared.waiting()) == ({}, 2)
