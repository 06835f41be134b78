"""Work in a child process: its answer, its progress reports, and its failures."""

import importlib

import pytest

import argosy
from argosy.app.scaffold import create_project
from argosy.app.tasks import TASKS
from argosy.errors import JobFailed, Outage, UserMistake
from argosy.subprocess_tasks import run_task


@pytest.fixture
def project(tmp_path):
    create_project(tmp_path / "shop", "shop")
    opened = argosy.open(tmp_path / "shop")
    yield opened
    opened.close()


def test_a_users_mistake_arrives_as_one(project):
    request = {"label": "nothing", "folder": str(project.root), "with_kept_code": False}
    with pytest.raises(UserMistake, match="nothing was trained under the label 'nothing'"):
        run_task(project.root, "train_again", request)


def test_a_fault_arrives_as_a_failure_that_quotes_nothing(project):
    with pytest.raises(JobFailed, match="KeyError") as raised:
        run_task(project.root, "answer_both", {"secret": "a text of somebody's"})
    assert "somebody" not in str(raised.value)


def test_an_outage_arrives_as_one(project, monkeypatch):
    """A job that has the child answer is postponed, and has not failed."""
    monkeypatch.setenv("ARGOSY_DATABASE", "postgresql://argosy@127.0.0.1:1/absent")
    with pytest.raises(Outage, match=r"postgresql://argosy@127\.0\.0\.1:1/absent"):
        run_task(project.root, "answer_both", {"one": "a", "other": "b"})


def test_a_child_without_an_answer_is_reported(project):
    with pytest.raises(JobFailed, match="no answer: Error: there is no task 'no such task'; there are: analyse, "):
        run_task(project.root, "no such task", {})


def test_every_task_is_a_function():
    for target in TASKS.values():
        module, _, name = target.partition(":")
        assert callable(getattr(importlib.import_module(module), name))
