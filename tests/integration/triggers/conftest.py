"""A project on either engine, whose triggers are checked and whose jobs are run by the test."""

import itertools
import threading

import pytest

from argosy.app import backends as openers
from argosy.app.working import handlers
from argosy.backends import Backends
from argosy.datasets.example import Example
from argosy.definitions.project import parse_settings
from argosy.errors import JobInterrupted
from argosy.jobs.claims import Claims
from argosy.jobs.duties import Duty, leave_duty, take_duty
from argosy.jobs.guard import LeaseGuard
from argosy.lineage.learned import learned_from_file
from argosy.triggers.file_looking import FileLooks
from argosy.triggers.looking import TriggerLooks
from argosy.tuning.project_plans import ProjectPlans

WORDS = ("parcel late", "card charged", "password lost")
HERE = "here"


class TriggeredProject:
    def __init__(self, root, url):
        self.root = root
        self.backends = Backends(
            root, parse_settings({"name": "shop", "collection": "news", "database": url}, {}), openers
        )
        self.database, self.plans = self.backends.database, ProjectPlans(self.backends)
        self.handlers = handlers(self.backends, None)
        self.looks, self.file_looks = TriggerLooks(self.backends), FileLooks(self.backends, HERE)
        self.numbers = itertools.count()

    def rows(self, count):
        numbers = itertools.islice(self.numbers, count)
        return [Example(f"{WORDS[number % 3]} {number}", f"queue{number % 3}") for number in numbers]

    def add(self, count):
        self.backends.examples.add("news", self.rows(count))

    def write(self, name, count=100):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("text,label\n" + "".join(f"{row.input},{row.label}\n" for row in self.rows(count)))
        return path

    def plan(self, *on, **other):
        plan = {"name": "topics", "dataset": "all", "adapter": "tfidf", "model": "naive_bayes"}
        return {**plan, **({"on": list(on)} if on else {}), **other}

    def turn(self, owner="me"):
        return take_duty(self.database, Duty("looking", 0.0, print), owner)

    def look(self):
        """One check of all triggers."""
        turn = self.turn()
        self.looks.look(turn)
        self.file_looks.look(turn)
        leave_duty(self.database, turn)

    def lease(self):
        return Claims(self.database, "worker", ["submit"], lambda _: True).next()

    def run(self):
        """Check twice, and run the resulting job; its result, or None."""
        self.look()
        self.look()
        lease = self.lease()
        if lease is None:
            return None
        return self.finish(lease)

    def handle(self, lease, steps=10**6):
        """Run a job that is stopped after that many steps: there is one before each file, and one within."""
        guard, passed = LeaseGuard(lease, threading.Event()), itertools.count()

        def check():
            if next(passed) >= steps:
                raise JobInterrupted("stopped")

        guard.check = check
        return self.handlers["submit"](lease.job, guard)

    def imports(self, name):
        """The imports of a file of the inbox, by its lineage."""
        return learned_from_file(self.backends, str(self.root / "inbox" / name)).imports

    def finish(self, lease):
        outcome = self.handle(lease)
        self.backends.queue.finish(lease, outcome.result, outcome.then)
        return outcome.result

    def status(self, at=0):
        return self.plans.trigger_status("topics")[at]

    def count(self):
        return self.backends.examples.collections().get("news", 0)


@pytest.fixture
def project(tmp_path, database):
    root = tmp_path / "shop"
    root.mkdir()
    opened = TriggeredProject(root, database.url)
    yield opened
    opened.backends.close()


@pytest.fixture
def inbox(project):
    """A plan that waits for files of a folder."""
    project.plans.submit(project.plan({"files": "inbox/*.csv"}))
    return project
