"""The label of a run, and when a check submits one."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from argosy.definitions.steps import StepSettings, parse_steps
from argosy.steps.task import StepFile, Task, decide, label_of_run, task_of

TASK = Task(("python", "clean.py", "{inputs}"), "clean.csv")
A, B = StepFile("raw/a.csv", "a" * 64, 1), StepFile("raw/b.csv", "b" * 64, 2)
CODE = StepFile("clean.py", "c" * 64, 3)


def test_a_label_names_what_is_run_on_what():
    label = label_of_run("clean", TASK, [A, B], [CODE])
    assert label.startswith("step-clean-")
    assert label == label_of_run("clean", TASK, [B, A], [CODE])
    others = [
        label_of_run("other", TASK, [A, B], [CODE]),
        label_of_run("clean", TASK, [A], [CODE]),
        label_of_run("clean", TASK, [A, replace(B, name="raw/c.csv")], [CODE]),
        label_of_run("clean", TASK, [A, replace(B, digest="d" * 64)], [CODE]),
        label_of_run("clean", TASK, [A, B], [replace(CODE, digest="d" * 64)]),
        label_of_run("clean", TASK, [A, B, CODE], []),
        label_of_run("clean", Task(("python3", "clean.py", "{inputs}"), "clean.csv"), [A, B], [CODE]),
        label_of_run("clean", Task(TASK.command, "clean.csv", env={"N": "1"}), [A, B], [CODE]),
        label_of_run("clean", Task(TASK.command, "clean.csv", image="python:3"), [A, B], [CODE]),
    ]
    assert len({label, *others}) == 1 + len(others)


def test_limits_and_retries_are_no_part_of_it():
    given_ = {"command": "./run.sh", "inputs": "raw/*"}
    plain = parse_steps({"a": StepSettings(**given_)})["a"]
    limited = parse_steps({"a": StepSettings(**given_, limits={"seconds": 1}, retries=0)})["a"]
    assert task_of(plain, []) == task_of(limited, [])


class Rows:
    """A database as a list of the changes that `decide` returned."""

    def __init__(self):
        self.runs, self.looks, self.begun = [], {}, []

    def look(self, place, label):
        newest = self.runs[-1] if self.runs else ""
        decision = decide(label, self.looks.get(place, ""), newest, label in self.runs)
        if decision == "run":
            self.begun.append(label)
        if decision in ("run", "want"):
            self.runs = [one for one in self.runs if one != label] + [label]
        self.looks[place] = label
        return decision


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("1234")), max_size=60))
def test_every_input_runs_once_and_what_changed_last_is_the_newest(looks):
    rows, changed = Rows(), ""
    for place, label in looks:
        if rows.looks.get(place) != label:
            changed = label
        rows.look(place, label)
        assert rows.runs[-1] == changed
        assert rows.look(place, label) == "nothing"
    assert sorted(rows.begun) == sorted({label for _, label in looks})


@given(st.sampled_from(["1", "2"]), st.integers(1, 5))
def test_folders_that_differ_do_not_take_turns(last, rounds):
    rows = Rows()
    for label in ("1", "2") if last == "2" else ("2", "1"):
        rows.look(f"of {label}", label)
    for _ in range(rounds):
        assert {rows.look("of 1", "1"), rows.look("of 2", "2")} == {"nothing"}
    assert rows.runs[-1] == last
