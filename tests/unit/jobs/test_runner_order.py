"""Which job a worker takes next."""

from argosy.jobs.job import JobState
from argosy.jobs.queue import URGENT
from argosy.jobs.runner import Outcome


def test_jobs_run_in_the_order_of_submission(worker):
    ran = []
    worker.submit(*(f"job-{number}" for number in range(20)))
    tally = worker.run(lambda job, guard: ran.append(job.label) or Outcome({"label": job.label}))
    assert ran == [f"job-{number}" for number in range(20)]
    assert (tally.done, tally.failed) == (20, 0)
    assert worker.queue.get("job-3").result == {"label": "job-3"}


def test_jobs_for_other_workers_are_left_to_them(worker):
    worker.submit("theirs", requires={"plugin": "digest"})
    worker.submit("other kind", kind="gate")
    worker.submit("ours", requires={"known": "digest"})
    tally = worker.run(lambda job, guard: Outcome({}), able=lambda requires: "plugin" not in requires, turns=5)
    assert tally.done == 1
    assert {job.label for job in worker.queue.jobs(state=JobState.QUEUED)} == {"theirs", "other kind"}
    worker.idle = 0
    assert worker.run(lambda job, guard: Outcome({}), turns=5).done == 1


def test_what_is_urgent_waits_behind_nothing(worker):
    ran = []
    worker.submit("a", "b")
    worker.submit("asked", kind="retrain", priority=URGENT)

    def handler(job, guard):
        ran.append(job.label)
        if job.kind == "retrain":
            return Outcome({}, lambda within: worker.queue.submit(within, "train", "its own", {}, priority=URGENT))
        return Outcome({})

    assert worker.run(handler, "train", "retrain").done == 4
    assert ran == ["asked", "its own", "a", "b"]


def test_a_worker_continues_with_the_fit_that_it_holds(worker):
    ran = []
    for label, fit in (("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b"), ("gate", "")):
        worker.submit(label, fit=fit)
    assert worker.run(lambda job, guard: ran.append(job.label) or Outcome({})).done == 5
    assert ran == ["a1", "a2", "b1", "b2", "gate"]


def test_while_training_is_paused_the_rest_is_done_and_no_job_is_lost(worker):
    ran, turns = [], []
    worker.submit("a", "b")
    worker.submit("gate", kind="gate", priority=URGENT)
    worker.submit("mine", kind="measure")

    def paused_kind():
        turns.append(None)
        return "train" if len(turns) < 20 else ""

    def handler(job, guard):
        ran.append((job.label, len(turns) < 20))
        return Outcome({})

    tally = worker.run(handler, "train", "gate", "measure", paused_kind=paused_kind)
    assert ran == [("gate", True), ("mine", True), ("a", False), ("b", False)]
    assert tally.done == 4
