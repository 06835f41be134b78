"""Commands of steps, run as by workers: a failure affects one run, and never the worker."""

import threading
from contextlib import suppress
from pathlib import Path

import pytest

import argosy
from argosy.definitions.steps import StepSettings, parse_steps
from argosy.errors import JobNotFound
from argosy.jobs.job import JobState
from argosy.jobs.runner import WorkerTimings, run_worker
from argosy.steps.looking import KIND, Looking
from argosy.steps.step_job import StepJob
from argosy.testing.waiting import until
from stored.jobs import end_delays

TIMINGS = WorkerTimings(poll=0.01, reconcile=0.0, recover=0.01, heartbeat=0.05)


class Bench:
    """One project; each test has its own steps, with unique names."""

    def __init__(self, folder):
        (folder / "argosy.yaml").write_text("name: shop\n")
        (folder / "raw").mkdir()
        (folder / "raw" / "a.txt").write_text("one\ntwo\n")
        self.folder, self.project = folder, argosy.open(folder)
        self.looking = Looking.of(self.project.backends)

    def look(self, name, command, **values):
        steps = parse_steps({name: StepSettings(command=command, **{"inputs": "raw/*", **values})})
        found = self.looking.look(steps)[name]
        assert found.label, found.why
        return found.label

    def work(self, is_over, stop=None):
        def over():
            end_delays(self.project.database)
            return is_over()

        queue, broker, handlers = self.project.queue, self.project.broker, {KIND: StepJob(self.project.backends)}
        return run_worker(queue, broker, handlers, "worker", stop or threading.Event(), until=over, timings=TIMINGS)

    def run(self, name, command, **values):
        label = self.look(name, command, **values)
        self.work(lambda: self.project.queue.get(label).state.is_final)
        return self.project.queue.get(label)

    def output(self, name):
        return self.project.steps.write_output(name, self.folder / f"of-{name}")[1].read_text()

    def log(self, name):
        return self.project.steps.log(name)

    def cancel(self, label):
        with self.project.database.write() as transaction:
            self.project.queue.cancel(transaction, label)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Bench(tmp_path_factory.mktemp("steps"))
    yield made
    made.project.close()


def alive(marker):
    """Processes that have the marker among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            words = path.read_bytes().split(b"\0")
            if words[0].endswith(b"sleep") and marker.encode() in words:
                found.append(path)
    return found


def test_what_a_command_writes_is_kept_and_what_it_prints(bench):
    job = bench.run("sort", ["sh", "-c", 'sort -r "$1" > "$2"; echo out; echo err >&2', "x", "{inputs}", "{output}"])
    assert job.state is JobState.DONE
    assert job.result["step"] == "sort@1"
    assert bench.output("sort") == "two\none\n"
    assert bench.log("sort") == "out\nerr\n"


def test_code_is_where_the_command_looks_for_it(bench):
    (bench.folder / "lib").mkdir()
    (bench.folder / "lib" / "words.txt").write_text("declared")
    script = bench.folder / "count.sh"
    script.write_text('#!/bin/sh\ncat lib/words.txt "$ARGOSY_STEP_INPUTS"/raw/* > "$ARGOSY_STEP_OUTPUT"\n')
    script.chmod(0o755)
    assert bench.run("count", "./count.sh", code="lib/*").state is JobState.DONE
    assert bench.output("count") == "declaredone\ntwo\n"


def test_the_environment_is_that_of_the_list(bench, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    assert bench.run("environment", ["sh", "-c", "env > $ARGOSY_STEP_OUTPUT"], env={"N": "4"}).state is JobState.DONE
    found = dict(line.split("=", 1) for line in bench.output("environment").splitlines())
    assert "SECRET_TOKEN" not in found
    assert found["N"] == "4"


@pytest.mark.parametrize(
    ("name", "command", "also", "error"),
    [
        ("missing", ["no-such-program"], {}, "its program 'no-such-program' is not on this worker's machine"),
        ("no-code", ["./raw/none.sh"], {}, "its program './raw/none.sh' is not on this worker's machine"),
        (
            "fails",
            ["sh", "-c", "exit 3"],
            {"retries": 0},
            "its command ended with exit code 3: argosy steps log fails@1",
        ),
        ("crashes", ["sh", "-c", "kill -9 $$"], {"retries": 0}, "its command was killed by signal 9"),
        ("silent", ["true"], {}, "its command succeeded without an output"),
        (
            "elsewhere",
            ["sh", "-c", "echo x > stray; echo x > ../output/other"],
            {},
            "its command succeeded without an output",
        ),
        ("linked", ["ln", "-s", "/etc/hostname", "{output}"], {}, "its output linked is no file"),
        ("piped", ["mkfifo", "{output}"], {}, "its output piped is no file"),
        ("nested", ["mkdir", "{output}"], {}, "its output nested is a folder"),
        ("slow", ["sleep", "1000"], {"limits": {"seconds": 0.2}}, "it ran for longer than the 0.2 s"),
        (
            "hungry",
            ["python", "-c", "x = bytearray(200 << 20); __import__('time').sleep(1000)"],
            {"limits": {"memory": "1M"}, "retries": 0},
            "more than the 1M that its step allows",
        ),
        (
            "large",
            ["sh", "-c", "yes | head -c 3000000 > $ARGOSY_STEP_OUTPUT"],
            {"limits": {"output": "1M"}},
            "larger than the 1M",
        ),
        (
            "endless",
            ["sh", "-c", "yes > $ARGOSY_STEP_OUTPUT"],
            {"limits": {"output": "1M"}},
            "larger than the 1M",
        ),
        (
            "no-rows",
            ["sh", "-c", "echo text > $ARGOSY_STEP_OUTPUT"],
            {"import": {}, "output": "rows.csv"},
            "rows.csv",
        ),
    ],
)
def test_a_failure_is_one_line_of_that_run(bench, name, command, also, error):
    also = {"imported" if key == "import" else key: value for key, value in also.items()}
    job = bench.run(name, command, **also)
    assert job.state is JobState.FAILED
    assert job.failures == 1
    assert error in job.error
    assert "\n" not in job.error
    with pytest.raises(JobNotFound, match=r"no run|has no output"):
        bench.output(name)


def test_what_may_pass_is_tried_again_and_every_log_is_the_newest(bench):
    command = ["sh", "-c", "echo attempt; exit 1"]
    job = bench.run("again", command, retries=1)
    assert (job.state, job.failures) == (JobState.FAILED, 2)
    assert bench.log("again") == "attempt\n"


def test_a_log_is_bounded_and_without_colours(bench):
    job = bench.run(
        "noisy", ["sh", "-c", r"yes 0123456789 | head -c 3000000; printf '\033[31mred'; : > $ARGOSY_STEP_OUTPUT"]
    )
    assert job.state is JobState.DONE
    log = bench.log("noisy")
    assert len(log) < 600_000
    assert log.endswith("\n012red")
    assert bench.output("noisy") == ""


def test_what_a_command_leaves_running_is_ended(bench):
    marker = "86411.25"
    job = bench.run("daemon", ["sh", "-c", f"setsid sleep {marker} & echo > $ARGOSY_STEP_OUTPUT"])
    assert job.state is JobState.DONE
    assert alive(marker) == []


def test_a_cancelled_command_is_killed_with_what_it_started(bench):
    marker = "86412.25"
    label = bench.look("cancelled", ["sh", "-c", f"setsid sleep {marker} & sleep {marker}"])

    def cancel():
        until(lambda: len(alive(marker)) == 2)
        bench.cancel(label)

    thread = threading.Thread(target=cancel)
    thread.start()
    bench.work(lambda: bench.project.queue.get(label).state.is_final)
    thread.join()
    assert bench.project.queue.get(label).state is JobState.CANCELLED
    assert alive(marker) == []


def test_a_worker_that_is_to_stop_gives_the_run_back(bench):
    marker, stop = "86413.25", threading.Event()
    label = bench.look("given-back", ["sleep", marker])

    def stop_it():
        until(lambda: alive(marker))
        stop.set()

    thread = threading.Thread(target=stop_it)
    thread.start()
    tally = bench.work(lambda: False, stop)
    thread.join()
    assert tally.released == 1
    assert alive(marker) == []
    assert bench.project.queue.get(label).state is JobState.QUEUED
    bench.cancel(label)


def test_the_output_becomes_examples_once(bench):
    (bench.folder / "rows.sh").write_text('printf "text,label\\na note,red\\nanother,green\\n" > "$1"')
    also = {"output": "notes.csv", "imported": {"collection": "notes"}}
    for _ in range(2):
        job = bench.run("notes", ["sh", "rows.sh", "{output}"], **also)
        assert job.state is JobState.DONE
        assert bench.project.examples.collections()["notes"] == 2
        with (bench.folder / "rows.sh").open("a") as file:
            file.write("\n# other code, the same rows\n")
