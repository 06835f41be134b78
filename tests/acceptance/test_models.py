"""leaderboard, models and predict, on one trained project."""

import csv
import io


def test_the_leaderboard_is_a_table_json_or_csv(trained):
    table = trained("leaderboard")
    assert "ranked on validation" in table
    assert "tickets@1" in table
    rows = trained.json("leaderboard", "plan.yaml")
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    for row in rows:
        assert row["test_accuracy_low"] <= row["test_accuracy"] <= row["test_accuracy_high"]
        assert min(row["fit_seconds"], row["size_bytes"], row["predict_us"]) > 0
    assert rows[0]["validation_accuracy"] >= rows[-1]["validation_accuracy"]
    assert trained("leaderboard", "--format", "json") == trained("leaderboard", "tickets", "--json")
    written = list(csv.DictReader(io.StringIO(trained("leaderboard", "--format", "csv", "--top", 2))))
    assert [row["label"] for row in written] == [row["label"] for row in rows[:2]]


def test_a_version_has_a_history(trained):
    assert [version["number"] for version in trained.json("models", "list")["tickets"]] == [1, 2, 3, 4]
    assert "tickets: 4 versions" in trained("models", "list")
    shown = trained.json("models", "show", "tickets@1")
    story = shown["trained"]
    assert story["definition"]["dataset"]["options"]["training_ratio"] == 0.6
    assert len(story["dataset_digest"]) == 64
    assert story["environment"]["packages"]["numpy"]
    assert story["form"]["difference"] <= 1e-6
    said = trained("models", "show", "tickets@1")
    assert "Rows of the test part" in said
    assert story["label"] in said


def test_aliases_move_back_and_are_remembered(trained):
    best = trained.json("leaderboard")[0]["versions"][0]
    assert trained.json("models", "promote", "tickets@best")["version"] == int(best.partition("@")[2])
    other = next(number for number in (1, 2) if f"tickets@{number}" != best)
    trained("models", "promote", f"tickets@{other}", "--yes", "--reason", "to see what happens")
    trained("models", "promote", f"tickets@{other}", "--as", "canary")
    assert f"{other} now" not in trained("models", "rollback", "tickets", "--reason", "enough")
    moves = trained.json("models", "history", "tickets")
    assert [(move["alias"], move["action"]) for move in moves] == [
        ("champion", "rollback"),
        ("canary", "promote"),
        ("champion", "promote"),
        ("champion", "promote"),
    ]
    assert "to see what happens" in trained("models", "history", "tickets")
    assert trained.json("models", "show", "tickets@champion")["number"] == int(best.partition("@")[2])
    assert trained.json("leaderboard")[0]["aliases"] == ["champion"]


def test_texts_are_classified_without_a_server(trained):
    texts = ("courier lost my parcel", "password reset email locked")
    answers = trained.json("predict", "tickets@best", *texts)
    assert [answer["label"] for answer in answers] == ["delivery", "account"]
    assert abs(sum(answers[0]["scores"].values()) - 1) < 1e-9
    assert answers[0]["confidence"] == max(answers[0]["scores"].values())
    assert trained("predict", "tickets@best", texts[0]).startswith("delivery\t")


def test_a_name_that_is_not_there_lists_those_that_are(trained):
    assert "tickets" in trained.mistake("predict", "tickts", "text")
    assert "tickts" in trained.mistake("models", "show", "tickts@1")
    assert "9" in trained.mistake("models", "promote", "tickets@9")
    assert "NUMBER" in trained.mistake("models", "promote", "tickets")
    assert "nosuch" in trained.mistake("models", "show", "tickets@nosuch")
    assert "canary2" in trained.mistake("models", "rollback", "tickets", "--as", "canary2")
    assert "tickts" in trained.mistake("models", "history", "tickts")
    assert "nosuch" in trained.mistake("leaderboard", "nosuch")
