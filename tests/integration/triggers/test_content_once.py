"""Each content is imported once, on either engine: under any name, and by a job that was killed."""

import os
import shutil

import pytest

from argosy.errors import JobInterrupted


def test_the_same_content_is_imported_once_under_any_name_and_time(inbox):
    first = inbox.write("inbox/a.csv")
    shutil.copy(first, inbox.root / "inbox" / "same.csv")
    assert inbox.run()["files"] == {"imported": 1, "known": 1}
    os.utime(first, ns=(5, 5))
    shutil.copy(first, inbox.root / "inbox" / "again.csv")
    assert inbox.run() == {"plan": "topics", "files": {"known": 2}, "submitted": False}
    (inbox.root / "inbox").rename(inbox.root / "away")
    assert inbox.run() is None
    assert inbox.status().files == {}
    (inbox.root / "away").rename(inbox.root / "inbox")
    assert inbox.run() == {"plan": "topics", "files": {"known": 3}, "submitted": False}
    assert len(inbox.imports("a.csv")) == 1


def test_a_file_that_is_removed_after_its_import_still_submits_the_plan(inbox):
    path = inbox.write("inbox/a.csv")
    inbox.look()
    inbox.look()
    lease = inbox.lease()
    with pytest.raises(JobInterrupted):
        inbox.handle(lease, steps=2)
    path.unlink()
    inbox.look()
    inbox.backends.queue.release(lease)
    assert inbox.finish(inbox.lease())["submitted"]
    assert inbox.count() == 100


def test_a_job_that_was_killed_after_an_import_submits_once(inbox):
    inbox.write("inbox/a.csv")
    inbox.write("inbox/b.csv")
    inbox.look()
    inbox.look()
    lease = inbox.lease()
    with pytest.raises(JobInterrupted):
        inbox.handle(lease, steps=3)
    assert inbox.count() == 100
    inbox.backends.queue.release(lease)
    assert inbox.finish(inbox.lease()) == {"plan": "topics", "files": {"imported": 2}, "submitted": True}
    assert inbox.count() == 200
    assert len(inbox.imports("a.csv")) == len(inbox.imports("b.csv")) == 1
