"""Arriving files are imported, each content once, and the plan is submitted."""

import os

import pytest

from argosy.errors import DefinitionInvalid, JobInterrupted
from argosy.jobs.job import JobState
from stored.jobs import end_delays


def files(project):
    return dict(project.status().files)


def test_a_file_is_imported_and_the_plan_submitted(inbox):
    assert inbox.status().next == "waits for the folder inbox, which is not on this machine"
    inbox.write("inbox/a.csv")
    assert inbox.run() == {"plan": "topics", "files": {"imported": 1}, "submitted": True}
    assert (inbox.count(), files(inbox)) == (100, {"imported": 1})
    assert (inbox.status().reason, inbox.status().next) == ("1 file: inbox/a.csv", "waits for files")
    assert inbox.plans.status("topics").counts[JobState.QUEUED] == 1
    assert inbox.run() is None


def test_a_file_that_is_still_written_waits(inbox):
    path = inbox.write("inbox/a.csv")
    for _ in range(3):
        inbox.look()
        with path.open("a") as file:
            file.write("parcel late once more,queue0\n")
    assert inbox.lease() is None
    assert files(inbox) == {"seen": 1}
    assert inbox.run()["submitted"]


def test_one_that_changes_between_check_and_import_waits_again(inbox):
    path = inbox.write("inbox/a.csv")
    inbox.look()
    inbox.look()
    with path.open("a") as file:
        file.write("one more,queue0\n")
    lease = inbox.lease()
    assert inbox.finish(lease) == {"plan": "topics", "files": {"seen": 1}, "submitted": False}
    assert inbox.count() == 0
    assert inbox.run()["submitted"]
    assert inbox.count() == 101


def test_a_broken_file_is_reported_once_and_stops_no_other(inbox):
    inbox.write("inbox/a.csv")
    bad = inbox.root / "inbox" / "bad.csv"
    bad.write_text("what,ever\n1,2\n")
    (inbox.root / "inbox" / "gone.csv").write_text("text,label\n")
    outside = inbox.root.parent / "outside.csv"
    outside.write_text("text,label\nsecret,queue0\n")
    (inbox.root / "inbox" / "link.csv").symlink_to(outside)
    inbox.look()
    inbox.look()
    (inbox.root / "inbox" / "gone.csv").unlink()
    lease = inbox.lease()
    assert inbox.finish(lease) == {"plan": "topics", "files": {"imported": 1, "broken": 2}, "submitted": True}
    problems = {one.path: one.problem for one in inbox.status().broken}
    assert "the file no longer exists" in problems["inbox/gone.csv"]
    assert problems["inbox/bad.csv"].startswith("which column is the text? Say it with import.text")
    assert problems["inbox/link.csv"] == "it leads out of the project's folder"
    assert inbox.run() is None
    bad.write_text("text,label\nbetter,queue1\n")
    assert inbox.run()["files"] == {"imported": 1}
    assert list(files(inbox)) == ["broken", "imported"]


@pytest.mark.parametrize(
    ("on", "path"),
    [
        ({"files": "*.csv", "import": {"encoding": "klingon"}}, "on[0].import"),
        ({"files": "*.csv", "import": {"collection": "a b"}}, "on[0].import"),
        ({"examples": "a/b", "every": 5}, "on[0].examples"),
    ],
)
def test_what_no_import_could_use_is_refused_when_the_plan_is_submitted(project, on, path):
    for use in (project.plans.check, project.plans.submit):
        with pytest.raises(DefinitionInvalid) as raised:
            use(project.plan(on))
        assert raised.value.path == path
    assert project.plans.names() == []


def test_options_of_the_import_are_used(project):
    options = {"collection": "news", "text": "body", "label": "topic", "missing": ["n/a"], "skip_bad": True}
    project.plans.submit(project.plan({"files": "in/*.csv", "import": options}))
    (project.root / "in").mkdir()
    rows = "".join(f"{row.input},{row.label}\n" for row in project.rows(100))
    (project.root / "in" / "a.csv").write_text(f"body,topic\n{rows}no label,n/a\n,queue1\n")
    assert project.run()["submitted"]
    assert project.count() == 100


def test_the_lineage_shows_that_a_trigger_imported_it(inbox):
    inbox.write("inbox/a.csv")
    inbox.run()
    (found,) = inbox.imports("a.csv")
    assert (found.trigger_of, found.name, found.rows_read) == ("topics", "a.csv", 100)


def test_a_file_whose_import_ends_its_worker_is_reported_and_not_retried_forever(inbox):
    inbox.write("inbox/a.csv")
    inbox.look()
    inbox.look()
    lease = inbox.lease()
    with pytest.raises(JobInterrupted):
        inbox.handle(lease, steps=1)
    inbox.backends.queue.fail(lease, "its worker process crashed")
    end_delays(inbox.database)
    assert inbox.finish(inbox.lease())["files"] == {"broken": 1}
    assert inbox.status().broken[0].problem == "importing it crashed the worker"


def test_files_of_a_job_that_failed_are_broken_until_they_change(inbox):
    path = inbox.write("inbox/a.csv")
    inbox.look()
    inbox.look()
    inbox.backends.queue.fail(inbox.lease(), "no such luck", retry=False)
    assert inbox.run() is None
    status = inbox.status()
    assert (files(inbox), status.problem) == ({"broken": 1}, "no such luck")
    os.utime(path, ns=(7, 7))
    assert inbox.run()["submitted"]
    assert inbox.status().problem == ""


def test_each_place_sees_to_its_own_files(inbox):
    inbox.write("inbox/a.csv")
    inbox.look()
    inbox.look()
    (job,) = inbox.backends.queue.jobs("submit")
    assert job.requires == {"place.here": ""}
