"""Lists of labels validated by folds and repeats, and on a slice of GoEmotions, compared with scikit-learn."""

import gzip
import json
import os
import random
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier

from argosy.datasets.dataset import load
from argosy.datasets.example import Example
from argosy.errors import DefinitionInvalid
from argosy.models.answers import classes_of, coded
from argosy.models.rows_right import unpack_counts, unpack_right
from argosy.types import Part

WORDS = {"joy": ["happy", "glad"], "love": ["adore", "heart"], "fear": ["panic", "scared"]}
PLAN = {
    "name": "moods",
    "dataset": {"name": "all", "options": {"collection": "moods"}},
    "adapter": "tfidf",
    "model": {"name": "one_vs_rest", "options": {"threshold": [0.5, "macro_f1"]}},
}
DATA = Path(os.environ.get("ARGOSY_DATA", "../shared/data")) / "text" / "goemotions.jsonl.gz"


def moods(count):
    draw = random.Random(2)
    for number in range(count):
        labels = [label for label in WORDS if draw.random() < 0.4]
        words = [draw.choice(WORDS[label]) for label in labels if draw.random() < 0.8]
        yield " ".join(["so", "it", "goes", *words, str(number)]), labels


@pytest.fixture
def moody(project):
    project.examples.add(moods(120), into="moods")
    return project


@pytest.mark.parametrize("evaluate", [{"folds": 3}, {"repeats": 3, "validation_ratio": 0.25}])
def test_folds_and_repeats_count_every_round(moody, trained, evaluate):
    rows = trained({**PLAN, "evaluate": evaluate})
    assert len(rows) == 2
    for row in rows:
        assert row["ranked_by"] == "micro_f1"
        assert row["validation_micro_f1_low"] < row["validation_micro_f1"] < row["validation_micro_f1_high"]
        found = moody.store.trained(row["label"])
        right, counts = unpack_right(found.rows_right), unpack_counts(found.rows_right)
        assert [length for length, _ in right] == [len(hits) for hits, _ in counts]
        assert len(right) == next(iter(evaluate.values()))
        if "folds" in evaluate:
            hits, sizes = (sum(int(one[at].sum()) for one in counts) for at in (0, 1))
            assert row["validation_micro_f1"] == pytest.approx(2 * hits / sizes)
            share = sum(bits.bit_count() for _, bits in right) / sum(length for length, _ in right)
            assert row["validation_accuracy"] == pytest.approx(share)


def test_single_labels_among_lists_are_lists_of_one(project, trained):
    rows = [(text, labels[0] if len(labels) == 1 else labels) for text, labels in moods(120)]
    project.examples.add(rows, into="moods")
    assert trained(PLAN)[0]["test_micro_f1"] > 0.3
    with pytest.raises(DefinitionInvalid, match="the labels of 'moods' are lists, and sgd learns one label a text"):
        project.plans.check({**PLAN, "model": "sgd"})
    search = {**PLAN, "model": "naive_bayes", "search": {"sampler": "grid"}}
    with pytest.raises(DefinitionInvalid, match=r"write model: \{name: one_vs_rest, options: \{of: naive_bayes\}\}"):
        project.plans.check(search)
    with pytest.raises(DefinitionInvalid, match=r"no label of 'default' is a list.*write model: \{name: logistic\}"):
        project.plans.check({**PLAN, "dataset": "all"})


def test_a_search_uses_micro_f1_which_single_labels_do_not_have(moody):
    plan = {**PLAN, "search": {"sampler": "grid"}}
    assert moody.plans.load(plan).search.metric == "micro_f1"
    assert moody.plans.load({**PLAN, "search": {"metric": "accuracy"}}).search.metric == "accuracy"
    assert moody.plans.load({**PLAN, "model": "sgd", "search": {}}).search.metric == "accuracy"
    with pytest.raises(DefinitionInvalid, match="hamming_loss is of lists of labels, which no model here answers"):
        moody.plans.load({**PLAN, "model": "sgd", "search": {"metric": "hamming_loss"}})
    moody.plans.train(plan)
    assert "best micro_f1 0." in moody.plans.status("moods").search


@pytest.mark.skipif(not DATA.exists(), reason="no data: set ARGOSY_DATA")
def test_a_slice_of_go_emotions_is_as_scikit_learn_has_it(project, trained):
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in islice(file, 1000)]
    project.examples.add([Example(row["text"], json.dumps(row["labels"])) for row in rows], into="emotions")
    dataset = {"name": "all", "options": {"collection": "emotions", "training_ratio": 0.7}}
    model = {"name": "one_vs_rest", "options": {"settings": {"C": 10}}}
    (found,) = trained({**PLAN, "dataset": dataset, "model": model})
    parts = load(project.database, project.vault, project.store.trained(found["label"]).dataset_digest).parts
    train, test = parts[Part.TRAIN], parts[Part.TEST]
    classes = classes_of(train.labels, "lists")
    truth = coded(test.labels, classes, "lists")[:, :-1]
    vectorizer = TfidfVectorizer()
    theirs = OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000))
    theirs.fit(vectorizer.fit_transform(train.inputs), coded(train.labels, classes, "lists")[:, :-1])
    answers = theirs.predict(vectorizer.transform(test.inputs))
    assert len(classes) > 20
    assert found["test_micro_f1"] == pytest.approx(f1_score(truth, answers, average="micro"), abs=0.01)
    assert found["test_accuracy"] == pytest.approx((truth == answers).all(axis=1).mean(), abs=0.01)
    assert np.isfinite(found["test_log_loss"])
