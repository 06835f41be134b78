"""Several labels for one text: the numbers of scikit-learn's OneVsRestClassifier, its thresholds, its served form."""

import json
import random

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, hamming_loss, log_loss, precision_recall_fscore_support
from sklearn.multiclass import OneVsRestClassifier

from argosy.errors import DatasetInvalid, DefinitionInvalid
from argosy.models.adapted_model import AdaptedModel
from argosy.models.answers import answers_of, coded, confidence, is_right
from argosy.models.estimators import estimators
from argosy.models.set_evaluation import evaluate_sets
from argosy.models.set_thresholds import best_threshold, tuned_sets

WORDS = {"joy": ["happy", "glad"], "love": ["adore", "heart"], "anger": ["rage", "hate"], "fear": ["panic", "scared"]}


def moods(count, seed=0):
    """(texts, sets of labels): some texts have none, a tenth of the sets are wrong."""
    draw = random.Random(seed)
    texts, labels = [], []
    for number in range(count):
        true = [label for label in WORDS if draw.random() < 0.4]
        words = [draw.choice(WORDS[label]) for label in true] + draw.choices(["the", "a", "to", "we", "go"], k=4)
        texts.append(" ".join([*words, str(number)]))
        labels.append([label for label in WORDS if draw.random() < 0.4] if draw.random() < 0.1 else true)
    return texts, labels


def pair(**options):
    return AdaptedModel.from_names("tfidf", {}, "one_vs_rest", options)


def indicators(labels):
    return np.array([[label in row for label in sorted(WORDS)] for row in labels])


def test_probabilities_are_scikit_learns():
    texts, labels = moods(200)
    model = pair(settings={"C": 3.0}).fit(texts, labels)
    vectorizer = TfidfVectorizer()
    theirs = OneVsRestClassifier(LogisticRegression(C=3.0, max_iter=1000))
    theirs.fit(vectorizer.fit_transform(texts), indicators(labels))
    expected = theirs.predict_proba(vectorizer.transform(texts))
    assert np.abs(model.predict_proba(texts) - expected).max() < 1e-4
    assert [set(json.loads(answer)) for answer in model.classify(texts[:5])] == [
        {label for label, probability in zip(sorted(WORDS), row, strict=True) if probability >= 0.5}
        for row in expected[:5]
    ]


@pytest.mark.parametrize("of", ["logistic", "sgd", "naive_bayes", "calibrated"])
def test_the_served_form_agrees_and_the_artifact_round_trips(of, tmp_path):
    texts, labels = moods(120)
    model = pair(of=of, threshold="macro_f1").fit(texts, labels)
    served = model.served()
    assert served.form == ("direct" if of == "calibrated" else "sparse_linear")
    expected = model.estimator.probabilities(model.adapter.transform(texts))
    assert np.abs(np.array([served.one(text) for text in texts]) - expected).max() < 1e-9
    assert np.abs(served.score(texts) - expected).max() < 1e-9
    again = AdaptedModel.load(model.save(tmp_path / "model"))
    assert again.classify(texts) == model.classify(texts)
    assert again.served().answered_from.tolist() == served.answered_from.tolist()
    assert again.save(tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()


def test_labels_that_all_rows_have_or_none_of_a_fold_are_learned_too():
    texts, labels = moods(60)
    labels = [[*row, "text"] for row in labels]
    labels[7] = [*labels[7], "rare"]
    for of in ("logistic", "calibrated"):
        model = pair(of=of, settings={"of": "naive_bayes"} if of == "calibrated" else None, threshold="micro_f1")
        if of == "calibrated":  # holds out rows itself, which is impossible with one row
            labels = [[label for label in row if label != "rare"] for row in labels]
        found = model.fit(texts, labels).predict_proba(texts[:3])
        assert (found[:, model.classes.index("text")] > 0.9).all()


def test_tuning_raises_what_it_is_tuned_for():
    texts, labels = moods(300)
    labels = [row if number % 4 else ["rare"] for number, row in enumerate(labels)]
    codes = coded([json.dumps(row) for row in labels], sorted({*WORDS, "rare"}), "lists")
    found = {}
    for threshold in (0.5, "micro_f1", "macro_f1"):
        model = pair(threshold=threshold, settings={"C": 0.05}).fit(texts, labels)
        scores = model.predict_proba(texts)
        metrics = evaluate_sets(codes, scores >= model.estimator.answered_from, scores, seed=0, resamples=100)
        found[threshold] = {name: figure.value for name, figure in metrics.figures.items()}
    for goal in ("micro_f1", "macro_f1"):
        assert found[goal][goal] > found[0.5][goal] + 0.05
        assert found[goal]["log_loss"] == found[0.5]["log_loss"]


def test_the_best_threshold_is_found_by_trying_all():
    random = np.random.default_rng(3)
    for _ in range(20):
        truth = random.random(40) < 0.3
        probability = np.round(np.clip(truth * 0.2 + random.random(40) * 0.7, 0, 1), 1)  # with ties
        tried = [f1_score(truth, probability >= cut, zero_division=0) for cut in np.unique(probability)]
        found = best_threshold(probability, truth)
        assert f1_score(truth, probability >= found, zero_division=0) == pytest.approx(max(tried))
    assert best_threshold(np.array([0.2, 0.9]), np.array([False, False])) == 0.5
    shared = tuned_sets(random.random((30, 3)), random.random((30, 3)) < 0.4, "micro_f1")
    assert len(set(shared.tolist())) == 1


def test_figures_are_scikit_learns():
    random = np.random.default_rng(0)
    truth, scores = random.random((150, 5)) < 0.3, random.random((150, 5))
    answers = scores >= 0.6
    codes = np.column_stack([truth, np.zeros(150, int)]).astype(np.int64)
    metrics = evaluate_sets(codes, answers, scores, seed=0)
    value = {name: figure.value for name, figure in metrics.figures.items()}
    assert value["micro_f1"] == pytest.approx(f1_score(truth, answers, average="micro"))
    assert value["macro_f1"] == pytest.approx(f1_score(truth, answers, average="macro"))
    assert value["accuracy"] == pytest.approx((truth == answers).all(axis=1).mean())
    assert value["hamming_loss"] == pytest.approx(hamming_loss(truth, answers))
    assert value["log_loss"] == pytest.approx(np.mean([log_loss(t, s) for t, s in zip(truth.T, scores.T, strict=True)]))
    _, _, _, support = precision_recall_fscore_support(truth, answers)
    assert metrics.per_label[:, 1].tolist() == support.tolist()
    for figure in metrics.figures.values():
        assert figure.low < figure.value < figure.high
    assert evaluate_sets(codes, answers, scores, seed=0).to_dict() == metrics.to_dict()


def test_labels_that_training_never_had_are_misses():
    codes = coded(['["a"]', '["a","new"]', "[]", "a"], ["a", "b"], "lists")
    scores = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.1], [0.9, 0.1]])
    cut = np.array([0.5, 0.5])
    assert is_right(scores, codes, cut).tolist() == [True, False, True, True]
    value = evaluate_sets(codes, scores >= cut, scores, seed=0).figures
    assert value["micro_f1"].value == pytest.approx(6 / 7)
    assert value["accuracy"].value == 0.75


def test_confidence_is_of_the_whole_set():
    scores, cut = np.array([[0.9, 0.2], [0.6, 0.5]]), np.array([0.5, 0.3])
    assert answers_of(scores, ["a", "b"], cut) == ['["a"]', '["a","b"]']
    assert confidence(scores, True, cut) == pytest.approx([0.9 * 0.8, 0.6 * 0.5])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"of": "svm"}, "svm has no probabilities: write of: calibrated, settings: {of: svm}"),
        ({"of": "one_vs_rest"}, "single labels"),
        ({"of": "transformer"}, "transformer costs too much"),
        ({"of": "sgd", "settings": {"update": True}}, "does not go on"),
        ({"of": "logistic", "settings": {"C": -1}}, "settings.C"),
        ({"threshold": 1.0}, "threshold"),
        ({"threshold": "accuracy"}, "threshold"),
    ],
)
def test_options_that_do_not_go_together(options, said):
    with pytest.raises(DefinitionInvalid, match=said.replace("{", r"\{")):
        estimators.get("one_vs_rest").create(options)


def test_calibrated_goes_inside_and_not_around():
    with pytest.raises(DefinitionInvalid, match="put it into one_vs_rest"):
        estimators.get("calibrated").create({"of": "one_vs_rest"})


def test_what_cannot_be_learned_is_refused():
    with pytest.raises(DatasetInvalid, match="at least two different labels"):
        pair().fit(["one text", "two texts"], [["x"], []])
    with pytest.raises(DatasetInvalid, match="labels are texts, not list"):
        AdaptedModel.from_names("tfidf", {}, "logistic", {}).fit(["a b", "c d"], [["x"], ["y"]])
