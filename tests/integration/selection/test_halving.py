"""Successive halving from a plan to its versions, with killed workers and a second submission."""

import json
import os
import signal
import threading
import time
from contextlib import suppress

import pytest
from click.testing import CliRunner

from argosy.app.working import work
from argosy.cli.main import cli
from argosy.definitions import Definition
from argosy.errors import DefinitionInvalid
from argosy.jobs.job import JobState
from argosy.testing.waiting import PATIENCE
from argosy.worker_processes import started

PLAN = {
    "name": "shop",
    "dataset": "all",
    "adapter": {"name": "tfidf", "options": {"sublinear": [True, False]}},
    "model": {"name": "naive_bayes", "options": {"alpha": {"low": 0.01, "high": 1.0}}},
    "search": {"sampler": "random", "trials": 9, "halving": {"factor": 3, "least": 0.1}},
}


def run(project, plan):
    project.plans.submit(plan)
    work(project.backends, threading.Event(), lambda: project.plans.status("shop").is_over)
    return project.plans.status("shop")


def by_rung(project):
    trials = project.plans.searches.status("shop").trials
    return [[trial for trial in trials if trial.rung == rung] for rung in range(3)]


def test_few_of_many_learn_from_all_and_only_these_become_versions(project):
    status = run(project, PLAN)
    assert "9 trials of at most 9 (9 on 11%, 3 on 33%, 1 on all of the training part), best accuracy" in status.search
    assert status.counts[JobState.DONE] == 13
    small, middle, (full,) = by_rung(project)
    chosen = sorted(small, key=lambda trial: (-trial.value, trial.number))
    assert {str(trial.choices) for trial in middle} <= {str(trial.choices) for trial in chosen}
    assert [version.label for version in project.models.versions("shop")] == [full.label]
    definition = project.store.trained(middle[0].label).definition
    assert definition["share"] == pytest.approx(1 / 3)
    assert Definition.from_dict(definition, project.registries).to_dict() == definition
    rows = project.ranked("shop")
    assert [round(row["share"], 2) for row in rows] == [1.0] + [0.33] * 3 + [0.11] * 9
    assert [row["label"] for row in rows if row["proposed"]] == [full.label]
    assert project.models.resolve("shop@proposed").label == full.label
    assert project.reproduce(middle[0].label).identical


def test_submitted_again_it_continues_and_with_other_shares_starts_again(project):
    run(project, PLAN)
    first = [trial.label for trial in by_rung(project)[0]]
    run(project, {**PLAN, "search": {**PLAN["search"], "trials": 12}})
    small, middle, full = by_rung(project)
    assert [trial.label for trial in small[:9]] == first
    assert (len(small), len(middle), len(full)) == (12, 4, 1)
    assert len(project.models.versions("shop")) == 1
    run(project, {**PLAN, "search": {**PLAN["search"], "trials": 2, "halving": {"factor": 2, "least": 0.5}}})
    assert [len(rung) for rung in by_rung(project)] == [2, 1, 0]


def test_it_survives_kill_9_of_its_workers(project):
    project.plans.submit(PLAN)
    killed = 0
    with started(project.backends, 2):
        deadline = time.monotonic() + PATIENCE
        while not project.plans.status("shop").is_over:
            assert time.monotonic() < deadline
            running = project.queue.jobs(state=JobState.RUNNING)
            if killed < 2 and running and sum(map(len, by_rung(project))) > 4 * killed:
                with suppress(ProcessLookupError):  # it was killed before, and its lease still runs
                    os.kill(int(running[0].owner.rpartition("-")[2]), signal.SIGKILL)
                    killed += 1
            time.sleep(0.02)
    assert killed == 2
    assert [len(rung) for rung in by_rung(project)] == [9, 3, 1]
    assert all(trial.value is not None for rung in by_rung(project) for trial in rung)
    assert len(project.models.versions("shop")) == 1


def test_commands_show_what_will_be_trained_on_which_share(project):
    file = project.root / "search.json"
    file.write_text(json.dumps(PLAN))

    def said(*arguments):
        ran = CliRunner().invoke(cli, ["--project", str(project.root), *arguments])
        assert ran.exit_code == 0, ran.output
        return ran.output

    reported = "Halving: 9 on 11%, 3 on 33%, 1 on all of the training part; only the last become versions."
    assert reported in said("plan", "check", str(file))
    assert json.loads(said("plan", "check", str(file), "--json"))["rungs"][2] == {"share": 1.0, "trials": 1}
    file.write_text(json.dumps({**PLAN, "search": {"seconds": 60, "halving": {}}}))
    assert "all on 11%, one in 3 on 33%, one in 9 on all of the training part" in said("plan", "check", str(file))
    project.plans.submit(PLAN)
    work(project.backends, threading.Event(), lambda: project.plans.status("shop").is_over)
    assert "33% of its training part, ranked on validation" in said("leaderboard", "shop")


def test_it_uses_one_validation_part(project):
    with pytest.raises(DefinitionInvalid, match=r"search.halving: compares on the validation part"):
        project.plans.check({**PLAN, "evaluate": {"folds": 3}})
