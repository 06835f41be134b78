"""Work in a child process: its answer, what it says on the way, and how its failures arrive."""

import pytest

import argosy
from argosy.app.apart import apart
from argosy.app.scaffold import create_project
from argosy.errors import JobFailed, UserMistake


@pytest.fixture
def project(tmp_path):
    create_project(tmp_path / "shop", "shop")
    opened = argosy.open(tmp_path / "shop")
    yield opened
    opened.close()


def test_a_users_mistake_arrives_as_one(project):
    with pytest.raises(UserMistake, match="nothing was trained under the label 'nothing'"):
        apart(project, "train_again", {"label": "nothing", "folder": str(project.root)})


def test_a_fault_arrives_as_a_failure_that_quotes_nothing(project):
    with pytest.raises(JobFailed, match="KeyError") as raised:
        apart(project, "answer_both", {"secret": "a text of somebody's"})
    assert "somebody" not in str(raised.value)


def test_a_child_without_an_answer_is_told(project):
    with pytest.raises(JobFailed, match="no answer"):
        apart(project, "no such task", {})
