"""An ensemble of two trained pairs, from the plan file to an answer over HTTP; on SMS data if available."""

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest

import argosy

MEMBERS = """\
name: pairs
dataset: {name: all, options: {training_ratio: 0.6}}
adapter: tfidf
model: [{name: logistic, options: {C: 100}}, naive_bayes]
"""
ENSEMBLE = """\
name: together
dataset: {name: all, options: {training_ratio: 0.6}}
ensemble: {of: [pairs@1, pairs:2], by: mean}
"""
SMS = Path(os.environ.get("ARGOSY_DATA", "../shared/data")) / "text" / "sms_spam.jsonl.gz"


def rows():
    if SMS.exists():
        with gzip.open(SMS, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line, _ in zip(file, range(2000), strict=False)]
    words = {"spam": "free prize claim call win", "ham": "see you later at home"}
    return [{"text": f"{words[label]} {n}", "label": label} for n in range(150) for label in words]


def test_an_ensemble_goes_the_whole_way_to_an_answer_over_http(make_project):
    shell = make_project(MEMBERS)
    shell.write("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows()))
    shell("examples", "import", "rows.jsonl")
    shell("train", "plan.yaml", "--processes", 1)
    shell.write("together.yaml", ENSEMBLE)
    shell("train", "together.yaml", "--processes", 1)
    [line] = [row for row in shell.json("leaderboard") if row["model"] == "mean"]
    assert line["test_accuracy"] > 0.9  # always ham would be 0.86
    shell("models", "promote", "together@1")
    process, client = shell.serve("serve")
    asked = ["win a free prize, call now to claim", "see you at home later"]
    answers = client.post("/v1/models/together:predict", json={"instances": asked}).json()["predictions"]
    client.close()
    shell.end(process)
    with argosy.open(shell.folder) as project:
        members = project.models.trained("together@1").definition["adapter"]["options"]["of"]
        assert members == [project.models.resolve(f"pairs@{number}").label for number in (1, 2)]
        mean = np.mean([project.models[f"pairs@{number}"].predict_proba(asked) for number in (1, 2)], axis=0)
    for answer, expected in zip(answers, mean.tolist(), strict=True):
        assert answer["probabilities"] == pytest.approx(expected, abs=1e-9)
    ran = shell.run("retrain", "together")
    assert ran.code == 2
    assert "retrain the models of its members" in ran.out
