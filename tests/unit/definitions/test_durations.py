"""Durations as people write them, in settings too."""

import pytest

from argosy.definitions.durations import duration_text, parse_duration
from argosy.definitions.project import parse_settings
from argosy.errors import DefinitionInvalid


@pytest.mark.parametrize(
    ("text", "seconds"), [("90d", 7_776_000), ("12h", 43_200), ("30 m", 1800), ("8w", 4_838_400), (" 1d ", 86_400)]
)
def test_a_duration(text, seconds):
    assert parse_duration(text, "keep") == seconds


@pytest.mark.parametrize(
    "text", ["", "90", "d", "0d", "-1d", "1.5d", "90 days", "90D", "1d2h", "9999999d", 7, 0.5, None, True]
)
def test_no_duration(text):
    with pytest.raises(DefinitionInvalid, match=r"keep: .*such as 90d or 12h"):
        parse_duration(text, "keep")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1800, "30m"),
        (604_800, "7d"),
        (5400, "90m"),
        (86_400, "1d"),
        (59.5, "59500ms"),
        (0.05, "50ms"),
        (0.0001, "0.0001s"),
    ],
)
def test_a_duration_in_its_largest_unit(seconds, text):
    assert duration_text(seconds) == text


def test_how_long_predictions_are_kept():
    settings = parse_settings({"predictions": {"keep": "90d", "models": {"topics": "12h"}}}, {}).predictions
    assert (settings.keep_seconds("topics"), settings.keep_seconds("news")) == (43_200, 7_776_000)
    assert parse_settings({}, {}).predictions.keep_seconds("news") is None
    only = parse_settings({"predictions": {"models": {"topics": "1d"}}}, {}).predictions
    assert (only.keep_seconds("topics"), only.keep_seconds("news")) == (86_400, None)


def test_a_wrong_setting_is_named():
    with pytest.raises(DefinitionInvalid, match=r"models\.topics: expected a duration such as 90d or 12h; got 'long'"):
        parse_settings({"predictions": {"models": {"topics": "long"}}}, {})


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"predictions": {"keep": 90}}, r"predictions\.keep"),
        ({"tables": {"u": {"key": "u", "files": "u.csv", "every": 60}}}, r"tables\.u\.every"),
        ({"tables": {"u": {"key": "u", "files": "u.csv", "live": 60}}}, r"tables\.u\.live"),
    ],
)
def test_a_number_is_no_duration_and_would_be_none_as_text(settings, path):
    with pytest.raises(DefinitionInvalid, match=rf"^{path}: expected a duration such as 90d or 12h\b[^:]*$"):
        parse_settings(settings, {})


def test_a_number_that_is_a_text_when_quoted_is_told_so():
    with pytest.raises(DefinitionInvalid, match="quote it, as text"):
        parse_settings({"name": 7}, {})
