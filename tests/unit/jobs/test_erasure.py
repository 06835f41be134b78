"""Words are removed from ended jobs, and from nothing else."""

import msgspec
import pytest

from argosy.jobs.erasure import erase_words
from stored.rows import add as add_row
from stored.rows import rows


@pytest.fixture
def add(database):
    def one(label, state="done", payload=None, result=None, error=None):
        encode = msgspec.json.encode
        row = {"kind": "train", "label": label, "state": state, "requires": "{}", "submitted_at": 0}
        row |= {"error": error, "traceback": error, "payload": encode(payload or {}).decode()}
        row["result"] = None if result is None else encode(result).decode()
        add_row(database, "jobs", **row)

    return one


def jobs(database):
    found = rows(database, "jobs", "label", "payload", "result", "error", "traceback")
    return {label: rest for label, *rest in found}


def test_a_word_is_removed_from_every_column_where_it_stands_alone(database, add):
    add("a", payload={"who": ["ann", {"x": "annie"}]}, result={"ann": 1, "by": "ann"}, error="ann, annie or Joann?")
    add("b", state="failed", error="prediction 01ff of bob")
    add("c", result={"by": "carol"})
    before = jobs(database)["c"]
    with database.write() as transaction:
        assert erase_words(transaction, {"ann", "01ff", ""}) == 2
        assert erase_words(transaction, {"ann", "01ff"}) == 0
    after = jobs(database)
    erased = "(erased), annie or Joann?"
    assert after["a"] == ['{"who":["(erased)",{"x":"annie"}]}', '{"ann":1,"by":"(erased)"}', erased, erased]
    assert after["b"][2] == "prediction (erased) of bob"
    assert after["c"] == before


def test_jobs_that_are_still_to_run_are_left_alone(database, add):
    add("a", state="queued", payload={"model": "ann"})
    add("b", state="running", payload={"model": "ann"})
    before = jobs(database)
    with database.write() as transaction:
        assert erase_words(transaction, {"ann"}) == 0
        assert erase_words(transaction, set()) == 0
    assert jobs(database) == before
