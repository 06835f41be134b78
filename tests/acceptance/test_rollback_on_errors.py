"""A live server takes back the promotion of a version that fails where the version before answered."""

import json
import pickle

import httpx
import pytest
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


@pytest.fixture(scope="module")
def churn(make_project):
    """Version 1 is the champion; version 2 raises where it is asked about a silver plan."""
    shell = make_project("")
    rows = [json.dumps({"input": {"plan": plan, "n": n}, "label": label}) for n, (plan, label) in enumerate(ROWS)]
    shell.write("rows.jsonl", "\n".join(rows))
    shell("examples", "import", "rows.jsonl")
    assert [put(shell, "first.pickle", "ignore"), put(shell, "second.pickle", "error")] == ["churn@1", "churn@2"]
    shell.write("argosy.yaml", "name: shop\nrollback: {errors: 0.05, minimum_requests: 20}\n")
    return shell


@pytest.mark.parametrize("processes", [1, 2])
def test_a_champion_that_raises_is_rolled_back_with_the_counts_as_the_reason(churn, until, processes):
    shell = churn
    shell("models", "promote", "churn@1", "--yes")
    process, client = shell.serve("serve", "--workers", processes)

    def ask(plan):
        """Over a connection of its own: any process may take it."""
        return httpx.post(f"{client.base_url}/v1/models/churn:predict", json={"instances": [{"plan": plan}]})

    def versions():
        return {ask("gold").headers["argosy-model-version"] for _ in range(12 if processes > 1 else 1)}

    assert {ask("silver").status_code for _ in range(40)} == {200}
    shell("models", "promote", "churn@2", "--yes")
    until(lambda: versions() == {"2"})

    def is_rolled_back():
        for _ in range(12):
            ask("silver")
        return versions() == {"1"}

    until(is_rolled_back)
    assert ask("silver").status_code == 200
    client.close()
    assert shell.end(process) == 0
    move = shell.json("models", "history", "churn")[0]
    assert (move["action"], move["moved_by"], move["from_number"], move["to_number"]) == ("rollback", "server", 2, 1)
    assert "requests failed since its promotion, 0 of " in move["reason"]
