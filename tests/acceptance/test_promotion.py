"""The best version, and promotion over a champion, after a second, poor plan of the same name."""

import os
import subprocess

import pytest

import argosy
from argosy.errors import PromotionDoubtful, VersionNotFound
from argosy.testing.waiting import PATIENCE

POOR = """\
name: tickets
dataset: {name: all, options: {training_ratio: 0.6}}
adapter: {name: hashing, options: {buckets: [2]}}
model: {name: logistic, options: {C: [0.0001]}}
"""


@pytest.fixture(scope="module")
def poorer(trained, module_copy_of):
    """The champion is the best of the first plan; a plan of the same name and one poor definition was trained since."""
    shell = module_copy_of(trained.folder)
    shell("models", "promote", "tickets@best")
    shell.write("poor.yaml", POOR)
    shell("train", "poor.yaml", "--processes", 1)
    return shell


@pytest.fixture
def replaced(poorer, copy_of):
    return copy_of(poorer)


def test_best_is_the_best_of_all_versions_on_these_rows(replaced):
    best = replaced.json("leaderboard")[0]["versions"][0]
    assert replaced.json("models", "show", "tickets@best")["number"] == int(best.partition("@")[2])
    assert replaced.json("models", "promote", "tickets@best")["version"] == int(best.partition("@")[2])
    rows = replaced.json("leaderboard", "poor.yaml")
    assert sorted(row["versions"][0] for row in rows if row["replaced"]) == [f"tickets@{n}" for n in (1, 2, 3, 4)]
    assert [row["replaced"] for row in rows if row["versions"] == ["tickets@5"]] == [False]
    assert "† of an earlier form of the plan." in replaced("leaderboard", "tickets")
    (earlier,) = replaced.json("plan", "status", "tickets")["replaced"]
    assert (earlier["definitions"], earlier["trained"], earlier["is_same_plan"]) == (4, 4, False)
    assert "another form of the plan" in replaced("plan", "status", "tickets")
    assert "which is another form than this plan" in replaced("plan", "status", "plan.yaml")
    asked = {
        name: replaced.json("plan", "status", name)["is_other_form"] for name in ("plan.yaml", "poor.yaml", "tickets")
    }
    assert asked == {"plan.yaml": True, "poor.yaml": False, "tickets": False}
    assert "tickets@1 has no files and no curves" in replaced("models", "files", "tickets@1")


def test_a_worse_version_does_not_replace_the_champion_without_confirmation(replaced):
    champion = replaced.json("models", "show", "tickets@champion")["number"]
    ran = replaced.run("models", "promote", "tickets@5")
    assert ran.mistake.startswith(f"not promoted: tickets@5 is worse than the champion tickets@{champion}")
    assert "points on" in ran.out
    assert replaced.json("models", "show", "tickets@champion")["number"] == champion
    found = replaced.json("models", "promote", "tickets@5", "--yes")
    assert found["version"] == 5
    assert found["comparison"]["newcomer_figure"] < found["comparison"]["champion_figure"]
    assert "is version" in replaced("models", "promote", "tickets@best")  # better again: no question


def test_promotion_in_python_needs_confirmation_too(replaced):
    with argosy.open(replaced.folder) as project:
        champion = project.models.resolve("tickets@champion")
        with pytest.raises(PromotionDoubtful, match=r"even_if_worse=True promotes it all the same") as raised:
            project.models.promote("tickets@5")
        assert raised.value.comparison["champion"] == champion.reference
        assert project.models.resolve("tickets@champion") == champion
        assert project.models.promote("tickets@5", alias="canary").number == 5
        assert "champion" in project.models.promote("tickets@5", even_if_worse=True).aliases
        with pytest.raises(VersionNotFound, match=r"project\.models\.resolve finds it"):
            project.store.stored_version("tickets@best")


@pytest.mark.parametrize(("answer", "code", "said"), [("y", 0, "is version 5"), ("n", 2, "not promoted")])
def test_promotion_at_a_terminal_asks_for_confirmation(replaced, answer, code, said):
    ours, theirs = os.openpty()
    process = replaced.start("models", "promote", "tickets@5", stdin=theirs, log=subprocess.STDOUT)
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    shown = process.stdout.read()
    os.close(ours)
    assert process.wait(PATIENCE) == code
    assert "Promote it anyway?" in shown
    assert said in shown


def test_on_different_datasets_both_answer_rows_that_neither_learned_from(replaced):
    replaced.write("other.yaml", POOR.replace("0.6", "0.5"))
    replaced("train", "other.yaml", "--processes", 1)
    ran = replaced.run("models", "promote", "tickets@6")
    assert "tickets@6 is worse than" in ran.mistake
    assert "rows that neither learned from" in ran.out


def test_names_of_places_on_the_leaderboard_are_no_aliases(trained, copy_of):
    shell = copy_of(trained)
    assert "place on the leaderboard" in shell.mistake("models", "promote", "tickets@1", "--as", "best")
    assert "place on the leaderboard" in shell.mistake("models", "promote", "tickets@1", "--as", "proposed")


def test_an_alias_is_removed(trained, copy_of):
    shell = copy_of(trained)
    shell("models", "promote", "tickets@1", "--as", "canary")
    assert shell("models", "unalias", "tickets", "canary") == "tickets@canary is gone; it was version 1.\n"
    assert "canary" in shell.mistake("models", "show", "tickets@canary")
    assert "is no alias" in shell.mistake("models", "unalias", "tickets", "1")
    assert shell.json("models", "history", "tickets")[0]["action"] == "remove"


def test_what_gives_one_answer_to_all_rows_is_named_next_to_the_majority_baseline(empty):
    rows = [f"text number {n},{'rare' if n % 5 == 0 else 'usual'}" for n in range(200)]
    empty.write("rows.csv", "\n".join(["text,label", *rows]) + "\n")
    empty("examples", "import", "rows.csv")
    empty.write("poor.yaml", POOR)
    empty("train", "poor.yaml", "--processes", 1)
    (row,) = empty.json("leaderboard", "tickets")
    assert row["is_constant"]
    assert row["test_accuracy"] == pytest.approx(row["test_baseline"])
    assert "Majority baseline (always 'usual'): accuracy 0." in empty("leaderboard")
    for command in (("leaderboard", "tickets"), ("plan", "check", "poor.yaml")):
        assert "gives one answer to all rows" in empty(*command)
    said = empty("leaderboard")
    assert "none should be: the best gives one answer to all rows of the test part." in said
    assert "@best" not in said
    assert "→" not in said
    assert "tickets@best gives one answer to all rows" in empty("models", "list")
    assert "is proposed" in empty.mistake("models", "promote", "tickets@proposed")
    assert "tickets@1 gives one answer to all rows of the test part" in empty.run("models", "promote", "tickets@1").err


def test_a_plan_stops_when_it_is_good_enough(trained, copy_of):
    shell = copy_of(trained)
    plan = POOR.replace("tickets", "quick", 1).replace("[2]", "[512, 256, 128]").replace("[0.0001]", "[10, 5]")
    shell.write("quick.yaml", f"{plan}stop_when: {{reached: 0.5}}\n")
    assert "Stops when a definition has accuracy 0.5" in shell("plan", "check", "quick.yaml")
    said = shell("train", "quick.yaml", "--processes", 1)
    assert "0.5 or better; 5 not tried" in said
    assert len(shell.json("leaderboard", "quick")) == 1


def test_a_different_label_on_each_row_is_reported(empty):
    empty.write("rows.csv", "\n".join(["text,label", *(f"text number {n},{n}" for n in range(400))]) + "\n")
    empty("examples", "import", "rows.csv")
    empty.write("plan.yaml", POOR)
    assert "fewer than 2 rows a class" in empty("plan", "check", "plan.yaml")
