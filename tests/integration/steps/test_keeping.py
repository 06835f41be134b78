"""How many outputs of a step are kept, or for how long: what goes, what stays, and that it can be made again."""

import pytest

from argosy.datasets.imports import ImportOrigin, note_import
from argosy.definitions.steps import StepKeep
from argosy.steps import runs
from argosy.steps.keeping import is_overdue, prune_steps
from argosy.store.collector import artifacts_named
from stored.clock import pass_time

LONG_AGO = 1_700_000_000
CLEAN = {"command": "wc", "inputs": "raw/*.csv"}
COUNT = {"command": "wc", "inputs": {"step": "clean"}}


def make(place, text):
    """An output of `clean` of an input of that text; its digest."""
    write(place, text)
    return place.finish(place.look()["clean"].label, f"clean {text}")


def write(place, text):
    place.write("raw/a.csv", text, LONG_AGO + ord(text))  # of another time: else it would not be read again


def prune(place, **more):
    gone, stays = prune_steps(place.database, place.queue, place.steps, **more)
    return [run.reference for run in gone], [run.reference for run in stays]


def known(place, step):
    with place.database.read() as transaction:
        return [run.reference for run in runs.runs_with_output(transaction, step)]


def has_file(place, digest):
    with place.database.read() as transaction:
        return digest in artifacts_named(transaction)


def test_so_many_versions_stay_and_the_others_go_with_all_that_was_kept(make_place):
    place = make_place(clean={**CLEAN, "keep": 2})
    first, *_, last = [make(place, text) for text in "abcd"]
    assert prune(place) == (["clean@1", "clean@2"], [])
    assert known(place, "clean") == ["clean@4", "clean@3"]
    assert not has_file(place, first)
    assert has_file(place, last)
    assert prune(place) == ([], [])


def test_inputs_whose_output_was_removed_are_run_again(make_place):
    place = make_place(clean={**CLEAN, "keep": 1})
    first = make(place, "a")
    make(place, "b")
    assert prune(place) == (["clean@1"], [])
    assert make(place, "a") == first
    assert known(place, "clean") == ["clean@3", "clean@2"]


def test_no_number_is_given_out_twice(make_place):
    place = make_place(clean={**CLEAN, "keep": 1})
    for text in "abc":
        make(place, text)
    write(place, "a")
    place.look()
    assert known(place, "clean") == ["clean@1", "clean@3", "clean@2"]
    assert prune(place) == (["clean@2"], [])
    make(place, "d")
    assert known(place, "clean")[0] == "clean@4"


def test_what_was_made_in_the_time_stays_and_the_newest_always(make_place):
    place = make_place(clean={**CLEAN, "keep": "30d"})
    make(place, "a")
    make(place, "b")
    assert prune(place) == ([], [])
    pass_time(place.database, 31 * 86400)
    assert prune(place) == (["clean@1"], [])


def test_outputs_that_examples_were_imported_from_stay_until_requested(make_place):
    place = make_place(clean={**CLEAN, "keep": 1}, count={**COUNT, "keep": 1})
    make(place, "a")
    counted = place.finish(place.look()["count"].label, "one")
    with place.database.write() as transaction:
        note_import(transaction, "news", ImportOrigin("file", "counted.csv", counted), transaction.now(), 1, 1, 0)
    for text in "bc":
        make(place, text)
        place.finish(place.look()["count"].label, f"{text} counted")
    assert prune(place) == (["clean@2", "count@2"], ["clean@1", "count@1"])
    assert prune(place, with_lineage=True) == (["clean@1", "count@1"], [])
    assert (known(place, "clean"), known(place, "count")) == (["clean@3"], ["count@3"])


def test_runs_of_another_machines_files_stay(make_place):
    here, there = make_place(clean={**CLEAN, "keep": 1}), make_place("there", clean={**CLEAN, "keep": 1})
    make(here, "a")
    write(there, "a")
    there.look()
    make(here, "b")
    assert prune(here) == ([], [])
    write(there, "b")
    there.look()
    assert prune(here) == (["clean@1"], [])


def test_without_a_limit_all_stay(make_place):
    place = make_place(clean=CLEAN)
    make(place, "a")
    make(place, "b")
    pass_time(place.database, 400 * 86400)
    assert prune(place, with_lineage=True) == ([], [])


@pytest.mark.parametrize(
    ("keep", "place", "age", "overdue"),
    [
        (StepKeep(versions=1), 0, 9.0, False),
        (StepKeep(versions=1), 1, 0.0, True),
        (StepKeep(versions=3), 2, 9.0, False),
        (StepKeep(seconds=5.0), 0, 9.0, False),
        (StepKeep(seconds=5.0), 1, 9.0, True),
        (StepKeep(seconds=5.0), 7, 4.0, False),
    ],
)
def test_which_output_is_overdue(keep, place, age, overdue):
    assert is_overdue(keep, place, 100.0 - age, 100.0) is overdue
