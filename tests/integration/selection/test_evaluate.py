"""`evaluate:` from a plan to the leaderboard, compared with scikit-learn on the same folds."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss

from argosy.datasets.dataset import load
from argosy.definitions.evaluation import Folds
from argosy.models.rows_right import unpack_right
from argosy.training import train_job
from argosy.training.rounds import pooled_rows, validation_masks

PLAN = {
    "name": "shop",
    "dataset": "all",
    "adapter": "tfidf",
    "model": {"name": "logistic", "options": {"C": [1.0, 2.0]}},
}


def test_folds_are_scikit_learn_s_figures_on_the_same_folds(project, trained):
    rows = trained({**PLAN, "evaluate": {"folds": 5}})
    found = project.store.trained(rows[0]["label"])
    part = pooled_rows(load(project.database, project.vault, found.dataset_digest))
    texts, labels, classes = np.array(part.inputs, object), np.array(part.labels), sorted(set(part.labels))
    probabilities = np.empty((len(labels), 3))
    masks = list(validation_masks(Folds(5), part.example_ids, part.labels))
    for mask in masks:
        adapter = TfidfVectorizer()
        model = LogisticRegression(C=found.definition["model"]["options"]["C"], max_iter=1000)
        model.fit(adapter.fit_transform(texts[~mask]), labels[~mask])
        probabilities[mask] = model.predict_proba(adapter.transform(texts[mask]))
    answers = np.array(classes)[probabilities.argmax(axis=1)]
    measured = found.metrics["validation"]
    assert measured["accuracy"]["value"] == pytest.approx(np.mean(answers == labels))
    assert measured["macro_f1"]["value"] == pytest.approx(f1_score(labels, answers, average="macro"))
    assert measured["log_loss"]["value"] == pytest.approx(log_loss(labels, probabilities), abs=1e-3)
    assert measured["accuracy"]["low"] < measured["accuracy"]["value"] < measured["accuracy"]["high"]
    right = unpack_right(found.rows_right)
    assert [count for count, _ in right] == [int(mask.sum()) for mask in masks]
    assert sum(bits.bit_count() for _, bits in right) == int(np.sum(answers == labels))


def test_the_pair_is_the_one_that_a_plan_without_folds_trains(project, trained):
    plain = trained(PLAN)
    folds = trained({**PLAN, "evaluate": {"folds": 3}})
    repeats = trained({**PLAN, "evaluate": {"repeats": 4, "validation_ratio": 0.3}})
    by_model = [{row["model"]: project.store.trained(row["label"]) for row in rows} for rows in (plain, folds, repeats)]
    for model, result in by_model[0].items():
        assert by_model[1][model].artifact == by_model[2][model].artifact == result.artifact
        assert by_model[1][model].metrics["test"] == by_model[2][model].metrics["test"] == result.metrics["test"]
    assert [row["evaluate"] for row in (plain[0], folds[0], repeats[0])] == ["", "3 folds", "4 repeats"]
    assert repeats[1]["p_value"] is not None
    assert [row["rank"] for row in project.leaderboard().reset_index().to_dict("records")] == [1, 2, 1, 2, 1, 2]


def test_each_adapter_is_fitted_once_a_fold(trained, monkeypatch):
    made = []
    make_fit = train_job.make_fit

    def counted(adapter, dataset, **more):
        made.append(len(dataset.parts["validation"]))
        return make_fit(adapter, dataset, **more)

    monkeypatch.setattr(train_job, "make_fit", counted)
    trained({**PLAN, "evaluate": {"folds": 5}})
    assert len(made) == 6


def test_too_few_rows_for_the_folds_fail_with_a_reason(project, trained):
    few = {
        **PLAN,
        "dataset": {"name": "latest", "options": {"rows": 90, "training_ratio": 0.5}},
        "evaluate": {"folds": 50},
    }
    with pytest.raises(AssertionError, match="too few for 50 folds"):
        trained(few)
