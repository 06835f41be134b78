"""Which changes a running server applies, which it refuses, and which are not its own."""

import msgspec
import pytest

from argosy.definitions.project import Settings, parse_settings
from argosy.definitions.setting_changes import SettingChange, setting_changes
from argosy.errors import DefinitionInvalid, RestartRequired
from argosy.serving.reloading import APPLIED, AT_START, Reloading, sort_changes

OTHERS = {
    *("name", "collection", "training", "retrain", "drift", "rollback", "predictions", "gate", "conflicts"),
    *("feedback_conflicts", "webhooks", "steps", "cache", "log", "windows", "flink", "databases", "tables"),
}
"""The settings that no server reads."""


def settings(**values):
    return parse_settings({"name": "shop", **values}, {})


def changes(old, new):
    return [str(one) for one in setting_changes(settings(**old), settings(**new))]


def test_each_setting_that_differs_is_one_line():
    assert changes({}, {}) == []
    old = {"server": {"models": {"tone": {"latest": 1}, "spam": {}}}, "limits": {"rows": 10}}
    new = {"server": {"models": {"tone": {"latest": 2}, "topics": {"versions": [1]}}}, "limits": {"rows": 20}}
    assert changes(old, new) == [
        "limits.rows: 10 → 20",
        'server.models.spam: {"transition": "availability-preserving"} → not set',
        "server.models.tone.latest: 1 → 2",
        'server.models.topics: not set → {"versions": [1], "transition": "availability-preserving"}',
    ]


def test_every_setting_is_read_by_a_server_or_by_others():
    names = {field.name for field in msgspec.structs.fields(Settings)}
    assert names == OTHERS | {one.partition(".")[0] for one in (*APPLIED, *AT_START)}


def test_what_needs_a_restart_is_refused_by_name_and_without_its_value():
    change = SettingChange("database", "postgresql://me:secret@old/db", "postgresql://me:secret@new/db")
    with pytest.raises(RestartRequired, match=r"database, server\.port: no effect without a restart") as refused:
        sort_changes([SettingChange("limits.rows", 1, 2), change, SettingChange("server.port", 1, 2)])
    assert "secret" not in str(refused.value)


def test_what_changed_is_applied_once_and_the_rest_is_reported():
    read, applied = [settings(limits={"rows": 5}, gate={"folds": 3})], []
    reloading = Reloading(settings(), lambda: read[0])
    reloading.calling(applied.append)
    found = reloading.reload()
    assert [str(one) for one in found.applied] == ["limits.rows: 1000 → 5"]
    assert [one.setting for one in found.elsewhere] == ["gate.folds"]
    assert reloading.reload().applied == []
    assert applied == read


@pytest.mark.parametrize(
    ("new", "error", "message"),
    [
        ({"limits": {"rows": 5}, "server": {"port": 1}}, RestartRequired, "server.port"),
        ({"limits": {"rows": 5, "raws": 5}}, DefinitionInvalid, "limits.raws"),
    ],
)
def test_one_bad_change_leaves_all_as_it_was(new, error, message):
    applied = []
    reloading = Reloading(settings(), lambda: settings(**new))
    reloading.calling(applied.append)
    for _ in range(2):
        with pytest.raises(error, match=message):
            reloading.reload()
    assert applied == []


def test_a_file_that_cannot_be_read_is_an_error():
    def read():
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(DefinitionInvalid, match="cannot be read: No such file"):
        Reloading(settings(), read).reload()
