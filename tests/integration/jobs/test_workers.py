"""Workers that are killed, suspended for too long, and told to stop: no job is lost, none has two results."""

import json
import random
import signal

from argosy.jobs.job import JobState
from argosy.jobs.queue import Queue
from stored.jobs import traces


def submit(bench, *labels, **payload):
    with bench.database.write() as transaction:
        for label in labels:
            assert Queue(bench.database).submit(transaction, "train", label, payload)


def results(bench):
    return traces(bench.database)


def test_a_killed_worker_s_job_is_done_by_another(bench):
    submit(bench, "job", wait="yes")
    bench.start("work", "first")
    bench.until(lambda: (bench.folder / "first.started.job").exists())
    bench.kill("first")
    assert Queue(bench.database).get("job").state is JobState.RUNNING
    bench.touch("go")
    bench.start("work", "second")
    bench.until(lambda: Queue(bench.database).get("job").state is JobState.DONE)
    job = Queue(bench.database).get("job")
    assert (job.result, job.losses, job.failures, job.token) == ({"by": "second"}, 1, 0, 2)
    assert results(bench) == ["job"]


def test_a_worker_stopped_for_longer_than_its_lease_cannot_finish(bench):
    submit(bench, "job", wait="yes")
    bench.start("work", "first")
    bench.until(lambda: (bench.folder / "first.started.job").exists())
    bench.signal("first", signal.SIGSTOP)
    bench.start("work", "second")
    bench.until(lambda: (bench.folder / "second.started.job").exists())
    bench.touch("go")
    bench.until(lambda: Queue(bench.database).get("job").state is JobState.DONE)
    bench.signal("first", signal.SIGCONT)  # it continues, finds the file, and tries to finish
    bench.signal("first", signal.SIGTERM)
    bench.end("first")
    assert json.loads((bench.folder / "first.tally").read_text())["lost"] == 1
    assert Queue(bench.database).get("job").result == {"by": "second"}
    assert results(bench) == ["job"]


def test_a_heartbeat_keeps_a_job_that_takes_longer_than_a_lease(bench):
    submit(bench, "job", wait="yes")
    bench.start("work", "first", "second")
    taken = bench.until(lambda: Queue(bench.database).get("job").lease_until)
    bench.until(lambda: Queue(bench.database).get("job").lease_until > taken + 2.0)
    bench.touch("go")
    bench.until(lambda: Queue(bench.database).get("job").state is JobState.DONE)
    job = Queue(bench.database).get("job")
    assert (job.losses, job.token) == (0, 1)


def test_a_stopped_worker_gives_its_job_back(bench):
    submit(bench, "job", wait="politely")
    bench.start("work", "first")
    bench.until(lambda: (bench.folder / "first.started.job").exists())
    bench.signal("first", signal.SIGTERM)
    bench.end("first")
    job = Queue(bench.database).get("job")
    assert (job.state, job.failures, job.losses, job.owner) == (JobState.QUEUED, 0, 0, None)
    assert json.loads((bench.folder / "first.tally").read_text())["released"] == 1
    bench.touch("go")
    bench.start("work", "second")
    bench.until(lambda: Queue(bench.database).get("job").state is JobState.DONE)


def test_workers_killed_at_any_moment_lose_nothing_and_repeat_nothing(bench):
    labels = [f"job-{number}" for number in range(400)]
    submit(bench, *labels)
    randomness, queue = random.Random(7), Queue(bench.database)
    bench.start("work", *(f"worker-{number}" for number in range(3)))
    for number in range(3, 9):
        enough = min(len(queue.jobs(state=JobState.DONE)) + randomness.randrange(5, 30), len(labels))
        bench.until(lambda enough=enough: len(queue.jobs(state=JobState.DONE)) >= enough)
        bench.kill(f"worker-{number - 3}")
        bench.start("work", f"worker-{number}", together=False)
    bench.until(lambda: len(queue.jobs(state=JobState.DONE)) == len(labels))
    assert results(bench) == sorted(labels)
    assert sum(job.failures for job in queue.jobs()) == 0
