"""Durations as people write them, in settings too."""

import pytest

from argosy.definitions.durations import parse_duration
from argosy.definitions.project import parse_settings
from argosy.errors import DefinitionInvalid


@pytest.mark.parametrize(
    ("text", "seconds"), [("90d", 7_776_000), ("12h", 43_200), ("30 m", 1800), ("8w", 4_838_400), (" 1d ", 86_400)]
)
def test_a_duration(text, seconds):
    assert parse_duration(text, "keep") == seconds


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "1.5d", "90 days", "90D", "1d2h", "9999999d"])
def test_no_duration(text):
    with pytest.raises(DefinitionInvalid, match=r"keep: .*such as 90d or 12h"):
        parse_duration(text, "keep")


def test_how_long_predictions_are_kept():
    settings = parse_settings({"predictions": {"keep": "90d", "models": {"topics": "12h"}}}, {}).predictions
    assert (settings.keep_seconds("topics"), settings.keep_seconds("news")) == (43_200, 7_776_000)
    assert parse_settings({}, {}).predictions.keep_seconds("news") is None
    only = parse_settings({"predictions": {"models": {"topics": "1d"}}}, {}).predictions
    assert (only.keep_seconds("topics"), only.keep_seconds("news")) == (86_400, None)


def test_a_wrong_setting_is_named():
    with pytest.raises(DefinitionInvalid, match=r"predictions\.models\.topics: 'long' is no duration"):
        parse_settings({"predictions": {"models": {"topics": "long"}}}, {})
