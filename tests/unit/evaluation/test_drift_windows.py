"""The windows that are compared."""

from argosy.evaluation.drift_windows import closed_window, live_window, period_seconds, periods
from argosy.predictions.live_profiles import HourProfile
from argosy.predictions.profiles import Profile

HOUR, DAY = 3600.0, 86_400.0


def hours(*numbers):
    return [HourProfile(1, number * HOUR, Profile()) for number in numbers]


def test_the_live_window_ends_with_this_hour():
    assert live_window(10 * DAY + 100, 24) == (9 * DAY + HOUR, 10 * DAY + HOUR)


def test_a_window_is_closed_once_what_was_answered_in_it_is_in_the_log():
    assert closed_window(10 * DAY + 59, 24) == (8 * DAY, 9 * DAY)
    assert closed_window(10 * DAY + 60, 24) == (9 * DAY, 10 * DAY)
    assert closed_window(10 * DAY + DAY / 2, 24) == (9 * DAY, 10 * DAY)


def test_periods_are_hours_while_they_fit_and_days_after():
    assert period_seconds(hours(0, 30)) == HOUR
    assert period_seconds(hours(0, 31)) == DAY
    assert period_seconds(hours(0, 31), "hour") == HOUR
    assert periods(hours(0, 1, 30), DAY) == [(0.0, DAY), (DAY, 2 * DAY)]
    assert len(periods(hours(*range(100)), HOUR)) == 31
