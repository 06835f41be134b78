"""Which requests a canary and a shadow get: a share, the same ones every time, and none twice over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving_doubles import Loading, aspire

from argosy.definitions.served_models import ShareSettings
from argosy.serving.manager import Manager
from argosy.serving.traffic import Diversion, about_of, keyed_draw

ABOUT = [f"customer {number}" for number in range(4000)]
SHARE = ShareSettings(alias="canary", share=0.25)


def taken(share, key=b"key"):
    return {about for about in ABOUT if Diversion(2, share, key).takes(about)}


@given(st.text(min_size=1), st.binary(max_size=64))
def test_a_draw_is_a_number_below_one_that_does_not_change(about, key):
    assert 0 <= keyed_draw(about, key) < 1
    assert keyed_draw(about, key) == keyed_draw(about, key)


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_a_share_is_about_as_large_as_it_says(share):
    """Within five standard deviations; the draws are fixed by the key."""
    assert abs(len(taken(share)) / len(ABOUT) - share) <= 5 * (share * (1 - share) / len(ABOUT)) ** 0.5


def test_a_growing_share_keeps_whom_it_has():
    assert taken(0.05) < taken(0.1) < taken(0.5) < taken(1.0)


def test_the_draws_of_two_shares_are_independent():
    both = taken(0.5, b"canary topics") & taken(0.5, b"shadow topics")
    assert abs(len(both) / len(ABOUT) - 0.25) < 0.04


def test_a_request_is_drawn_by_its_entity_else_its_subject_else_its_client_else_by_chance():
    assert about_of("order", "ann", "app") == "order"
    assert about_of(None, "ann", "app") == "ann"
    assert about_of(None, None, "app") == "app"
    assert Diversion(2, 0.5, b"", lambda: 0.4).takes(about_of(None, None, None))
    assert not Diversion(2, 0.5, b"", lambda: 0.6).takes(about_of(None, None, None))


@pytest.fixture
def manager():
    made = Manager(Loading(), share_key=str.encode)
    made.aspire([aspire([1, 2, 3], {"champion": 1, "canary": 2, "challenger": 3}, canary=SHARE, shadow=SHADOW)])
    while made.step():
        pass
    return made


SHADOW = ShareSettings(alias="challenger", share=0.5)


def answered(manager, version=None, about=None):
    servable = manager.acquire("topics", version, about)
    manager.release(servable)
    return servable.version


def test_a_canary_answers_its_share_of_requests_that_name_no_version(manager):
    versions = [answered(manager, about=about) for about in ABOUT]
    assert set(versions) == {1, 2}
    assert versions == [answered(manager, about=about) for about in ABOUT]
    assert {answered(manager, "champion", about) for about in ABOUT} == {1}
    assert {answered(manager) for _ in range(100)} == {1}


def test_a_canary_or_shadow_that_is_not_loaded_or_is_the_default_gets_nothing():
    loader = Loading()
    loader.broken = {"topics 4"}
    manager = Manager(loader)
    manager.aspire([aspire([1, 4], {"champion": 1, "canary": 4, "challenger": 1}, canary=SHARE, shadow=SHADOW)])
    while manager.step():
        pass
    assert {answered(manager, about=about) for about in ABOUT} == {1}
    assert [manager.acquire_shadow("topics", about, 1) for about in ABOUT] == [None] * len(ABOUT)


def test_a_shadow_is_another_version_than_the_one_that_answered_and_is_held(manager):
    assert manager.acquire_shadow("none", "a", 1) is None
    held = [one for about in ABOUT if (one := manager.acquire_shadow("topics", about, 1)) is not None]
    assert abs(len(held) / len(ABOUT) - 0.5) < 0.05
    assert {one.version for one in held} == {3}
    assert held[0].in_flight == len(held)
    assert [manager.acquire_shadow("topics", about, 3) for about in ABOUT] == [None] * len(ABOUT)
