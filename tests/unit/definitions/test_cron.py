"""Times of cron's five fields: strictly later, none skipped, none twice, also on days when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.definitions.cron import parse_cron
from argosy.errors import DefinitionInvalid

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.floats(1_600_000_000, 2_200_000_000)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
EXPRESSIONS = st.builds(
    "{} {} {} {} {}".format,
    st.one_of(st.just("*"), st.just("*/7"), st.integers(0, 59), st.just("5,35")),
    st.one_of(st.just("*"), st.integers(0, 23), st.just("1-3")),
    st.one_of(st.just("*"), st.integers(1, 28)),
    st.one_of(st.just("*"), st.sampled_from(["JAN", "6", "10-12"])),
    st.one_of(st.just("*"), st.sampled_from(["MON-FRI", "0", "7"])),
)


def schedule(expression, zone="UTC"):
    return parse_cron(expression, zone, "on")


def berlin(text, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


def moments(found, begin, end):
    while (begin := found.after(begin)) is not None and begin < end:
        yield datetime.fromtimestamp(begin, BERLIN).isoformat(timespec="minutes")


@given(EXPRESSIONS, ZONES, MOMENTS)
def test_the_next_moment_is_later_and_there_is_none_before_it(expression, zone, moment):
    found = schedule(expression, zone)
    due = found.after(moment)
    assert due > moment
    assert due % 60 == 0
    assert found.after(moment + (due - moment) / 2) == due
    assert found.after(due) > due


@given(st.integers(0, 59), st.one_of(st.just("*"), st.integers(0, 23)), MOMENTS)
def test_in_utc_it_is_the_first_minute_that_matches(minute, hour, moment):
    due = datetime.fromtimestamp(schedule(f"{minute} {hour} * * *").after(moment), UTC)
    first = datetime.fromtimestamp(moment, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    while first.minute != minute or hour not in ("*", first.hour):
        first += timedelta(minutes=1)
    assert due == first


def test_an_hour_that_is_left_out_comes_right_after_it():
    found = moments(schedule("30 2 * * *", "Europe/Berlin"), berlin("2026-03-28T12:00"), berlin("2026-03-30T12:00"))
    assert list(found) == ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]


def test_an_hour_that_comes_twice_counts_once_and_every_hour_twice():
    night = berlin("2026-10-25T01:45"), berlin("2026-10-25T04:00")
    assert list(moments(schedule("30 2 * * *", "Europe/Berlin"), *night)) == ["2026-10-25T02:30+02:00"]
    assert len(list(moments(schedule("30 * * * *", "Europe/Berlin"), *night))) == 3
    within_the_second = berlin("2026-10-25T02:10", fold=1)
    due = schedule("30 2 * * *", "Europe/Berlin").after(within_the_second)
    assert due == berlin("2026-10-26T02:30")


def test_leap_days_and_last_days_are_found():
    found = schedule("0 0 29 2 *")
    assert datetime.fromtimestamp(found.after(berlin("2026-01-01T00:00")), UTC).isoformat()[:10] == "2028-02-29"
    assert schedule("0 0 L * *").wall_clock(schedule("0 0 L * *").after(0.0)) == "1970-01-31 00:00 UTC"


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("0 0 30 2 *", "that none of the months has"),
        ("0 0 31 4,6 *", "that none of the months has"),
        ("61 * * * *", "bad minute"),
        ("* 24 * * *", "bad hour"),
        ("*/0 * * * *", "bad minute"),
        ("0 3 * *", "five fields"),
        ("0 0 3 * * *", "five fields"),
        ("@daily", "five fields"),
        ("", "five fields"),
        ("0 3 * * FUNDAY", "bad day-of-week"),
        (3, "five fields"),
        (None, "five fields"),
        ("0 3 * * " + "1," * 200 + "1", "five fields"),
    ],
)
def test_an_invalid_schedule_is_refused_in_one_line(expression, problem):
    with pytest.raises(DefinitionInvalid, match=problem) as raised:
        schedule(expression)
    assert "\n" not in str(raised.value)
    assert raised.value.path == "on.schedule"


@pytest.mark.parametrize("zone", ["Europe/Berlim", "", None, "../etc/passwd", "/etc/localtime", 7, "x\0"])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(DefinitionInvalid, match="zone") as raised:
        schedule("0 3 * * *", zone)
    assert raised.value.path == "on.zone"
