"""The environment that is recorded with a result."""

import shutil
import subprocess

import pytest

from argosy.store.lineage import git_revision, training_environment, versions_of


def git(folder, *arguments):
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", folder, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path):
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def test_the_commit_is_found_from_below(repository):
    (repository / "plans").mkdir()
    assert git_revision(repository / "plans") == git(repository, "rev-parse", "HEAD")


def test_the_commit_is_found_packed_detached_and_in_a_linked_tree(repository, tmp_path):
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "worktree", "add", "-q", tmp_path / "linked")
    git(repository, "pack-refs", "--all")
    assert git_revision(repository) == head
    assert git_revision(tmp_path / "linked") == head
    git(repository, "checkout", "-q", "--detach")
    assert git_revision(repository) == head


def test_without_a_commit_there_is_none(tmp_path):
    (tmp_path / ".git").mkdir()
    assert git_revision(tmp_path) is None
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    assert git_revision(tmp_path) is None


def test_the_environment_is_complete(tmp_path):
    found = training_environment(tmp_path, {"mine": "digest", "built in": ""}, seed=7)
    assert {"argosy", "numpy", "scikit-learn"} <= found["packages"].keys()
    assert found["plugins"] == {"mine": "digest"}
    assert found["seed"] == 7
    assert found["python"].startswith("3.")


def test_packages_that_are_not_there_are_left_out():
    assert versions_of(("numpy", "no-such-package")).keys() == {"numpy"}
