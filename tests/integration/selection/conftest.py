import random
import threading

import pytest

import argosy
from argosy.app.scaffold import create_project
from argosy.app.working import work

WORDS = {"delivery": ["parcel", "late"], "refund": ["card", "money"], "account": ["password", "locked"]}


def tickets(count):
    """A third of the words are not informative, so that no model is always right."""
    draw = random.Random(5)
    for number in range(count):
        label = list(WORDS)[number % 3]
        pool = WORDS[label] if draw.random() < 0.8 else [word for words in WORDS.values() for word in words]
        yield " ".join([*draw.choices(pool, k=3), str(number)]), label


@pytest.fixture
def project(tmp_path):
    create_project(tmp_path / "shop")
    opened = argosy.open(tmp_path / "shop")
    opened.examples.add(tickets(300))
    yield opened
    opened.close()


@pytest.fixture
def trained(project):
    """Submit a plan and train it in this process; the leaderboard's rows."""

    def train(plan):
        project.plans.submit(plan)
        work(project.backends, threading.Event(), lambda: project.plans.status(plan).is_over)
        errors = [job.error for job in project.plans.status(plan).failed]
        assert not errors, errors
        return project.ranked(plan["name"])

    return train
