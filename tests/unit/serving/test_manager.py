import threading
import time

import pytest
from serving_doubles import Loading, aspire

from argosy.errors import ModelNotFound, ModelNotReady, VersionNotFound
from argosy.serving.manager import Manager
from argosy.serving.servable import ServableState


@pytest.fixture
def loader():
    return Loading()


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def manager(loader, clock):
    return Manager(loader, now=lambda: clock[0])


def settle(manager):
    while manager.step():
        pass


def answered_by(manager, version=None, model="topics"):
    servable = manager.acquire(model, version)
    manager.release(servable)
    return servable.version


def test_a_version_answers_once_it_is_loaded(manager):
    assert not manager.is_settled
    manager.aspire([aspire([1], {"champion": 1})])
    settle(manager)
    assert manager.is_settled
    assert [answered_by(manager, asked) for asked in (None, 1, "1", "champion")] == [1, 1, 1, 1]


def test_a_server_without_models_is_settled_too(manager):
    manager.aspire([])
    settle(manager)
    assert manager.is_settled
    with pytest.raises(ModelNotFound, match="none yet"):
        manager.acquire("topics")


def test_before_it_is_known_which_models_there_are_none_is_said_to_be_missing(manager):
    assert not manager.step()
    with pytest.raises(ModelNotReady, match="has just started"):
        manager.acquire("topics")
    assert not manager.is_settled


def test_what_does_not_exist_is_named_with_what_does(manager):
    manager.aspire([aspire([1, 3], {"champion": 3})])
    settle(manager)
    with pytest.raises(ModelNotFound, match=r"did you mean 'topics'.*served are: topics"):
        manager.acquire("topic")
    for version in (2, "canary", "²", "9" * 5000, ""):
        with pytest.raises(VersionNotFound, match="it serves: 1, 3, champion"):
            manager.acquire("topics", version)


def test_an_alias_moves_only_when_its_new_version_answers(manager, loader):
    manager.aspire([aspire([1], {"champion": 1})])
    settle(manager)
    manager.aspire([aspire([2], {"champion": 2})])
    loader.gate.clear()
    loading = threading.Thread(target=manager.step)
    loading.start()
    assert answered_by(manager, "champion") == 1
    loader.gate.set()
    loading.join()
    assert answered_by(manager, "champion") == 2
    settle(manager)
    assert loader.unloaded == ["topics 1"]


def test_unloading_waits_for_the_last_request(manager, loader):
    manager.aspire([aspire([1])])
    settle(manager)
    held = manager.acquire("topics")
    manager.aspire([aspire([2])])
    settle(manager)
    assert (held.state, loader.unloaded) == (ServableState.UNLOADING, [])
    with pytest.raises(VersionNotFound):
        manager.acquire("topics", 1)
    manager.release(held)
    settle(manager)
    assert (held.state, loader.unloaded) == (ServableState.GONE, ["topics 1"])


def test_a_version_that_fails_to_load_leaves_the_old_one_and_is_tried_again(manager, loader, clock):
    manager.aspire([aspire([1], {"champion": 1})])
    settle(manager)
    loader.broken = {"topics 2"}
    manager.aspire([aspire([2], {"champion": 2})])
    settle(manager)
    assert manager.is_settled
    assert answered_by(manager) == 1
    with pytest.raises(ModelNotReady, match="topics 2 is damaged"):
        manager.acquire("topics", 2)
    loader.broken = set()
    settle(manager)
    assert answered_by(manager) == 1
    clock[0] = 1000.0
    settle(manager)
    assert answered_by(manager) == 2


def test_a_failing_first_version_is_reported(manager, loader):
    loader.broken = {"topics 1"}
    manager.aspire([aspire([1])])
    settle(manager)
    with pytest.raises(ModelNotReady, match="no version of 'topics' is loaded yet; version 1 failed to load"):
        manager.acquire("topics")


def test_a_model_left_out_is_unloaded(manager, loader):
    manager.aspire([aspire([1], model="topics"), aspire([1], model="tone")])
    settle(manager)
    manager.aspire([aspire([1], model="tone")])
    settle(manager)
    settle(manager)
    assert loader.unloaded == ["topics 1"]
    with pytest.raises(ModelNotFound):
        manager.acquire("topics")
    assert answered_by(manager, model="tone") == 1


def test_a_version_that_left_before_it_was_loaded_is_never_loaded(manager, loader):
    manager.aspire([aspire([1, 2])])
    manager.aspire([aspire([2])])
    settle(manager)
    assert loader.loaded == ["topics 2"]


def test_rolling_back_loads_the_old_version_again(manager, loader):
    for number in (1, 2, 1):
        manager.aspire([aspire([number], {"champion": number})])
        settle(manager)
        settle(manager)
        assert answered_by(manager) == number
    assert loader.loaded == ["topics 1", "topics 2", "topics 1"]


def test_swaps_under_load_never_fail_a_request(manager, loader):
    manager.aspire([aspire([1], {"champion": 1})])
    settle(manager)
    manager.start()
    seen, deadline = set(), time.monotonic() + 20
    for number in range(2, 30):
        manager.aspire([aspire([number], {"champion": number})])
        while answered_by(manager) != number and time.monotonic() < deadline:
            servable = manager.acquire("topics", "champion")
            servable.predictor.score(["text"], 10)
            seen.add(servable.version)
            manager.release(servable)
    manager.stop()
    assert answered_by(manager) == 29
    assert len(loader.loaded) == 29
