from collections import Counter
from statistics import correlation

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import PredictionNotFound
from argosy.predictions.ids import ID_CHARACTERS, PredictionIds, made_at
from argosy.vault.scope import Scope

IDS = PredictionIds(Scope("predictions", bytes(32)))


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 50), st.floats(0, 4e9), st.binary(min_size=8, max_size=8))
def test_every_issued_id_is_known_again_and_distinct(rows, at, randomness):
    issued = IDS.issue(rows, at, randomness)
    assert len(set(issued)) == rows
    assert all(len(one) == ID_CHARACTERS and IDS.check(one.upper()) == one for one in issued)
    assert all(abs(made_at(one) - at) <= 0.001 for one in issued)


@pytest.mark.parametrize("randomness", [bytes(8), b"\xff" * 8])
def test_a_request_may_have_any_number_of_rows(randomness):
    issued = IDS.issue(70_000, 1000.0, randomness)
    assert len(set(issued)) == 70_000
    assert [IDS.check(issued[row]) for row in (0, 65_535, 65_536, 69_999)] == [
        issued[row] for row in (0, 65_535, 65_536, -1)
    ]
    stems = [bytes.fromhex(issued[row])[:16] for row in (0, 300, 65_535)]
    assert stems == [bytes.fromhex("0000000f4240") + randomness + row.to_bytes(2) for row in (0, 300, 65_535)]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, ID_CHARACTERS - 1), st.sampled_from("0123456789abcdef"))
def test_an_id_with_any_character_changed_is_unknown(place, digit):
    issued = IDS.issue(1, 1000.0, bytes(8))[0]
    changed = issued[:place] + digit + issued[place + 1 :]
    if changed != issued:
        with pytest.raises(PredictionNotFound, match="no prediction with the id"):
            IDS.check(changed)


@pytest.mark.parametrize("nonsense", ["", "0", "zz" * 22, "ab" * 21, "ab" * 23, "é" * 44, "a" * 100_000])
def test_an_invalid_id_is_unknown_and_named_briefly(nonsense):
    with pytest.raises(PredictionNotFound) as raised:
        IDS.check(nonsense)
    assert len(str(raised.value)) < 200


def test_ids_of_another_project_are_unknown():
    foreign = PredictionIds(Scope("predictions", bytes([1]) * 32)).issue(1, 1000.0, bytes(8))[0]
    with pytest.raises(PredictionNotFound):
        IDS.check(foreign)


def test_ids_sort_by_time():
    issued = [IDS.issue(1, at, bytes([255 - at]) * 8)[0] for at in range(10)]
    assert issued == sorted(issued)


def test_draws_are_uniform_permanent_and_independent_of_what_is_seen():
    issued = IDS.issue(4000, 1000.0, bytes(8))
    draws = [IDS.draw(one) for one in issued]
    assert draws == [PredictionIds(Scope("predictions", bytes(32))).draw(one) for one in issued]
    assert all(0 <= one < 1 for one in draws)
    by_tenth = Counter(int(one * 10) for one in draws)
    assert all(abs(by_tenth[tenth] - 400) < 5 * (400 * 0.9) ** 0.5 for tenth in range(10))
    macs = [int(one[32:], 16) / (1 << 48) for one in issued]
    assert abs(correlation(draws, macs)) < 5 / 4000**0.5
    assert abs(correlation(draws, range(4000))) < 5 / 4000**0.5


def test_a_draw_cannot_be_computed_without_the_key():
    issued = IDS.issue(1, 1000.0, bytes(8))[0]
    assert PredictionIds(Scope("predictions", bytes([1]) * 32)).draw(issued) != IDS.draw(issued)
