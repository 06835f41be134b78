"""The contents of a new project, and what is never overwritten."""

import pytest

import argosy
from argosy.app.scaffold import create_project
from argosy.definitions import Settings
from argosy.errors import ProjectNotFound, UserMistake


def test_a_new_project_opens_with_the_defaults_it_shows(tmp_path):
    create_project(tmp_path / "My Shop!")
    settings = argosy.open(tmp_path / "My Shop!").settings
    assert settings.name == "my-shop"
    plain = Settings()
    for name in ("collection", "database", "artifacts", "plugins", "gate", "retrain", "limits", "server"):
        assert getattr(settings, name) == getattr(plain, name), name


def test_files_that_are_there_stay(tmp_path):
    (tmp_path / "plan.yaml").write_text("mine")
    (tmp_path / ".gitignore").write_text("*.pyc\n")
    written = {path.name for path in create_project(tmp_path)}
    assert written == {"argosy.yaml", "thorough.yaml", "README.md", ".gitignore"}
    assert (tmp_path / "plan.yaml").read_text() == "mine"
    assert (tmp_path / ".gitignore").read_text() == "*.pyc\n.argosy/\n"


def test_keys_are_made_once_and_for_the_owner_alone(tmp_path):
    create_project(tmp_path)
    keys = {path.name: path.read_text() for path in (tmp_path / ".argosy" / "keys").iterdir()}
    assert set(keys) == {"examples.key", "predictions.key"}
    assert len(set(keys.values())) == 2
    (tmp_path / "argosy.yaml").unlink()
    create_project(tmp_path)
    assert {path.name: path.read_text() for path in (tmp_path / ".argosy" / "keys").iterdir()} == keys


def test_keys_from_the_environment_make_files_superfluous(tmp_path, monkeypatch):
    monkeypatch.setenv("ARGOSY_KEY_EXAMPLES", "given elsewhere")
    create_project(tmp_path)
    assert not (tmp_path / ".argosy").exists()


def test_a_project_is_not_made_twice(tmp_path):
    create_project(tmp_path)
    with pytest.raises(UserMistake, match="is a project already"):
        create_project(tmp_path)
    with pytest.raises(UserMistake, match="no project name"):
        create_project(tmp_path / "other", "Not A Name")


def test_the_nearest_project_above_is_opened(tmp_path):
    create_project(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert argosy.open(tmp_path / "a" / "b").root == tmp_path
    with pytest.raises(ProjectNotFound):
        argosy.open("/")
