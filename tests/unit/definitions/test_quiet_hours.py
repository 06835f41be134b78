"""Quiet hours: their syntax, when they apply, and when they end."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.definitions.quiet_hours import DAYS, parse_quiet_hours
from argosy.errors import DefinitionInvalid

BERLIN = ZoneInfo("Europe/Berlin")


def hours(*texts, zone="Europe/Berlin"):
    return parse_quiet_hours(texts, zone, "training")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


def ends(quiet, text):
    found = quiet.until(at(text))
    return found and datetime.fromtimestamp(found, BERLIN).strftime("%Y-%m-%d %H:%M")


def test_they_hold_from_their_first_minute_to_their_last():
    quiet = hours("mon-fri 08:00-18:00")
    assert ends(quiet, "2026-03-02 07:59:59") is None  # a Monday
    assert ends(quiet, "2026-03-02 08:00") == "2026-03-02 18:00"
    assert ends(quiet, "2026-03-06 17:59:59") == "2026-03-06 18:00"
    assert ends(quiet, "2026-03-06 18:00") is None
    assert ends(quiet, "2026-03-07 12:00") is None
    assert quiet.wall_clock(at("2026-03-06 18:00")) == "Fri 18:00"


def test_a_night_belongs_to_the_day_on_which_it_begins():
    quiet = hours("fri 22:00-06:00")
    assert ends(quiet, "2026-03-06 23:00") == ends(quiet, "2026-03-07 05:59") == "2026-03-07 06:00"
    assert ends(quiet, "2026-03-06 05:00") is ends(quiet, "2026-03-08 05:00") is None


def test_windows_that_touch_end_together():
    quiet = hours("08:00-12:00", "11:00-24:00", "sun 00:00-03:00", "sat-mon 23:00-0:30")
    assert ends(quiet, "2026-03-07 09:00") == "2026-03-08 03:00"
    assert ends(quiet, "2026-03-05 09:00") == "2026-03-06 00:00"
    assert ends(quiet, "2026-03-10 00:15") == "2026-03-10 00:30"  # Monday's, past midnight


def test_without_windows_it_is_never_quiet_and_a_zone_is_the_machine_s():
    assert hours(zone="").until(at("2026-03-06 23:00")) is None
    local = datetime.fromtimestamp(at("2026-03-06 12:00"))  # the machine's time zone
    begin, end = ((local + timedelta(hours=more)).strftime("%H:%M") for more in (-1, 1))
    assert hours(f"{begin}-{end}", zone="").until(at("2026-03-06 12:00")) == at("2026-03-06 13:00")


def test_hours_that_the_clock_jumps_over_or_shows_twice():
    quiet = hours("01:30-02:30")
    assert ends(quiet, "2026-03-29 01:45") == "2026-03-29 03:30"  # 02:30 does not exist on that day
    assert ends(quiet, "2026-10-25 01:45") == "2026-10-25 02:30"


window = st.builds(
    lambda first, last, start, length: f"{first}-{last} {_clock(start)}-{_clock((start + length) % 1440)}",
    st.sampled_from(DAYS),
    st.sampled_from(DAYS),
    st.integers(0, 1439),
    st.integers(1, 1000),
)


def _clock(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


@settings(max_examples=60, deadline=None)
@given(st.lists(window, min_size=1, max_size=4), st.floats(at("2026-01-01"), at("2027-01-01")), st.floats(0, 1))
def test_until_then_it_is_quiet_and_then_no_more(texts, moment, share):
    try:
        quiet = hours(*texts, zone="UTC")
    except DefinitionInvalid:
        return  # the whole week
    until = quiet.until(moment)
    if until is not None:
        assert quiet.until(until) is None
        assert quiet.until(moment + share * (until - moment) * 0.999) == until


@pytest.mark.parametrize(
    "text", ["8-18", "08:00", "08:00-25:00", "24:00-06:00", "08:60-09:00", "08:00-08:00", "mo 08:00-09:00", "mon,"]
)
def test_other_words_are_refused_with_their_place(text):
    with pytest.raises(DefinitionInvalid, match=r"training.quiet_hours\[1\]: expected hours such as '08:00-18:00'"):
        hours("22:00-23:00", text)


def test_a_week_without_an_hour_to_train_in_and_an_unknown_zone_are_refused():
    with pytest.raises(DefinitionInvalid, match="no hour of the week"):
        hours("00:00-12:00", "12:00-24:00")
    with pytest.raises(DefinitionInvalid, match=r"training.time_zone: no time zone is called 'Europe/Berln'"):
        hours("08:00-18:00", zone="Europe/Berln")
