"""A search from a plan to its trials: budgets, stopping, known results, resuming."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from argosy.app.working import work
from argosy.cli.main import cli
from argosy.errors import DatasetInvalid, DefinitionInvalid
from argosy.testing.leases import leased
from argosy.testing.waiting import PATIENCE
from argosy.worker_processes import started
from stored.rows import alter

PLAN = {
    "name": "shop",
    "dataset": "all",
    "adapter": [
        {"name": "tfidf", "options": {"sublinear": [True, False]}},
        {"name": "hashing", "options": {"buckets": 64}},
    ],
    "model": [
        {"name": "logistic", "options": {"C": {"low": 0.01, "high": 100, "log": True}}},
        {"name": "naive_bayes", "options": {"alpha": {"low": 0.01, "high": 1.0}}},
    ],
}
SMALL = {**PLAN, "model": {"name": "logistic", "options": {"C": [0.1, 1.0]}}}


def run(project, plan):
    project.plans.submit(plan)
    work(project.backends, threading.Event(), lambda: project.plans.status(plan).is_over)
    return project.plans.status(plan)


def trials(project):
    status = project.plans.searches.status("shop")
    return status.trials


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_search_trains_as_many_trials_as_it_may(project, sampler):
    status = run(project, {**PLAN, "search": {"sampler": sampler, "trials": 14, "seconds": 300}})
    assert status.is_over
    assert "ended: 14 trials asked for" in status.search
    found = trials(project)
    assert [trial.number for trial in found] == list(range(1, 15))
    assert all(trial.value is not None for trial in found)
    rows = [project.store.trained(trial.label) for trial in found]
    assert len({one.definition["model"]["name"] for one in rows}) == 2
    assert all(0.01 <= one.definition["model"]["options"].get("C", 1) <= 100 for one in rows)
    assert len(project.plans.queued.leaderboard("shop")) == len(project.models.versions("shop")) == 14


def test_a_grid_needs_no_budget_and_ends_by_itself(project):
    status = run(project, {**SMALL, "search": {"sampler": "grid"}})
    assert "6 trials" in status.search
    assert "nothing that rules allow is left" in status.search


def test_a_small_space_is_exhausted_by_other_samplers_too(project):
    forbid = {"adapter.name": "hashing", "model.C": 0.1}
    status = run(project, {**SMALL, "search": {"sampler": "tpe", "trials": 50}, "forbid": forbid})
    assert "5 trials" in status.search
    assert "nothing that rules allow is left" in status.search


def test_what_is_trained_already_counts_at_once(project):
    ordinary = {**SMALL, "name": "other"}
    run(project, ordinary)
    project.plans.submit({**SMALL, "search": {"sampler": "grid"}})
    assert project.plans.searches.advance() == 6
    assert all(trial.value is not None for trial in trials(project))
    assert len(project.models.versions("shop")) == 6
    project.plans.searches.advance()
    assert project.plans.status("shop").is_over


def test_it_stops_by_stop_when(project):
    status = run(project, {**PLAN, "search": {"trials": 40, "stop_when": {"reached": 0.2}}})
    assert "accuracy reached 0.2" in status.search
    assert len(trials(project)) <= 3
    status = run(
        project, {**PLAN, "search": {"trials": 40, "metric": "log_loss", "stop_when": {"without_improvement": 4}}}
    )
    assert "without improvement" in status.search


def test_submitted_again_it_continues_and_another_space_starts_again(project):
    run(project, {**PLAN, "search": {"trials": 3}})
    first = [trial.label for trial in trials(project)]
    status = run(project, {**PLAN, "search": {"trials": 5}})
    assert [trial.label for trial in trials(project)][:3] == first
    assert len(trials(project)) == 5
    assert status.total == 5
    run(project, {**SMALL, "search": {"sampler": "grid", "trials": 2}})
    assert len(trials(project)) == 2
    run(project, {**SMALL, "adapter": "hashing"})
    assert project.plans.searches.status("shop") is None


def test_two_that_ask_at_once_ask_for_two_trials(project):
    project.plans.submit({**PLAN, "search": {"trials": 8}})
    searches = project.plans.searches
    threads = [threading.Thread(target=searches.advance, args=(4,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [trial.number for trial in trials(project)] == [1, 2, 3, 4]
    assert all(trial.is_queued for trial in trials(project))


def test_a_failed_trial_does_not_stop_a_search(project):
    project.plans.submit({**PLAN, "search": {"trials": 4}})
    project.plans.searches.advance()
    (first,) = trials(project)
    lease = leased(project.queue, first.label, "a worker")
    project.queue.fail(lease, "it went wrong", retry=False)
    work(project.backends, threading.Event(), lambda: project.plans.status("shop").is_over)
    assert [trial.value is None for trial in trials(project)] == [True, False, False, False]


def test_a_cancelled_search_chooses_no_more_trials(project):
    project.plans.submit({**PLAN, "search": {"trials": 4}})
    project.plans.searches.advance()
    assert len(project.plans.cancel("shop")) == 1
    assert project.plans.searches.advance() == 0
    status = project.plans.status("shop")
    assert status.is_over
    assert "cancelled" in status.search


def test_a_check_shows_the_space_and_writes_nothing(project):
    found = project.plans.check({**PLAN, "search": {"trials": 7}}).to_dict()
    assert found["permutations"] is None
    assert {"choice": "model logistic C", "values": "0.01 to 100, on a logarithmic scale"} in found["space"]
    assert {"choice": "adapter", "values": "tfidf, hashing"} in found["space"]
    assert found["search"]["trials"] == 7
    assert project.plans.names() == []
    assert project.plans.check({**SMALL, "search": {}}).to_dict()["permutations"] == 6


def test_a_search_needs_something_to_go_by(project):
    none = {"name": "all", "options": {"training_ratio": 0.8, "validation_ratio": 0.0}}
    with pytest.raises(DatasetInvalid, match="validation part"):
        project.plans.submit({**PLAN, "dataset": none, "search": {}})
    status = run(project, {**PLAN, "dataset": none, "search": {"trials": 2}, "evaluate": {"folds": 3}})
    assert len(trials(project)) == 2
    assert not status.failed
    with pytest.raises(DefinitionInvalid, match="steps: 5"):
        project.plans.submit({**PLAN, "search": {"sampler": "grid"}})


def test_a_search_survives_kill_9_of_its_workers(project):
    plan = {**PLAN, "search": {"sampler": "random", "trials": 8}}
    project.plans.submit(plan)
    killed, seen = 0, -1
    with started(project.backends, 2):
        deadline = time.monotonic() + PATIENCE
        while not project.plans.status("shop").is_over:
            assert time.monotonic() < deadline
            if killed < 3 and len(trials(project)) > seen + 1:  # some time after each start
                seen = len(trials(project))
                os.kill(children()[-1], signal.SIGKILL)
                killed += 1
            time.sleep(0.02)
    found = trials(project)
    assert killed >= 3
    assert [trial.number for trial in found] == list(range(1, 9))
    assert all(trial.value is not None for trial in found)
    assert len({trial.label for trial in found}) == len(project.models.versions("shop")) == 8


def children():
    """The processes that this one started and that still run."""
    return [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]


def test_a_failing_sampler_ends_the_search_and_not_the_worker(project):
    project.plans.submit({**PLAN, "search": {"trials": 4}})
    project.plans.searches.advance()
    alter(project.database, "trials", {}, choices="{}")
    work(project.backends, threading.Event(), lambda: project.plans.status("shop").is_over)
    assert "ended: KeyError" in project.plans.status("shop").search


def test_commands_show_a_search(project):
    file = project.root / "search.json"
    file.write_text(json.dumps({**PLAN, "search": {"trials": 2, "stop_when": {"reached": 1.0}}}))

    def said(*arguments):
        ran = CliRunner().invoke(cli, ["--project", str(project.root), *arguments])
        assert ran.exit_code == 0, ran.output
        return ran.output

    checked = said("plan", "check", str(file))
    assert (
        "a search of countless permutations (sampler tpe, trials 2, metric accuracy, stop when reached 1.0)" in checked
    )
    assert "0.01 to 100, on a logarithmic scale" in checked
    assert "search, 0 trials of at most 2; goes on" in said("plan", "submit", str(file))
    work(project.backends, threading.Event(), lambda: project.plans.status("shop").is_over)
    assert "search: 2 trials of at most 2, best accuracy" in said("plan", "status", "shop")
    assert json.loads(said("plan", "status", "shop", "--json"))["searching"] is False
    assert "So far: 2 trials" in said("plan", "check", str(file))
