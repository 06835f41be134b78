"""Settings: the file overrides defaults, and the environment overrides the file."""

from __future__ import annotations

import msgspec
import pytest

from argosy.definitions import Settings, find_project, load_settings
from argosy.definitions.project import OVERRIDES, parse_settings
from argosy.errors import DefinitionInvalid, ProjectNotFound


def project(tmp_path, text=""):
    (tmp_path / "argosy.yaml").write_text(text)
    return tmp_path


def test_an_empty_file_is_a_project_of_defaults(tmp_path):
    folder = project(tmp_path)
    assert load_settings(folder, {}) == Settings(name=tmp_path.name)


def test_the_file_is_over_the_defaults(tmp_path):
    text = """
name: news
plugins: [my_module]
database: sqlite:///other.db
server: {port: 9000, models: {topics: {aliases: [champion, canary]}, spam: {latest: 2}, all: {versions: [1, 3]}, any: }}
gate: {confidence: 0.99, cooldown_seconds: 60}
retrain: {corrections: 50}
conflicts: majority
"""
    settings = load_settings(project(tmp_path, text), {})
    assert (settings.name, settings.plugins, settings.database) == ("news", ["my_module"], "sqlite:///other.db")
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 9000)
    assert settings.server.models["topics"].aliases == ["champion", "canary"]
    assert settings.server.models["spam"].latest == 2
    assert settings.server.models["all"].versions == [1, 3]
    assert settings.server.models["any"].versions is None
    assert (settings.gate.confidence, settings.gate.minimum_rows, settings.gate.cooldown_seconds) == (0.99, 30, 60.0)
    assert (settings.retrain.corrections, settings.retrain.every_seconds) == (50, None)
    assert settings.conflicts == "majority"


def test_the_environment_is_over_the_file(tmp_path):
    folder = project(tmp_path, "database: sqlite:///a.db\nserver: {port: 9000, models: {topics: {latest: 1}}}\n")
    environ = {
        "ARGOSY_DATABASE": "sqlite:///b.db",
        "ARGOSY_BROKER": "amqp://here",
        "ARGOSY_ARTIFACTS": "file:there",
        "ARGOSY_CACHE": "redis://there",
        "ARGOSY_LOG": "kafka://there:9092",
        "ARGOSY_WINDOWS": "flink://there:8081",
        "ARGOSY_FLINK_PYTHON": "/opt/flink/bin/python",
        "ARGOSY_COLLECTION": "news",
        "ARGOSY_HOST": "0.0.0.0",
        "ARGOSY_PORT": "0",
        "ARGOSY_GRPC_PORT": "8081",
        "ARGOSY_ACCESS_LOG": "true",
        "ARGOSY_NICE": "0",
    }
    assert environ.keys() == OVERRIDES.keys()
    settings = load_settings(folder, environ)
    assert (settings.database, settings.broker, settings.artifacts) == ("sqlite:///b.db", "amqp://here", "file:there")
    assert (settings.cache, settings.log) == ("redis://there", "kafka://there:9092")
    assert (settings.collection, settings.server.host, settings.server.port) == ("news", "0.0.0.0", 0)
    assert (settings.windows, settings.flink.python) == ("flink://there:8081", "/opt/flink/bin/python")
    assert settings.server.grpc_port == 8081
    assert settings.server.access_log is True
    assert settings.server.models["topics"].latest == 1
    assert settings.training.nice == 0


def test_a_database_of_others_has_a_variable_of_its_own(tmp_path):
    folder = project(tmp_path, "databases: {bookings: 'sqlite:///shop.db', stock: 'sqlite:///stock.db'}\n")
    environ = {"ARGOSY_DATABASE_BOOKINGS": "postgresql://me:secret@there/shop", "ARGOSY_DATABASE_PRICES": "sqlite:///p"}
    settings = load_settings(folder, environ)
    assert settings.databases == {
        "bookings": "postgresql://me:secret@there/shop",
        "stock": "sqlite:///stock.db",
        "prices": "sqlite:///p",
    }
    assert settings.database == "sqlite:///.argosy/argosy.db"
    with pytest.raises(DefinitionInvalid, match=r"databases\.Big: 'Big' is no name of a database"):
        load_settings(project(tmp_path, "databases: {Big: 'sqlite:///shop.db'}\n"), {})


def test_variables_that_are_empty_or_not_ours_change_nothing(tmp_path):
    folder = project(tmp_path)
    assert load_settings(folder, {"ARGOSY_DATABASE": "", "ARGOSY_KEY_EXAMPLES": "x"}) == load_settings(folder, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("databse: x", "databse: no such setting (did you mean 'database'?); there are: name, collection, database,"),
        (
            "server: {prot: 1}",
            "server.prot: no such setting (did you mean 'port'?); there are: host, port, grpc_port, hosts, models",
        ),
        ("server: {port: '80'}", "server.port: expected a whole number of at least 0 and of at most 65535; got '80'"),
        ("server: {port: 70000}", "server.port: expected a whole number of at least 0 and of at most 65535; got 70000"),
        ("server: 80", "server: expected a mapping; got 80"),
        ("server: {models: [topics]}", 'server.models: expected a mapping of names to a mapping; got ["topics"]'),
        (
            "server: {models: {topics: {latest: 0}}}",
            "server.models.topics.latest: expected a whole number of at least 1",
        ),
        (
            "server: {models: {topics: {last: 0}}}",
            "server.models.topics.last: no such setting (did you mean 'latest'?)",
        ),
        ("gate: {confidence: 1}", "gate.confidence: expected a number greater than 0.5 and less than 1; got 1"),
        ("conflicts: newest", "conflicts: expected one of drop, error, latest, majority; got 'newest'"),
        ("plugins: my_module", "plugins: expected a list, each text that is not empty; got 'my_module'"),
        ("collection: ''", "collection: expected text that is not empty; got ''"),
        ("name: 3", "name: expected text; got 3: quote it, as text"),
        ("name: true", "name: expected text; got true: quote it, as text"),
    ],
)
def test_mistakes_are_reported_with_file_path_and_allowed_values(tmp_path, text, message):
    with pytest.raises(DefinitionInvalid) as caught:
        load_settings(project(tmp_path, text), {})
    assert str(caught.value).startswith(f"{tmp_path / 'argosy.yaml'}:1: {message}")


def test_a_wrong_variable_is_named(tmp_path):
    with pytest.raises(DefinitionInvalid) as caught:
        load_settings(project(tmp_path), {"ARGOSY_PORT": "http"})
    assert str(caught.value).startswith("the environment's ARGOSY_PORT: server.port: expected a whole number")


def test_a_malformed_file_names_the_line(tmp_path):
    with pytest.raises(DefinitionInvalid) as caught:
        load_settings(project(tmp_path, "name: a\nserver: {port: 1\n"), {})
    assert str(caught.value).startswith(f"{tmp_path / 'argosy.yaml'}:3:1: ")


def test_settings_survive_their_dictionary():
    values = msgspec.to_builtins(Settings(name="news"))
    assert parse_settings(values, {}) == Settings(name="news")


def test_a_project_is_found_from_below(tmp_path):
    below = project(tmp_path) / "plans" / "old"
    below.mkdir(parents=True)
    assert find_project(below) == find_project(tmp_path) == tmp_path.resolve()


def test_without_a_project_the_error_says_how_to_make_one(tmp_path):
    with pytest.raises(ProjectNotFound) as caught:
        find_project(tmp_path)
    expected = f"no argosy.yaml in {tmp_path.resolve()} or any folder above: make a project with 'argosy init DIR'"
    assert str(caught.value) == expected
