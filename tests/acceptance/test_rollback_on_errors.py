"""A live server takes back the promotion of a version that fails where the version before answered."""

import json
import pickle

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

ROWS = [("free", "stays"), ("gold", "leaves"), ("test", "stays")] * 40


def put(shell, name, unknown):
    """A model of plans, which knows what to do with an unknown one, or raises."""
    theirs = make_pipeline(OneHotEncoder(handle_unknown=unknown), LogisticRegression())
    theirs.fit([[plan] for plan, _ in ROWS], [label for _, label in ROWS])
    (shell.folder / name).write_bytes(pickle.dumps(theirs))
    asked = ("models", "import", name, "--format", "pickle", "--allow-pickle", "--as", "churn")
    return shell.json(*asked, "--input", "{fields: {plan: category}}")["version"]


def test_a_champion_that_raises_is_rolled_back_with_the_counts_as_the_reason(empty, until):
    shell = empty
    rows = [json.dumps({"input": {"plan": plan, "n": n}, "label": label}) for n, (plan, label) in enumerate(ROWS)]
    shell.write("rows.jsonl", "\n".join(rows))
    shell("examples", "import", "rows.jsonl")
    assert [put(shell, "first.pickle", "ignore"), put(shell, "second.pickle", "error")] == ["churn@1", "churn@2"]
    shell("models", "promote", "churn@1")
    shell.write("argosy.yaml", "name: shop\nrollback: {errors: 0.05, minimum_requests: 20}\n")
    process, client = shell.serve("serve")

    def ask(plan):
        return client.post("/v1/models/churn:predict", json={"instances": [{"plan": plan}]})

    def version():
        return ask("gold").headers["argosy-model-version"]

    assert {ask("silver").status_code for _ in range(40)} == {200}
    shell("models", "promote", "churn@2", "--yes")
    until(lambda: version() == "2")

    def is_rolled_back():
        ask("silver")
        return version() == "1"

    until(is_rolled_back)
    assert ask("silver").status_code == 200
    client.close()
    assert shell.end(process) == 0
    move = shell.json("models", "history", "churn")[0]
    assert (move["action"], move["moved_by"], move["from_number"], move["to_number"]) == ("rollback", "server", 2, 1)
    assert "requests failed since its promotion, 0 of " in move["reason"]
