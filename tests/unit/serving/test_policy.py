from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.serving.policy import ActionKind, VersionAction, VersionSnapshot, next_action, retry_delay
from argosy.serving.servable import ServableState

SNAPSHOTS = st.lists(
    st.builds(
        VersionSnapshot,
        st.integers(1, 6),
        st.sampled_from([ServableState.START, ServableState.AVAILABLE, ServableState.UNLOADING, ServableState.FAILED]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.sampled_from([0.0, 100.0]),
    ),
    unique_by=lambda one: one.version,
    max_size=6,
)


@settings(deadline=None, max_examples=200)
@given(SNAPSHOTS)
def test_only_aspired_versions_are_loaded_and_only_unreachable_ones_unloaded(snapshots):
    action = next_action(snapshots, now=50.0)
    by_number = {one.version: one for one in snapshots}
    if action is None:
        assert not any(one.is_aspired and one.state is ServableState.START for one in snapshots)
        return
    chosen = by_number[action.version]
    if action.verb is ActionKind.LOAD:
        assert chosen.is_aspired
        assert chosen.state in (ServableState.START, ServableState.FAILED)
        assert chosen.state is ServableState.START or chosen.retry_at <= 50.0
    else:
        assert not chosen.is_aspired
        assert not chosen.is_routed
        assert not any(one.is_aspired and one.state is ServableState.START for one in snapshots)


def test_the_new_version_is_loaded_before_the_old_one_is_unloaded():
    old = VersionSnapshot(1, ServableState.AVAILABLE, is_aspired=False)
    assert next_action([old, VersionSnapshot(2, ServableState.START, is_aspired=True)], 0.0) == VersionAction(
        ActionKind.LOAD, 2
    )
    assert next_action([old, VersionSnapshot(2, ServableState.AVAILABLE, is_aspired=True)], 0.0) == VersionAction(
        ActionKind.UNLOAD, 1
    )


def test_a_version_that_requests_still_reach_stays():
    old = VersionSnapshot(1, ServableState.AVAILABLE, is_aspired=False, is_routed=True)
    failed = VersionSnapshot(2, ServableState.FAILED, is_aspired=True, retry_at=9.0)
    assert next_action([old, failed], 0.0) is None
    assert next_action([old, failed], 9.0) == VersionAction(ActionKind.LOAD, 2)


def test_versions_with_an_alias_are_loaded_first():
    versions = [
        VersionSnapshot(1, ServableState.START, True, is_aliased=True),
        VersionSnapshot(2, ServableState.START, True),
    ]
    assert next_action(versions, 0.0) == VersionAction(ActionKind.LOAD, 1)


def test_retries_come_ever_more_seldom_up_to_a_bound():
    delays = [retry_delay(attempts) for attempts in range(1, 20)]
    assert delays == sorted(delays)
    assert delays[0] < delays[1] < 60
    assert delays[-1] == delays[-2] == 300
