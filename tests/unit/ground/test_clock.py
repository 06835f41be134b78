"""Times: read leniently, kept as seconds in UTC, written as ISO 8601."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.clock import format_time, now, parse_time

NEW_YEAR = datetime(2016, 1, 1, tzinfo=UTC).timestamp()
moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1))


@pytest.mark.parametrize(
    "value",
    [
        "2016-1-1",
        "2016-01-01",
        " 2016-01-01 ",
        "2016-1-1 00:00",
        "2016-01-01T00:00:00Z",
        "2016-1-1T00:00:00+00:00",
        "2016-01-01 01:00:00 +0100",
        "2015-12-31T19:00:00-05:00",
        date(2016, 1, 1),
        datetime(2016, 1, 1),
        datetime(2016, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        NEW_YEAR,
        int(NEW_YEAR),
    ],
    ids=str,
)
def test_the_same_moment_however_it_is_written(value):
    assert parse_time(value) == NEW_YEAR
    assert type(parse_time(value)) is float


@pytest.mark.parametrize(
    "value", ["", "yesterday", "2016-13-01", "2016-02-30", "16-1-1", True, None, [2016], 1.7e12], ids=str
)
def test_an_invalid_time_is_refused(value):
    with pytest.raises(ValueError):
        parse_time(value)


@given(moments)
@settings(deadline=None, max_examples=100)
def test_what_was_written_is_read_to_the_millisecond(moment):
    seconds = moment.replace(tzinfo=UTC).timestamp()
    written = format_time(seconds)
    assert written.endswith("Z")
    assert abs(parse_time(written) - seconds) <= 0.001


@given(moments.map(lambda moment: moment.replace(microsecond=0)))
@settings(deadline=None, max_examples=50)
def test_whole_seconds_are_exact_and_order_is_kept(moment):
    seconds = moment.replace(tzinfo=UTC).timestamp()
    assert parse_time(format_time(seconds)) == seconds
    assert format_time(seconds) < format_time(seconds + 1)


def test_now_is_this_machines_time():
    before = time.time()
    assert before <= now() <= time.time()
