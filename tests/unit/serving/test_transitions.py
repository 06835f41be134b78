"""What the two orders of changing versions promise, over any sequence of wishes, failed loads and slow requests."""

from hypothesis import given, settings
from hypothesis import strategies as st
from serving_doubles import Loading, aspire

from argosy.errors import ModelNotReady
from argosy.serving.manager import Manager
from argosy.serving.servable import ServableState

NUMBERS = st.integers(1, 5)
WISHES = st.lists(
    st.tuples(st.sets(NUMBERS, min_size=1, max_size=3), st.sets(NUMBERS, max_size=2), st.integers(0, 4), st.booleans()),
    min_size=1,
    max_size=8,
)
"""Each: wanted versions (the greatest is champion), those that cannot be loaded, steps, whether a request begins."""


class Watched(Loading):
    """Knows what is in memory, and calls `check` whenever one more is about to be."""

    def __init__(self):
        super().__init__()
        self.in_memory, self.is_loading, self.check = set(), False, lambda: None

    def load(self, reference):
        self.in_memory.add(reference.artifact)
        self.is_loading = True
        self.check()
        self.is_loading = False
        try:
            return super().load(reference)
        except Exception:
            self.in_memory.remove(reference.artifact)
            raise

    def unload(self, predictor):
        super().unload(predictor)
        self.in_memory.remove(predictor.artifact)


def live(wishes, transition, loader, after_step):
    """Run a manager through the wishes, each for some steps only; requests that began are held for one wish."""
    manager, held = Manager(loader, now=lambda: 0.0), []
    for numbers, broken, steps, is_asked in wishes:
        loader.broken = {f"topics {number}" for number in broken}
        manager.aspire([aspire(numbers, {"champion": max(numbers)}, transition=transition)])
        loader.check = lambda numbers=numbers: after_step(manager, numbers)
        for _ in range(steps):
            manager.step()
            after_step(manager, numbers)
        for servable in held:
            manager.release(servable)
        try:
            held = [manager.acquire("topics")] if is_asked and "topics" in manager.routing.models else []
        except ModelNotReady:
            held = []
    return manager


@settings(deadline=None, max_examples=100)
@given(WISHES)
def test_availability_preserving_never_leaves_a_model_that_answered_without_a_version(wishes):
    was_available = []

    def check(manager, numbers):
        known = manager.routing.models.get("topics")
        available = known is not None and any(one.state is ServableState.AVAILABLE for one in known.versions.values())
        if was_available:
            assert available
            manager.release(manager.acquire("topics"))
            manager.release(manager.acquire("topics", "champion"))
        elif available and known.versions[known.aliases["champion"]].state is ServableState.AVAILABLE:
            was_available.append(True)

    live(wishes, "availability-preserving", Watched(), check)


@settings(deadline=None, max_examples=100)
@given(WISHES)
def test_resource_preserving_has_only_what_is_wanted_in_memory_when_it_loads(wishes):
    loader = Watched()

    def check(_, numbers):
        if loader.is_loading:
            assert loader.in_memory <= {f"topics {number}" for number in numbers}

    live(wishes, "resource-preserving", loader, check)


def test_resource_preserving_waits_for_the_last_request_of_the_old_version():
    loader = Loading()
    manager = Manager(loader)
    manager.aspire([aspire([1], {"champion": 1}, transition="resource-preserving")])
    settle(manager)
    held = manager.acquire("topics")
    manager.aspire([aspire([2], {"champion": 2}, transition="resource-preserving")])
    settle(manager)
    assert (loader.loaded, loader.unloaded, manager.is_settled) == (["topics 1"], [], False)
    manager.release(held)
    settle(manager)
    assert (loader.loaded, loader.unloaded, manager.is_settled) == (["topics 1", "topics 2"], ["topics 1"], True)
    assert manager.acquire("topics", "champion").version == 2


def settle(manager):
    while manager.step():
        pass
