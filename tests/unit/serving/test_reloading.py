"""Which changes a running server applies, which it refuses, and which are not its own."""

import msgspec
import pytest

from argosy.definitions.project import Settings, parse_settings
from argosy.definitions.service import parse_service, service_texts, services_of_texts
from argosy.definitions.setting_changes import SettingChange, service_changes, setting_changes
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


def services(**written):
    base = {"accepts": {"text": "text"}, "model": "tickets"}
    return {name: parse_service({**base, **values}, name) for name, values in written.items()}


def test_each_key_of_a_service_that_differs_is_one_line():
    old = services(triage={"timeout": "1s"}, gone={}, same={})
    new = services(triage={"timeout": "2s", "positive": "refund"}, same={}, came={})
    assert [(one.setting, one.old is None, one.new is None) for one in service_changes(old, new)] == [
        ("services.came", True, False),
        ("services.gone", False, True),
        ("services.triage.positive", True, False),
        ("services.triage.timeout", False, False),
    ]


def test_another_order_of_computing_is_a_change_too():
    mixes = [[{"mix": {"twice": "2*score", "more": "score + 1"}}], [{"mix": {"more": "score + 1", "twice": "2*score"}}]]
    old, new = (services(triage={"decide": one}) for one in mixes)
    assert [one.setting for one in service_changes(old, new)] == ["services.triage"]
    assert service_changes(old, services(triage={"decide": mixes[0]})) == []


def test_services_survive_the_way_to_another_process():
    written = services(triage={"decide": [{"mix": {"twice": "2*score", "more": "twice + 1"}}]}, second={})
    assert services_of_texts(service_texts(written)) == written


@pytest.mark.parametrize("limits", [{}, {"rows": 5}])
def test_a_service_that_is_refused_leaves_settings_and_services_as_they_were(limits):
    applied, put, is_refused = [], [], [True]

    def check(given):
        if is_refused[0]:
            raise DefinitionInvalid("no such function")
        return lambda: put.append(list(given))

    reloading = Reloading(settings(), lambda: settings(limits=limits), {}, lambda: services(triage={}))
    reloading.calling(applied.append).replacing([check])
    with pytest.raises(DefinitionInvalid, match="no such function"):
        reloading.reload()
    assert (applied, put) == ([], [])
    is_refused[0] = False
    assert [one.setting for one in reloading.reload().applied] == [
        *(f"limits.{one}" for one in limits),
        "services.triage",
    ]
    assert put == [["triage"]]
    assert len(applied) == len(limits)
    assert reloading.reload().applied == []
