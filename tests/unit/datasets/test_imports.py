"""Imports with user, file and time: recorded with the rows, found from a dataset, and absent for older rows."""

import hashlib
import os
import threading

import pytest

from argosy.datasets.example import Example
from argosy.datasets.examples import Examples
from argosy.datasets.frozen import freeze, frozen_members
from argosy.datasets.imports import Import, ImportOrigin, find_imports, imports_among
from argosy.datasets.provenance import (
    datasets_holding,
    revisions_of_example,
    revisions_of_import,
    rows_added,
    unrecorded_revisions,
)
from argosy.definitions.definition import Spec
from argosy.processes import user_at_host
from argosy.types import Part
from stored.rows import alter, column, count

NEWS = Spec("all", {"collection": "news", "training_ratio": 0.5})
NOW = 1_700_000_000.0


def labelled(count, first=0, label=lambda at: "ab"[at % 2]):
    return [Example(f"text {at}", label(at)) for at in range(first, first + count)]


def frozen(database):
    with database.write() as transaction:
        return freeze(transaction, NEWS, 1.0)


def recorded(database):
    numbers = column(database, "imports", "id")
    with database.read() as transaction:
        return imports_among(transaction, numbers)


def test_a_file_is_recorded_with_its_name_digest_and_counts(database, examples, tmp_path):
    path = tmp_path / "more.csv"
    path.write_text("text,label\none,a\ntwo,b\none,a\n")
    examples.import_file("news", path)
    path.write_text("text,label\none,b\nthree,b\n")
    examples.import_file("news", path)
    first, second = recorded(database)
    digest = hashlib.sha256(b"text,label\none,a\ntwo,b\none,a\n").hexdigest()
    assert first == Import(first.id, "news", "file", "more.csv", digest, user_at_host(), NOW, 3, 2, 0)
    assert (second.rows_read, second.added, second.revised) == (2, 1, 1)
    with database.read() as transaction:
        assert [len(revisions_of_import(transaction, one.id)) for one in (first, second)] == [2, 2]
        assert find_imports(transaction, "", digest[:10]) == [first]
        assert find_imports(transaction, "more.csv", "") == [first, second]
        assert find_imports(transaction, "other.csv", "") == []


def test_a_file_without_new_rows_is_an_import_too(database, examples, tmp_path):
    path = tmp_path / "more.csv"
    path.write_text("text,label\none,a\n")
    for _ in range(2):
        examples.import_file("news", path)
    assert [(one.added, one.revised) for one in recorded(database)] == [(1, 0), (0, 0)]


def test_feedback_that_was_taken_before_is_no_import(database, examples):
    for _ in range(2):
        examples.add("news", labelled(4), origin=lambda: ImportOrigin("feedback", "feedback on topics"))
    assert [(one.kind, one.name, one.digest) for one in recorded(database)] == [("feedback", "feedback on topics", "")]


def test_a_pipe_is_recorded_without_a_digest(database, examples, tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("text,label\none,a\n",))
    writer.start()
    examples.import_file("news", path)
    writer.join()
    assert [(one.name, one.digest, one.added) for one in recorded(database)] == [("pipe.csv", "", 1)]


def test_an_import_that_is_refused_is_not_recorded(database, examples, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("text,label\none,\n")
    with pytest.raises(Exception, match="nothing was imported"):
        examples.import_file("news", path)
    assert count(database, "imports") == 0


def test_a_dataset_says_which_rows_came_with_which_import(database, examples):
    examples.add("news", labelled(40), source="first")
    live = [Example(f"live {at}", "ab"[at % 2], source="correction", origin=f"{at:044x}") for at in range(6)]
    examples.add("news", live, source="correction", origin=lambda: ImportOrigin("feedback", "feedback on topics"))
    dataset = frozen(database)
    examples.add("news", labelled(10, 40), source="later")
    with database.read() as transaction:
        found, erased = rows_added(transaction, dataset.digest)
    first, second = found
    assert erased == 0
    assert (dict(first.sources), dict(first.live), sum(first.parts.values())) == ({"first": 40}, {}, 40)
    assert (dict(second.live), sum(second.parts.values())) == ({"correction": 6}, 6)
    for part, by_label in dataset.counts.items():
        assert first.parts.get(part, 0) + second.parts.get(part, 0) == sum(by_label.values())
    assert [first.import_id, second.import_id] == column(database, "imports", "id")[:2]


def test_rows_erased_since_are_counted(database, examples):
    rows = [Example(f"text {at}", "ab"[at % 2], subject=f"person {at % 10}") for at in range(40)]
    examples.add("news", rows)
    dataset = frozen(database)
    examples.erase("person 3")
    with database.read() as transaction:
        found, erased = rows_added(transaction, dataset.digest)
    assert (erased, sum(found[0].parts.values())) == (4, 36)


def test_rows_from_before_imports_were_recorded_are_reported_by_their_source(database, vault):
    for moment, source in ((1.0, "old.csv"), (2.0, "older.csv")):
        Examples(database, vault, now=lambda at=moment: at).add("news", labelled(20, int(moment) * 20), source=source)
    alter(database, "examples", {}, import_id=None)
    dataset = frozen(database)
    with database.read() as transaction:
        found, _ = rows_added(transaction, dataset.digest)
        held = unrecorded_revisions(transaction, "old.csv")
    assert [(one.import_id, one.added_at, dict(one.sources)) for one in found] == [
        (None, 1.0, {"old.csv": 20}),
        (None, 2.0, {"older.csv": 20}),
    ]
    assert {collection: len(ids) for collection, ids in held.items()} == {"news": 20}


def test_an_example_is_found_in_the_datasets_that_hold_it(database, examples):
    examples.add("news", labelled(40))
    dataset = frozen(database)
    examples.add("news", [Example("text 5", "a")])  # a revision that is not in the dataset
    example_id = examples.show(next(iter(examples.export("news"))).example_id)[0].example_id
    with database.read() as transaction:
        collection, revisions = revisions_of_example(transaction, bytes.fromhex(example_id))
        held = datasets_holding(transaction, collection, revisions)
        ids, parts = frozen_members(transaction, dataset.digest)
        assert revisions_of_example(transaction, bytes(16)) == ("", [])
        assert datasets_holding(transaction, collection, [1 << 40]) == {}
    code = parts[ids.tolist().index(revisions[0])]
    assert held == {dataset.digest: {tuple(Part)[code]: 1}}
