"""A limit on memory: what does not fit waits and says so, what never can fails, and the limit holds at every moment."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving_doubles import Loading, aspire

from argosy.definitions.project import parse_settings
from argosy.errors import DefinitionInvalid, ModelNotReady
from argosy.serving.manager import Manager
from argosy.serving.memory import estimated_bytes, memory_refusal, memory_wait
from argosy.serving.metrics import ServingMetrics
from argosy.serving.servable import ServableState

MEGABYTE = 1 << 20


def settle(manager):
    while manager.step():
        pass


def limited(sizes, limit, watch=None):
    """A manager whose versions take so many megabytes."""
    loader = Loading()
    loader.sizes = {artifact: size * MEGABYTE for artifact, size in sizes.items()}
    manager = Manager(loader, now=lambda: 0.0, watch=watch)
    manager.limit_memory(None if limit is None else limit * MEGABYTE)
    return manager, loader


def states(manager):
    return {
        f"{model} {number}": one.state
        for model, routing in manager.routing.models.items()
        for number, one in routing.versions.items()
    }


def test_the_setting_is_a_size():
    assert parse_settings({"server": {"memory": "2G"}}, {}).server.memory_bytes() == 2 << 30
    assert parse_settings({"server": {"memory": 5000}}, {}).server.memory_bytes() == 5000
    assert parse_settings({}, {}).server.memory_bytes() is None
    with pytest.raises(DefinitionInvalid, match="expected a size such as 2G, 512M"):
        parse_settings({"server": {"memory": "much"}}, {})


def test_what_fits_is_said_in_one_line():
    assert memory_wait(5 << 20, 2 << 20, None) == memory_wait(5 << 20, 3 << 20, 8 << 20) == ""
    assert memory_wait(5 << 20, 4 << 20, 8 << 20) == (
        "waits for memory: it needs about 5M, and 4M of the 8M that server.memory allows are free"
    )
    assert memory_wait(9 << 20, 4 << 20, 8 << 20) == ""
    assert memory_refusal(9 << 20, 8 << 20) == "it needs about 9M of memory, and server.memory allows 8M"
    assert memory_refusal(8 << 20, 8 << 20) == memory_refusal(9 << 20, None) == ""
    assert estimated_bytes(0) > 0


def test_a_load_that_does_not_fit_waits_until_another_version_is_gone():
    metrics = ServingMetrics()
    manager, loader = limited({"topics 1": 6, "tone 1": 6}, 10, metrics.watch)
    manager.aspire([aspire([1]), aspire([1], model="tone")])
    settle(manager)
    assert manager.is_settled
    assert states(manager) == {"topics 1": ServableState.AVAILABLE, "tone 1": ServableState.START}
    with pytest.raises(ModelNotReady, match=r"version 1 of 'tone' waits for memory: it needs about 6M, and 4M of"):
        manager.acquire("tone", 1)
    labels = {"model": "tone", "version": "1", "state": "START"}
    assert metrics.registry.get_sample_value("argosy_servable_state", labels) == 1
    manager.aspire([aspire([1], model="tone")])
    settle(manager)
    assert (loader.loaded, loader.unloaded) == (["topics 1", "tone 1"], ["topics 1"])
    assert metrics.registry.get_sample_value("argosy_servable_state", labels) is None
    form = {"version": "1", "form": "double"}
    assert metrics.registry.get_sample_value("argosy_servable_form", {"model": "tone", **form}) == 1
    assert metrics.registry.get_sample_value("argosy_servable_form", {"model": "topics", **form}) is None
    manager.release(manager.acquire("tone"))


def test_a_smaller_version_goes_before_one_that_waits():
    manager, loader = limited({"topics 1": 6, "topics 2": 6, "topics 3": 2}, 10)
    manager.aspire([aspire([1])])
    settle(manager)
    manager.aspire([aspire([1, 2, 3], {"champion": 2})])
    settle(manager)
    assert loader.loaded == ["topics 1", "topics 3"]


def test_a_version_that_can_never_fit_fails_and_the_old_one_answers():
    manager, loader = limited({"topics 1": 6, "topics 2": 11}, 10)
    manager.aspire([aspire([1], {"champion": 1})])
    settle(manager)
    manager.aspire([aspire([2], {"champion": 2})])
    settle(manager)
    assert loader.loaded == ["topics 1"]
    assert manager.acquire("topics", "champion").version == 1
    with pytest.raises(ModelNotReady, match=r"failed to load: it needs about 11M of memory, and server\.memory allows"):
        manager.acquire("topics", 2)


def test_a_larger_limit_lets_what_waits_be_loaded():
    manager, _ = limited({"topics 1": 6, "topics 2": 6}, 10)
    manager.aspire([aspire([1], {"champion": 1})])
    settle(manager)
    manager.aspire([aspire([2], {"champion": 2})])
    settle(manager)
    assert manager.acquire("topics").version == 1
    manager.limit_memory(12 * MEGABYTE)
    settle(manager)
    assert manager.acquire("topics").version == 2


def test_resource_preserving_changes_versions_that_do_not_fit_together():
    manager, loader = limited({"topics 1": 6, "topics 2": 6}, 10)
    for number in (1, 2):
        manager.aspire([aspire([number], {"champion": number}, transition="resource-preserving")])
        settle(manager)
    assert (loader.loaded, loader.unloaded) == (["topics 1", "topics 2"], ["topics 1"])


WISHES = st.lists(st.dictionaries(st.sampled_from(["a", "b"]), st.sets(st.integers(1, 4), min_size=1)), max_size=6)


@settings(deadline=None, max_examples=100)
@given(WISHES, st.lists(st.integers(1, 6), min_size=8, max_size=8), st.integers(0, 12), st.integers(1, 4))
def test_the_limit_holds_at_every_moment(wishes, sizes, limit, steps):
    names = [f"{model} {number}" for model in "ab" for number in range(1, 5)]
    manager, loader = limited(dict(zip(names, sizes, strict=True)), limit)
    for wish in wishes:
        manager.aspire([aspire(numbers, model=model) for model, numbers in wish.items()])
        for _ in range(steps):
            manager.step()
            in_memory = [name for name in loader.loaded if loader.loaded.count(name) > loader.unloaded.count(name)]
            assert sum(loader.sizes[name] for name in set(in_memory)) <= limit * MEGABYTE
