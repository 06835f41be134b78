"""Ensembles: scikit-learn's numbers where the methods agree, held-out rows, and storage."""

import json

import numpy as np
import pytest
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from argosy.models.adapted_model import AdaptedModel
from argosy.models.estimators import estimators
from argosy.models.estimators.calibrated import folds_of
from argosy.models.members import Members
from argosy.testing.texts import labelled_texts

TEXTS, LABELS = labelled_texts(60)
ASKED = [*TEXTS[:20], "the ball and a goal", "rain", "nothing of this was ever seen"]


def pair(adapter, model, options=None):
    return AdaptedModel.from_names(adapter, None, model, options)


def ensemble(by, *pairs, options=None):
    """Trained on the texts, its members too."""
    members = Members(tuple(f"member{number}" for number in range(len(pairs)))).join(pairs)
    return AdaptedModel(members, estimators.get(by).create(options or {})).fit(TEXTS, LABELS)


def pipeline(model):
    return make_pipeline(TfidfVectorizer(), model)


def test_the_mean_is_scikit_learns():
    ours = ensemble("mean", pair("tfidf", "logistic"), pair("tfidf", "naive_bayes"))
    theirs = VotingClassifier(
        [("a", pipeline(LogisticRegression(max_iter=1000))), ("b", pipeline(MultinomialNB()))], voting="soft"
    ).fit(TEXTS, LABELS)
    np.testing.assert_allclose(ours.predict_proba(ASKED), theirs.predict_proba(ASKED), atol=1e-9)


def test_the_vote_is_scikit_learns():
    ours = ensemble("vote", pair("tfidf", "logistic"), pair("tfidf", "naive_bayes"), pair("tfidf", "svm"))
    names = [("a", LogisticRegression(max_iter=1000)), ("b", MultinomialNB()), ("c", LinearSVC(random_state=0))]
    theirs = VotingClassifier([(name, pipeline(model)) for name, model in names]).fit(TEXTS, LABELS)
    counts = np.array([len(set(row)) for row in theirs.transform(ASKED)])
    agreed = [text for text, count in zip(ASKED, counts, strict=True) if count < 3]  # they treat ties differently
    assert len(agreed) > 12
    assert ours.classify(agreed) == theirs.predict(agreed).tolist()
    assert not ours.estimator.has_probabilities


def test_the_stack_is_scikit_learns_on_the_same_folds():
    ours = ensemble("stack", pair("tfidf", "logistic"), pair("tfidf", "naive_bayes"))
    codes = np.unique(LABELS, return_inverse=True)[1].astype(np.int64)
    fold = folds_of(codes, len(set(LABELS)), 5, 0)
    folds = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(5)]
    theirs = StackingClassifier(
        [("a", pipeline(LogisticRegression(max_iter=1000))), ("b", pipeline(MultinomialNB()))],
        LogisticRegression(max_iter=1000),
        cv=folds,
    ).fit(TEXTS, LABELS)
    np.testing.assert_allclose(ours.predict_proba(ASKED), theirs.predict_proba(ASKED), atol=1e-6)


def test_a_tie_goes_to_the_member_that_is_named_first():
    votes = np.array([[0.1, 0.9, 0.8, 0.2], [0.9, 0.1, 0.2, 0.8]])
    vote = estimators.get("vote").create({}).fit(votes, np.array([0, 1]), 2)
    assert vote.scores(votes).argmax(axis=1).tolist() == [1, 0]
    others = np.array([[0.1, 0.9, 0.8, 0.2, 0.7, 0.3]])
    assert vote.scores(others).argmax(axis=1).tolist() == [0]


def test_rows_to_learn_from_are_answered_by_members_that_never_saw_them():
    """The members know a label that only one row has, but not the copies that answer this row."""
    labels = ["alone", *LABELS[1:]]
    members = Members(("a", "b")).join([pair("tfidf", "logistic"), pair("hashing", "naive_bayes")])
    rows = members.fit_transform(TEXTS, labels).reshape(len(TEXTS), 2, -1)
    column = members.classes_.index("alone")
    assert (rows[0, :, column] == 0).all()
    assert (members.transform(TEXTS[:1]).reshape(2, -1)[:, column] > 0).all()


def test_a_class_that_a_member_does_not_know_counts_nothing():
    few = [place for place, label in enumerate(LABELS) if label != LABELS[0]]
    narrow = pair("tfidf", "logistic").fit([TEXTS[at] for at in few], [LABELS[at] for at in few])
    wide = pair("tfidf", "naive_bayes").fit(TEXTS, LABELS)
    members = Members(("a", "b")).join([narrow, wide])
    blocks = members.transform(ASKED).reshape(len(ASKED), 2, -1)
    column = members.classes_.index(LABELS[0])
    assert (blocks[:, 0, column] == 0).all()
    np.testing.assert_allclose(blocks.sum(axis=2), 1)


@pytest.mark.parametrize("by", ["mean", "vote", "stack"])
def test_an_ensemble_of_an_ensemble_is_stored_whole(by, tmp_path):
    inner = ensemble("mean", pair("tfidf", "logistic"), pair("tfidf", "naive_bayes"))
    outer = ensemble(by, inner, pair("hashing", "logistic"))
    through = AdaptedModel.from_dict(json.loads(json.dumps(outer.to_dict())))
    loaded = AdaptedModel.load(outer.save(tmp_path / "model"))
    for back in (through, loaded):
        assert back.to_dict() == outer.to_dict()
        assert (back.scores(ASKED) == outer.scores(ASKED)).all()
    assert outer.served().form == "composed"
    features, estimator = outer.adapter.transform(ASKED), outer.estimator
    expected = estimator.probabilities(features) if estimator.has_probabilities else estimator.scores(features)
    np.testing.assert_allclose(outer.scores(ASKED), expected, atol=1e-6)


def test_members_read_what_each_of_them_reads():
    rows = [{"text": text, "size": len(text)} for text in TEXTS]
    numeric = pair("numeric", "logistic").fit(rows, LABELS)
    lone = pair("tfidf", "naive_bayes").fit(TEXTS, LABELS)
    members = Members(("a", "b")).join([numeric, lone])
    assert set(members.reads) == {"text", "size"}
    assert members.answers(rows[:3]).shape == (3, members.width)
