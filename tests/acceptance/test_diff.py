"""`argosy models diff`: two definitions on the same rows, and one definition on changed rows."""

import csv

import pytest


def test_two_definitions_on_the_same_rows(trained):
    ranked = {(row["adapter"], row["model"]): row for row in trained.json("leaderboard")}
    rows = [ranked["tfidf", f"logistic C={C}"] for C in ("0.01", "10.0")]
    found = trained.json("models", "diff", *(row["versions"][0] for row in rows))
    assert [one["what"] for one in found["definition"]] == ["model.options.C"]
    assert found["data"]["rows"] == [240, 240]
    assert not any(found["data"][name] for name in ("added", "removed", "relabelled", "moved"))
    assert found["environment"] == []
    accuracies = [row["test_accuracy"] for row in rows]
    assert found["metrics"]["test"]["accuracy"][:2] == accuracies
    assert found["paired"]["accuracy"] == pytest.approx(accuracies)  # the same test rows, so the same figures
    assert found["paired"]["low"] <= found["paired"]["difference"] <= found["paired"]["high"]
    assert sum(one["rows"] for one in found["paired"]["classes"]) == found["paired"]["rows"]


def test_a_version_against_itself(trained):
    said = trained("models", "diff", "tickets@1", "tickets@1")
    assert "Definition: the same" in said
    assert "+0.0 points" in said


@pytest.fixture
def changed(live):
    """The tickets with three of them relabelled and two more; one customer's erased; trained again as version 2."""
    with (live.folder / "tickets.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    changed = [{**row, "label": "refund", "seen_at": "2026-06-01"} for row in rows if row["label"] == "delivery"][:3]
    new = [{**rows[0], "text": f"where is my parcel {number}", "seen_at": "2026-06-01"} for number in range(2)]
    with (live.folder / "more.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(changed + new)
    live("examples", "import", "more.csv")
    live("train", "plan.yaml", "--processes", 1)
    return live


def test_rows_added_and_relabelled_are_counted_by_label(changed):
    found = changed.json("models", "diff", "tickets@1", "tickets@2")
    assert found["definition"] == []
    assert found["data"]["rows"] == [240, 242]
    assert found["data"]["added"] == {"delivery": 2}
    assert found["data"]["relabelled"] == {"delivery → refund": 3}
    assert found["data"]["moved"] == found["data"]["removed"] == {}
    assert found["paired"]["rows"] > 0
    back = changed.json("models", "diff", "tickets@2", "tickets@1")["data"]
    assert (back["removed"], back["relabelled"]) == ({"delivery": 2}, {"refund → delivery": 3})
    assert "2 added: delivery 2" in changed("models", "diff", "tickets@1", "tickets@2")


def test_what_is_not_there_is_a_mistake(trained):
    assert "tickts" in trained.mistake("models", "diff", "tickts@1", "tickets@1")
