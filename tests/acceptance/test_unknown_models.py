"""Commands about a model that does not exist are mistakes and do not print an empty list."""

import pytest


@pytest.mark.parametrize(
    "command", [("feedback", "list", "tickts"), ("feedback", "review", "tickts", "--output", "x.csv")]
)
def test_a_model_that_does_not_exist_is_not_found(trained, command):
    assert "no model is called 'tickts' (did you mean 'tickets'?)" in trained.mistake(*command)


def test_a_model_without_feedback_has_none(trained):
    assert "No feedback yet" in trained("feedback", "list", "tickets")
