"""`limits` of a plan."""

import pytest

from argosy.definitions.limits import FitLimits, in_units, parse_limits
from argosy.errors import DefinitionInvalid


@pytest.mark.parametrize(
    ("written", "size"),
    [("2G", 2 << 30), ("512M", 512 << 20), ("1.5G", 3 << 29), ("64 K", 64 << 10), (1000, 1000), ("1T", 1 << 40)],
)
def test_sizes_are_written_as_people_do(written, size):
    assert parse_limits({"memory": written, "seconds": 3600}) == FitLimits(size, 3600.0)


def test_each_may_be_left_out():
    assert parse_limits(None) is None
    assert parse_limits({}) == FitLimits(None, None)
    assert parse_limits({"seconds": 0.5}) == FitLimits(None, 0.5)


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"memory": "2GB"}, "limits.memory"),
        ({"memory": 0}, "limits.memory"),
        ({"memory": True}, "limits.memory"),
        ({"memory": "-1G"}, "limits.memory"),
        ({"seconds": 0}, "limits.seconds"),
        ({"seconds": "1h"}, "limits.seconds"),
        ({"seconds": float("inf")}, "limits.seconds"),
        ({"second": 5}, "limits.second"),
        ("2G", "limits"),
    ],
)
def test_anything_else_is_refused_with_its_place(values, where):
    with pytest.raises(DefinitionInvalid) as error:
        parse_limits(values)
    assert error.value.path == where


def test_exceeded_limits_are_described_in_words():
    limits = FitLimits(memory=2 << 30, seconds=60)
    assert limits.exceeded(60.0, 2 << 30) == ""
    assert limits.exceeded(61.0, 0) == "it ran for longer than the 60 s that its plan allows"
    assert limits.exceeded(1.0, 3 << 30) == "it took 3G of memory, more than the 2G that its plan allows"
    assert FitLimits().exceeded(1e9, 1 << 50) == ""


def test_sizes_are_shown_in_their_largest_unit():
    assert [in_units(size) for size in (10, 1536, 600 << 20, 3 << 39)] == ["10 bytes", "1.5K", "600M", "1.5T"]
