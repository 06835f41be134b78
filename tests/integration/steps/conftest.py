"""A project's folder on some machine, whose database and artifacts others share."""

import os

import pytest

from argosy.definitions.steps import StepSettings, parse_steps
from argosy.jobs.claims import Claims
from argosy.jobs.queue import Queue
from argosy.steps import runs
from argosy.steps.looking import KIND, Looking
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.kept import PutFile, keep_files
from argosy.store.store import Store

LONG_AGO = 1_700_000_000


class Place:
    """A project's folder on some machine, of a database that others share."""

    def __init__(self, folder, database, name="here", **steps):
        self.root, self.database = folder / name, database
        (self.root / "raw").mkdir(parents=True)
        self.store = Store(database, LocalArtifacts(f"file:{folder / 'artifacts'}"))
        self.queue, self.folder = Queue(database), folder
        self.steps = parse_steps({name: StepSettings(**one) for name, one in steps.items()})
        self.looking = Looking(self.root, database, self.store, self.queue)

    def write(self, name, text, changed_at=LONG_AGO):
        path = self.root / name
        path.write_text(text)
        os.utime(path, (changed_at, changed_at))
        return path

    def look(self, now=None, again=lambda _: False):
        return self.looking.look(self.steps, now, again=again)

    def finish(self, label, text):
        """Store the text as the output of the run, as a worker does; its digest."""
        lease = Claims(self.database, "worker", [KIND]).next()
        assert lease.job.label == label
        made = self.folder / "made"
        made.write_text(text)
        put = self.store.put_artifact(made)

        def record(transaction):
            keep_files(transaction, label, [PutFile("output", "made", put)])
            runs.put_out(transaction, label, "worker", 0.5, put.digest, put.size_bytes)

        self.queue.finish(lease, {}, record)
        return put.digest

    def newest(self, step):
        with self.database.read() as transaction:
            return runs.newest_run(transaction, step), runs.newest_output(transaction, step)


@pytest.fixture
def make_place(tmp_path, database):
    return lambda name="here", **steps: Place(tmp_path, database, name, **steps)
