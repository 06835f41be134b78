"""plan check, submit, status and cancel; train; worker."""

import pytest

LABELS = 4


@pytest.fixture
def shop(imported, copy_of):
    return copy_of(imported)


def states(shop):
    return shop.json("plan", "status", "plan.yaml")["counts"]


def test_a_check_changes_nothing(shop):
    checked = shop.json("plan", "check", "plan.yaml")
    assert checked["plan"] == "tickets"
    assert checked["permutations"] == checked["will_train"] == checked["definitions"] == LABELS
    assert checked["datasets"][0]["rows"] == 240
    assert set(checked["labels"].values()) == {"new"}
    assert "Plan 'tickets': 4 permutations." in shop("plan", "check", "plan.yaml")
    assert "no plan" in shop.mistake("plan", "status", "tickets")


def test_rules_and_options_without_effect_are_reported(shop):
    shop.write(
        "rules.yaml",
        "dataset: {name: all}\nadapter: {name: [tfidf, hashing]}\n"
        "model: {name: svm, options: {kernel: [linear, rbf], degree: [2, 3]}}\n"
        "forbid: {adapter.name: hashing, model.kernel: rbf}\n",
    )
    checked = shop.json("plan", "check", "rules.yaml")
    assert (checked["plan"], checked["permutations"], checked["definitions"]) == ("rules", 8, 6)
    assert checked["distinct"] == 3
    assert [one["count"] for one in checked["forbidden"]] == [2]
    assert checked["without_effect"][0]["option"] == "model.options.degree"
    said = shop("plan", "check", "rules.yaml")
    assert "Forbidden:" in said
    assert "Without effect: model.options.degree" in said


def test_what_is_submitted_is_followed_cancelled_and_submitted_again(shop):
    submitted = shop.json("plan", "submit", "plan.yaml")
    assert len(submitted["queued"]) == LABELS
    again = shop.json("plan", "submit", "plan.yaml")
    assert (again["queued"], len(again["waiting"])) == ([], LABELS)
    assert states(shop)["queued"] == LABELS
    assert sorted(shop.json("plan", "cancel", "plan.yaml")["cancelled"]) == sorted(submitted["queued"])
    assert "0 definitions cancelled" in shop("plan", "cancel", "tickets")
    assert states(shop)["cancelled"] == LABELS
    assert f"{LABELS} definitions queued" in shop("plan", "submit", "plan.yaml")
    shop.write("other.yaml", (shop.folder / "plan.yaml").read_text().replace("name: tickets", "name: other"))
    shop("plan", "submit", "other.yaml")
    assert f"0 definitions cancelled.\n  {LABELS} not cancelled: also in tickets" in shop("plan", "cancel", "other")


def test_workers_train_what_is_queued_and_a_second_submission_trains_nothing(shop):
    shop("plan", "submit", "plan.yaml")
    shop("worker", "--processes", 2, "--until-idle")
    assert states(shop)["done"] == LABELS
    assert "4 done" in shop("plan", "status", "tickets")
    submitted = shop.json("plan", "submit", "plan.yaml")
    assert (submitted["queued"], len(submitted["trained"])) == ([], LABELS)
    checked = shop.json("plan", "check", "plan.yaml")
    assert (checked["trained"], checked["will_train"]) == (LABELS, 0)
    ranked = shop.json("train", "plan.yaml")
    assert [row["rank"] for row in ranked] == [1, 2, 3, 4]


def test_a_stopped_worker_gives_its_jobs_back(shop, until):
    shop.write(
        "more.yaml", "dataset: {name: all}\nadapter: {name: tfidf}\nmodel: {name: svm, options: {C: [1, 2, 3]}}\n"
    )
    shop("plan", "submit", "more.yaml")
    worker = shop.start("worker")
    until(lambda: shop.json("plan", "status", "more")["counts"].get("queued", 0) < 3)
    assert shop.end(worker) == 0
    counts = shop.json("plan", "status", "more")["counts"]
    assert counts.get("running", 0) == counts.get("failed", 0) == 0
    shop("worker", "--until-idle")
    assert shop.json("plan", "status", "more")["counts"]["done"] == 3


LACKING = """\
from argosy.models.adapters import adapters
from argosy.models.adapters.tfidf import TfIdf


class Lacking(TfIdf):
    @classmethod
    def lacks(cls, options):
        return "the adapter lacking needs pip install moonlight"


adapters.register("lacking", Lacking)
"""


def test_missing_packages_are_left_out_and_reported(empty):
    empty.write("lacking_adapter.py", LACKING)
    empty.write("argosy.yaml", "plugins: [lacking_adapter]\n")
    empty.write("few.csv", "text,label\n" + "".join(f"word{n % 3} {n},label{n % 3}\n" for n in range(200)))
    empty("examples", "import", "few.csv")
    empty.write(
        "some.yaml", "dataset: all\nadapter: [tfidf, {name: lacking, if_installed: true}]\nmodel: naive_bayes\n"
    )
    said = empty("plan", "check", "some.yaml")
    assert "Left out: the adapter lacking needs pip install moonlight (1 permutation)" in said
    assert "1   left out, since their requirements are not installed" in said
    assert "1   will train" in said
    submitted = empty.json("plan", "submit", "some.yaml")
    assert (len(submitted["queued"]), submitted["left_out"]) == (1, ["the adapter lacking needs pip install moonlight"])
    assert "Left out: the adapter lacking needs" in empty.run("train", "some.yaml").err
