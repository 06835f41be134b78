"""A retraining that continues from the champion and learns a new class."""

PLAN = """\
name: tickets
dataset: {name: all, options: {training_ratio: 0.6}}
adapter: {name: hashing}
model: {name: sgd, options: {update: true}}
"""


def test_a_retraining_continues_from_the_champion(make_project):
    shell = make_project(PLAN)
    words = {"delivery": "parcel courier late", "refund": "money charged card", "account": "password login email"}

    def rows(labels, start):
        return "text,label\n" + "".join(
            f"{words[label]} number{number},{label}\n"
            for number in range(start, start + 200)
            for label in [labels[number % len(labels)]]
        )

    shell.write("first.csv", rows(["delivery", "refund"], 0))
    shell("examples", "import", "first.csv")
    shell("train", "plan.yaml", "--processes", 1)
    shell("models", "promote", "tickets@1")
    first = shell.json("models", "show", "tickets@1")["label"]
    shell.write("second.csv", rows(["delivery", "refund", "account"], 1000))
    shell("examples", "import", "second.csv")
    assert "new training rows" in shell.run("retrain", "tickets", "--processes", 1).out
    second = shell.json("models", "show", "tickets@2")["trained"]
    assert second["definition"]["model"]["options"]["after"] == first == second["parent"]
    assert second["confusion"]["labels"] == ["account", "delivery", "refund"]
    assert second["metrics"]["test"]["accuracy"]["value"] > 0.9
    assert shell.json("predict", "tickets@2", "login password")[0]["label"] == "account"
    assert "identical" in shell("reproduce", "tickets@2")


def test_an_earlier_version_with_other_features_is_refused(make_project):
    shell = make_project(PLAN)
    shell.write("few.csv", "text,label\n" + "".join(f"word{n % 2} x{n},{'ab'[n % 2]}\n" for n in range(200)))
    shell("examples", "import", "few.csv")
    shell("train", "plan.yaml", "--processes", 1)
    label = shell.json("models", "show", "tickets@1")["label"]
    plan = PLAN.replace("hashing", "tfidf").replace("update: true", f"after: {label}")
    shell.write("other.yaml", plan.replace("tickets", "other"))
    ran = shell.run("train", "other.yaml", "--processes", 1)
    assert "has another adapter" in ran.out + ran.err + shell.run("plan", "status", "other").out
