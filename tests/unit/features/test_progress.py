"""Sharing the partitions of a stream among those that run it."""

from hypothesis import given
from hypothesis import strategies as st

from argosy.features.progress import StreamShares

ALL = dict.fromkeys(range(4), 100.0)


def test_one_has_all_two_have_half_and_a_third_gets_some():
    shares = StreamShares().renewed("a", 4, {}, 100.0)
    assert shares.of("a") == (0, 1, 2, 3)
    shares = shares.renewed("b", 4, {}, 101.0)
    assert (shares.of("a"), shares.of("b")) == ((0, 1, 2, 3), ())
    shares = shares.renewed("a", 4, {}, 102.0).renewed("b", 4, {}, 102.0)
    assert (shares.of("a"), shares.of("b")) == ((0, 1), (2, 3))
    shares = shares.renewed("c", 4, {}, 103.0)
    assert shares.of("c") == ()
    assert shares.without("a").renewed("c", 4, {}, 104.0).of("c") == (0, 1)


def test_who_says_nothing_loses_its_part():
    shares = StreamShares().renewed("a", 2, {}, 100.0).renewed("b", 2, {}, 101.0).renewed("a", 2, {}, 102.0)
    shares = shares.renewed("b", 2, {}, 105.0)
    assert (shares.of("a"), shares.of("b")) == ((0,), (1,))
    assert (shares.holder(0, 111.9), shares.holder(0, 112.0)) == ("a", "")
    shares = shares.renewed("b", 2, {}, 113.0)
    assert (shares.of("a"), shares.of("b"), list(shares.runners)) == ((), (0, 1), ["b"])


def test_what_is_known_is_the_oldest_of_all_partitions_and_told_only_by_who_has_them():
    shares = StreamShares().renewed("a", 2, {0: 90.0}, 100.0)
    assert shares.known_to is None
    shares = shares.renewed("a", 2, {0: 95.0, 1: 91.0}, 100.0)
    assert shares.known_to == 91.0
    assert shares.renewed("b", 2, {0: 99.0, 1: 99.0}, 101.0).known_to == 91.0
    assert shares.renewed("a", 3, {0: 99.0, 1: 99.0}, 101.0).known_to is None
    assert (shares.anew().known_to, shares.anew().generation) == (None, 1)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 6)), min_size=1, max_size=40), st.integers(1, 7))
def test_no_partition_is_given_to_two_and_none_is_left_free_for_long(turns, partitions):
    shares, now, own = StreamShares(), 0.0, {}
    for runner, seconds in turns:
        now += seconds
        shares = shares.renewed(runner, partitions, {}, now)
        held = [shares.holder(number, now) for number in range(partitions)]
        assert shares.of(runner) == tuple(number for number in range(partitions) if held[number] == runner)
        own[runner] = shares.of(runner)
    for _ in range(3):
        now += 1.0
        for runner in "abc":
            shares = shares.renewed(runner, partitions, {}, now)
    sizes = sorted(len(shares.of(runner)) for runner in "abc")
    assert sum(sizes) == partitions
    assert sizes[-1] <= -(-partitions // 3)
