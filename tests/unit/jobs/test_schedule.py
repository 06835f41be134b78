"""The order in which a plan is queued."""

from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.jobs.schedule import training_order

items = st.lists(
    st.tuples(st.uuids().map(str), st.sampled_from("abcd"), st.floats(0, 10)), unique_by=lambda item: item[0]
)


def test_every_adapter_begins_before_any_is_used_again():
    assert training_order([("1", "a", 1), ("2", "a", 9), ("3", "b", 5), ("4", "b", 7), ("5", "c", 2)]) == list("24531")


def test_the_given_order_breaks_ties():
    assert training_order([(str(number), "a", 1.0) for number in range(5)]) == list("01234")


def test_cheap_ones_come_first_where_one_may_be_good_enough():
    given = [("1", "a", 9), ("2", "a", 2), ("3", "b", 5), ("4", "b", 2)]
    assert training_order(given, stops_early=True) == list("2431")


@settings(deadline=None)
@given(items)
def test_nothing_is_left_out_and_costly_ones_come_first(given_items):
    by_label = {label: (adapter, cost) for label, adapter, cost in given_items}
    ordered = training_order(given_items)
    assert sorted(ordered) == sorted(by_label)
    adapters = {adapter for adapter, _ in by_label.values()}
    first, rest = ordered[: len(adapters)], ordered[len(adapters) :]
    assert {by_label[label][0] for label in first} == adapters
    for part in (first, rest):
        costs = [by_label[label][1] for label in part]
        assert costs == sorted(costs, reverse=True)
