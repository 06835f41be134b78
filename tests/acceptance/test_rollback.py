"""models replay, and up with `rollback`: a champion that turns out worse is rolled back."""

import pytest

SWAPPED = {"delivery": "refund", "refund": "account", "account": "delivery"}
SAID = {"delivery": "courier lost my parcel {}", "refund": "money back on my card {}", "account": "password reset {}"}


@pytest.fixture(scope="module")
def swapped(live):
    """The project with a second version that learned swapped labels."""
    lines = [line.split(",") for line in (live.folder / "tickets.csv").read_text("utf-8").splitlines()[1:]]
    rows = "".join(f"{text},{SWAPPED[label]}\n" for text, label, *_ in lines)
    live.write("swapped.csv", "text,label\n" + rows)
    live("examples", "import", "swapped.csv", "--into", "swapped")
    live.write(
        "swapped.yaml",
        "name: tickets\ndataset: {name: all, options: {collection: swapped}}\nadapter: {name: tfidf}\n"
        "model: {name: logistic, options: {C: 10}}\n",
    )
    live("train", "swapped.yaml", "--processes", 1)
    return live


@pytest.fixture
def worse(swapped, copy_of):
    """A copy of it in which the second version is champion."""
    shell = copy_of(swapped)
    shell("models", "promote", "tickets@2", "--yes")
    return shell


def champion(shell):
    versions = shell.json("models", "list")["tickets"]
    return next(one["number"] for one in versions if "champion" in one["aliases"])


def test_without_a_version_before_there_is_nothing_to_replay(swapped):
    assert "has no earlier version to go back to" in swapped.mistake("models", "replay", "tickets")
    assert "no model is called 'ticket' (did you mean 'tickets'?)" in swapped.mistake("models", "replay", "ticket")


def test_without_feedback_the_champion_stays(worse):
    found = worse.json("models", "replay", "tickets")
    assert (found["champion"], found["previous"], found["rolled_back"]) == (2, 1, False)
    assert "0 fresh rows with feedback that measures: too few" in found["verdict"]["reason"]
    assert worse("models", "replay", "tickets").startswith("Version 2 stays champion; version 1: 0 fresh rows")


def test_up_rolls_back_a_champion_that_answers_worse(worse, until):
    settings = "name: shop\ngate: {minimum_rows: 10, cooldown_seconds: 0}\nrollback: {every_seconds: 0.2}\n"
    worse.write("argosy.yaml", settings)
    process, client = worse.serve("up", "--workers", 1)
    for number in range(8):
        for label, text in SAID.items():
            body = {"instances": [text.format(number)]}
            row = client.post("/v1/models/tickets:predict", json=body).json()["predictions"][0]
            body = {"prediction_id": row["prediction_id"], "label": label, "uniform": True}
            assert client.post("/feedback", json=body).status_code == 201
    until(lambda: champion(worse) == 1)
    client.close()
    assert worse.end(process) == 0
    move = worse.json("models", "history", "tickets")[0]
    assert (move["action"], move["moved_by"], move["from_number"], move["to_number"]) == ("rollback", "replay", 2, 1)
    assert move["evidence"]["low"] > 0
    assert "points of accuracy on" in move["reason"]
    assert "replaying the version before" in (worse.folder / "started.log").read_text("utf-8")
