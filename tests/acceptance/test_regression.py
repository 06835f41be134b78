"""Labels that are numbers, from a file to a better version, one step after another: the truth is 3·s + j.

There is no noise in it, so that a version that learned from more examples is nowhere worse by chance.
"""

import csv
import json
import random

import pytest

PLAN = """\
name: demand
dataset: {name: all, options: {training_ratio: 0.6}}
adapter: {name: numeric, options: {numbers: [[s, j]]}}
model:
  - {name: ridge, options: {alpha: [0.1, 1000.0]}}
  - {name: gradient_boosting_regressor, options: {trees: 50}}
"""
ASKED, REVIEWED = 120, 30


def measured(count, seed, reach=5.0):
    """In the first examples j does not vary (its reach is 0), so that nothing can be learned of it."""
    draw = random.Random(seed)
    for _ in range(count):
        s, j = draw.uniform(0, 10), draw.uniform(-reach, reach)
        fields = {"s": round(s, 3), "j": round(j, 3)}
        yield fields, round(3 * fields["s"] + fields["j"], 9)


@pytest.fixture(scope="module")
def demand(make_project):
    shell = make_project(PLAN)
    shell.write("argosy.yaml", "name: demand\ngate: {minimum_rows: 10, cooldown_seconds: 0}\n")
    rows = [{**fields, "label": number} for fields, number in measured(300, 1, reach=0.0)]
    shell.write("demand.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    shell("examples", "import", "demand.jsonl", "--fields", "s,j")
    shell("train", "plan.yaml", "--processes", 1)
    return shell


@pytest.fixture(scope="module")
def server(demand):
    demand("models", "promote", "demand@best")
    process, client = demand.serve("serve")
    yield client
    client.close()
    assert demand.end(process) == 0


@pytest.fixture(scope="module")
def asked(server):
    """Answers where j varies, and what would have been right: (prediction id, number)."""
    rows = list(measured(ASKED, 2))
    answer = server.post("/v1/models/demand:predict", json={"instances": [fields for fields, _ in rows]}).json()
    ids = answer["prediction_ids"]
    return [(one, number) for one, (_, number) in zip(ids, rows, strict=True)]


def test_numbers_go_round_the_loop(demand, server, asked, until):
    """Each step depends on the previous ones."""
    the_plan_is_checked_by_what_numbers_have(demand)
    the_leaderboard_is_by_mean_absolute_error(demand)
    models_and_labels_that_do_not_fit_are_refused(demand)
    answers_are_numbers_on_both_protocols(demand, server)
    rows_of_files_are_answered_with_numbers(demand)
    outcomes_come_back_as_numbers(demand, server, asked)
    a_review_draws_uniformly(demand, asked, until)
    drift_is_of_the_mean(demand)
    a_challenger_that_learned_from_the_outcomes_is_promoted(demand, server, until)
    versions_are_compared_by_their_errors(demand)
    a_replay_brings_the_better_version_back(demand, server, until)
    a_version_is_made_again_and_reported(demand)


def the_plan_is_checked_by_what_numbers_have(demand):
    checked = demand("plan", "check", "plan.yaml")
    assert "mean baseline" in checked
    assert "MAE" in checked
    assert "warning" not in checked


def the_leaderboard_is_by_mean_absolute_error(demand):
    rows = demand.json("leaderboard", "plan.yaml")
    assert {row["ranked_by"] for row in rows} == {"mae"}
    best, *_, worst = rows
    assert best["model"] == "ridge alpha=0.1"
    assert best["test_mae"] < 0.6 < worst["test_mae"] < best["test_baseline"]
    assert best["test_r2"] > 0.98
    for name in ("mae", "rmse", "r2"):
        assert best[f"test_{name}_low"] <= best[f"test_{name}"] <= best[f"test_{name}_high"]
    assert worst["p_value"] < 1e-6
    shown = demand("leaderboard", "plan.yaml")
    assert "MAE with 95 % intervals" in shown
    assert "Mean baseline" in shown
    trained = demand.json("models", "show", "demand@best")["trained"]
    assert set(trained["metrics"]["test"]) == {"mae", "rmse", "r2"}
    assert trained["form"]["name"] == "sparse_linear"
    assert trained["form"]["difference"] < 1e-9


def models_and_labels_that_do_not_fit_are_refused(demand):
    demand.write("mixed.yaml", PLAN + "  - {name: logistic}\n")
    assert "answers numbers and logistic classes" in demand.mistake("plan", "check", "mixed.yaml")
    demand.write("tickets.csv", "text,label\n" + "".join(f"text {n},{'ab'[n % 2]}\n" for n in range(100)))
    demand("examples", "import", "tickets.csv", "--into", "tickets")
    plan = "dataset: {name: all, options: {collection: tickets}}\nadapter: {name: tfidf}\nmodel: {name: ridge}\n"
    demand.write("classes.yaml", plan)
    said = "model.name: ridge learns numbers, and 100 rows of 'tickets' have another label, such as 'a'"
    assert said in demand.mistake("plan", "check", "classes.yaml")
    demand.write("metric.yaml", PLAN + "search: {metric: accuracy}\n")
    assert "take one of mae, rmse, r2" in demand.mistake("plan", "check", "metric.yaml")


def answers_are_numbers_on_both_protocols(demand, server):
    fields = {"s": 2.0, "j": 0.0}
    (known,) = demand.json("predict", "demand", json.dumps(fields))
    assert abs(known["value"] - 6) < 0.5
    (answered,) = server.post("/v1/models/demand:predict", json={"instances": [fields]}).json()["predictions"]
    assert answered == pytest.approx(known["value"], abs=1e-6)
    columns = {name: [value] for name, value in fields.items()}
    assert server.post("/v1/models/demand:predict", json={"inputs": columns}).json()["outputs"] == [answered]
    tensors = [{"name": name, "datatype": "FP64", "shape": [1], "data": [value]} for name, value in fields.items()]
    answer = server.post("/v2/models/demand/infer", json={"inputs": tensors}).json()
    value, _ = answer["outputs"]
    assert value == {"name": "value", "datatype": "FP64", "shape": [1], "data": [answered]}
    there = server.get("/v2/models/demand").json()
    assert [one["name"] for one in there["outputs"]] == ["value", "prediction_id"]
    refused = server.post("/v2/models/demand/infer", json={"inputs": tensors, "outputs": [{"name": "label"}]})
    assert (refused.status_code, refused.json()["error"][:28]) == (400, "there is no output 'label'; ")


def rows_of_files_are_answered_with_numbers(demand):
    rows = "".join(f"{json.dumps(fields)}\n" for fields, _ in measured(20, 3, reach=0.0))
    demand.write("rows.jsonl", rows)
    demand("predict", "demand@champion", "--input", "rows.jsonl", "--output", "answers.csv")
    with (demand.folder / "answers.csv").open(encoding="utf-8", newline="") as file:
        answers = list(csv.DictReader(file))
    assert [name for name in answers[0] if name not in ("row", "version", "problem")] == ["value"]
    errors = [
        abs(float(row["value"]) - number) for row, (_, number) in zip(answers, measured(20, 3, reach=0.0), strict=True)
    ]
    assert sum(errors) / 20 < 1


def outcomes_come_back_as_numbers(demand, server, asked):
    for one, number in asked[:-REVIEWED]:
        body = {"prediction_id": one, "label": number, "kind": "outcome", "uniform": True}
        assert server.post("/feedback", json=body).status_code == 201
    wrong = {"prediction_id": asked[0][0], "label": "a lot", "source": "somebody"}
    assert server.post("/feedback", json=wrong).status_code == 201


def a_review_draws_uniformly(demand, asked, until):
    right, names = dict(asked), iter(range(1000))

    def reviewed():
        path = f"review-{next(names)}.csv"
        demand("feedback", "review", "demand", "--rows", ASKED, "--output", path)
        with (demand.folder / path).open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["prediction_id"] in right]
        return rows if len(rows) >= REVIEWED else None

    rows = until(reviewed)
    assert len({row["drawn"] for row in rows}) == 1
    for row in rows:
        row["correction"] = right[row["prediction_id"]]
    with (demand.folder / "back.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert demand.json("feedback", "import", "back.csv")["corrections"] == len(rows)


def drift_is_of_the_mean(demand):
    (period, *_) = demand.json("drift", "demand")["drift"]
    assert "number" in json.dumps(period)
    assert "mean answer" in demand("drift", "demand")


def a_challenger_that_learned_from_the_outcomes_is_promoted(demand, server, until):
    retrained = demand.json("retrain", "demand")
    assert retrained["promoted"] is True, retrained
    verdict = retrained["verdict"]
    assert verdict["metric"] == "mae"
    assert verdict["champion_error"] > verdict["challenger_error"]
    assert 0 < verdict["low"] < verdict["difference"] < verdict["high"]
    assert retrained["feedback"]["not_numbers"] <= 1
    version = str(retrained["challenger"])
    ask = {"instances": [{"s": 2.0, "j": 1.0}]}
    until(lambda: server.post("/v1/models/demand:predict", json=ask).headers["argosy-model-version"] == version)
    [move, _] = demand.json("models", "history", "demand")
    assert "better: a mean absolute error of " in move["reason"]


def versions_are_compared_by_their_errors(demand):
    change = demand.json("models", "diff", "demand@1", "demand@champion")["paired"]
    assert change["error"][0] > 0
    assert change["classes"] == []
    assert "mean absolute error" in demand("models", "diff", "demand@1", "demand@champion")


def a_replay_brings_the_better_version_back(demand, server, until):
    refused = demand.mistake("models", "promote", "demand@1")
    assert "is worse than the champion" in refused
    demand("models", "promote", "demand@1", "--yes")
    rows = list(measured(ASKED, 4))
    body = {"instances": [fields for fields, _ in rows]}

    def asked_again():
        answer = server.post("/v1/models/demand:predict", json=body)
        return answer.json() if answer.headers["argosy-model-version"] == "1" else None

    for one, (_, number) in zip(until(asked_again)["prediction_ids"], rows, strict=True):
        outcome = {"prediction_id": one, "label": number, "kind": "outcome"}
        assert server.post("/feedback", json=outcome).status_code == 201
    replayed = demand.json("models", "replay", "demand")
    assert replayed["rolled_back"] is True, replayed
    assert replayed["verdict"]["metric"] == "mae"


def a_version_is_made_again_and_reported(demand):
    assert "identical" in demand("reproduce", "demand@champion")
    demand("report", "demand", "--output", "report.html", "--learning-curve")
    page = (demand.folder / "report.html").read_text("utf-8")
    assert "Mean absolute error" in page
    assert "Confusion matrix" not in page
    assert "Predicted and actual numbers" in page
