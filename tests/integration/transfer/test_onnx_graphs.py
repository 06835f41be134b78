"""ONNX graphs of pairs agree with the pairs on real texts and rows, and can be imported as models."""

import csv
import gzip
import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest
from exported_pairs import PAIRS

from argosy.errors import ExportInvalid, ImportInvalid
from argosy.models.adapted_model import AdaptedModel
from argosy.models.estimators import estimators
from argosy.models.onnx_graphs.model import to_onnx
from argosy.models.runtime import Declared

onnxruntime = pytest.importorskip("onnxruntime", reason="the extra 'export' is not installed")
pytest.importorskip("onnx", reason="the extra 'export' is not installed")
DATA = Path(os.environ.get("ARGOSY_DATA", "../shared/data"))
AGREEMENT = 1e-5
WORDS = ("tfidf", {"ngrams": (1, 2), "min_count": 2})
COUNTS = ("word_frequency", {"sequence_length": 12})
PIECES = ("tfidf", {"analyzer": "char_wb", "ngrams": (2, 4)})
ADAPTERS = {
    "words": ("tfidf", {}),
    "two words": ("tfidf", {"ngrams": (1, 3), "sublinear": True, "max_features": 3000}),
    "cased": ("tfidf", {"lowercase": False}),
    "pieces": PIECES,
    "long pieces": ("tfidf", {"analyzer": "char_wb", "ngrams": (6, 7)}),
    "characters": ("tfidf", {"analyzer": "char", "ngrams": (1, 3)}),
    "counts": COUNTS,
    "union": ("union", {"of": ({"name": "tfidf"}, {"name": "tfidf", "options": {"analyzer": "char_wb"}})}),
}
LINEAR_OR_TREE = [
    ("logistic", {}),
    ("svm", {}),
    ("sgd", {}),
    ("sgd", {"loss": "hinge"}),
    ("naive_bayes", {}),
    ("nearest_centroid", {}),
    ("gradient_boosting", {"trees": 10}),
    ("mlp", {"max_iter": 2, "hidden": (20, 5)}),
    ("calibrated", {"folds": 2}),
    ("calibrated", {"folds": 2, "method": "isotonic"}),
    ("calibrated", {"folds": 2, "of": "gradient_boosting", "settings": {"trees": 3}}),
    ("calibrated", {"folds": 2, "of": "logistic", "method": "none", "thresholds": "macro_f1"}),
]
OF_NUMBERS = [("ridge", {}), ("gradient_boosting_regressor", {"trees": 10, "min_rows": 5})]
GRAPHLESS = {"as_imported", "as_imported_number", "as_tensors", "mean", "stack", "transformer", "vote"}
ODD = [
    "Grüße aus MÜNCHEN, Überall straße STRASSE",
    "हिन्दी भाषा में",
    "привет ПРИВЕТ Привет ΣΑΣ",
    "a  b\t c\n\nd \u3000e\u2028f",
    "École ÉCOLE éCOLE İstanbul",
    "x",
    "it's 12% _under_score x1 \U0001f600\U0001f600",
]


@pytest.fixture(scope="module")
def tweets():
    path = DATA / "text" / "airline_tweets.jsonl.gz"
    if not path.exists():
        pytest.skip("no data: set ARGOSY_DATA")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in itertools.islice(lines, 0, 6000, 20)]
    return [row["text"] for row in rows], [row["label"] for row in rows]


@pytest.fixture(scope="module")
def visits():
    path = DATA / "outcomes" / "online_shoppers.csv.gz"
    if not path.exists():
        pytest.skip("no data: set ARGOSY_DATA")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = list(itertools.islice(csv.DictReader(lines), 300))
    labels = [row.pop("Revenue") for row in rows]
    for number, row in enumerate(rows):
        row["PageValues"] = None if number % 7 == 0 else row["PageValues"]
        row["Month"] = "" if number % 5 == 0 else row["Month"]
        row["note"] = f"{row['VisitorType']} of region {row['Region']}"
    return rows, labels


def asked(content, model, inputs):
    """The graph's answers; its last output is the table."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    reads = dict(model.adapter.reads)
    if [one.name for one in session.get_inputs()] == ["text"]:
        feeds = {"text": np.array(inputs, object)}
    else:
        rows = [Declared("", reads).row(item) for item in inputs]
        feeds = {
            name: np.array(
                [["" if row[at] is None else row[at]] for row in rows], float if kind == "number" else object
            )
            for at, (name, kind) in enumerate(reads.items())
        }
    return session.run(None, feeds)


def assert_agrees(model, inputs):
    label, table = asked(to_onnx(model, {}), model, inputs)
    expected = model.scores(inputs)
    assert np.abs(table - expected).max() <= AGREEMENT
    clear = np.sort(expected, axis=1)[:, -1] - np.sort(expected, axis=1)[:, -2] > 1e-4
    assert (np.array(model.classify(inputs))[clear] == label[clear]).all()


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_adapter_that_has_a_graph_agrees_on_other_texts(name, tweets):
    texts, labels = tweets
    adapter, options = ADAPTERS[name]
    model = AdaptedModel.from_names(adapter, options, "logistic", {"C": 10.0}).fit(texts[:200], labels[:200])
    assert_agrees(model, texts[200:])


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(("model", "options"), LINEAR_OR_TREE)
def test_every_linear_and_tree_model_agrees_on_other_texts(model, options, classes, tweets):
    texts, labels = tweets
    named = labels if classes == 3 else ["bad" if label == "negative" else "good" for label in labels]
    adapter = COUNTS if model == "naive_bayes" else WORDS
    assert_agrees(AdaptedModel.from_names(*adapter, model, options).fit(texts[:200], named[:200]), texts[200:])


@pytest.mark.parametrize(("model", "options"), OF_NUMBERS)
def test_every_model_of_numbers_has_the_output_value(model, options, tweets):
    texts, _ = tweets
    lengths = [len(text) for text in texts]
    fitted = AdaptedModel.from_names(*WORDS, model, options).fit(texts[:200], lengths[:200])
    content = to_onnx(fitted, {})
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_outputs()] == ["value"]
    (found,) = asked(content, fitted, texts[200:])
    assert np.abs(found - fitted.scores(texts[200:])).max() <= AGREEMENT * 100


def test_each_estimator_is_tried_or_has_none():
    assert {*(name for name, _ in LINEAR_OR_TREE + OF_NUMBERS), "one_vs_rest", *GRAPHLESS} == set(estimators.names())


@pytest.mark.parametrize("options", [{}, {"scaling": "range"}, {"missing": "mean", "scaling": "none"}])
@pytest.mark.parametrize("model", ["logistic", "gradient_boosting"])
def test_fields_agree_with_values_missing(options, model, visits):
    rows, labels = visits
    made = {"gradient_boosting": {"trees": 10}, "logistic": {"max_iter": 20}}[model]
    assert_agrees(AdaptedModel.from_names("numeric", options, model, made).fit(rows[:200], labels[:200]), rows)


def test_adapters_of_several_fields_agree(visits):
    rows, labels = visits
    of = (
        {"name": "tfidf", "options": {"field": "note"}},
        {"name": "word_frequency", "options": {"field": "VisitorType"}},
        {"name": "numeric", "options": {"numbers": ("BounceRates", "PageValues"), "categories": ("Month",)}},
    )
    assert_agrees(AdaptedModel.from_names("union", {"of": of}, "logistic").fit(rows[:200], labels[:200]), rows)


def test_one_field_agrees(visits):
    rows, labels = visits
    for options in ({"numbers": ("BounceRates",)}, {"categories": ("Month",)}):
        assert_agrees(AdaptedModel.from_names("numeric", options, "logistic").fit(rows[:200], labels[:200]), rows)


@pytest.mark.parametrize(("inner", "settings"), [("logistic", {}), ("gradient_boosting", {"trees": 3})])
def test_lists_of_labels_come_with_their_thresholds(inner, settings, tweets):
    texts, labels = tweets
    sets = [[label, "all"] if at % 3 else [label] for at, label in enumerate(labels)]
    options = {"of": inner, "settings": settings, "threshold": "macro_f1"}
    model = AdaptedModel.from_names("tfidf", {}, "one_vs_rest", options).fit(texts[:200], sets[:200])
    answered, table = asked(to_onnx(model, {}), model, texts[200:])
    expected = model.scores(texts[200:])
    assert np.abs(table - expected).max() <= AGREEMENT
    assert (answered == (expected >= model.estimator.thresholds_)).mean() > 0.999


@pytest.mark.parametrize(
    "options", [{}, {"analyzer": "char_wb", "ngrams": (1, 5)}, {"analyzer": "char", "ngrams": (1, 4)}]
)
def test_letters_of_all_kinds_agree(options):
    model = AdaptedModel.from_names("tfidf", options, "logistic", {}).fit(ODD * 2, ["a", "b"] * len(ODD))
    content = to_onnx(model, {})
    odd = [text.replace("ΣΑΣ", "").replace("İ", "") for text in ODD] if options else ODD
    for text in odd:
        assert np.abs(asked(content, model, [text])[1] - model.scores([text])).max() <= AGREEMENT


@pytest.mark.parametrize(
    ("name", "why"),
    [("hashing-svm", "no operators for the adapter Hashing"), ("numbers", "Svm with a kernel that is not linear")],
)
def test_what_no_graph_can_say_is_refused_with_the_formats_that_can(name, why, source, keep, tmp_path):
    with pytest.raises(ExportInvalid, match=rf"is not written as onnx: .*{why}.*: export it as argosy, json or mlflow"):
        source.models.export(keep(PAIRS[name](), f"graph-{name}"), tmp_path / "a", "onnx")
    assert not list(tmp_path.iterdir())


def test_a_graph_comes_back_and_answers_as_the_pair(source, keep, target, tmp_path):
    pair = PAIRS["tfidf-logistic"]()
    reference = keep(pair, "graph")
    path = source.models.export(reference, tmp_path / "graph.onnx", "onnx")
    target.examples.add(
        zip(
            (f"{words} number{n}" for n in range(20) for words in ("parcel late", "card charged", "password lost")),
            ["delivery", "refund", "account"] * 20,
            strict=True,
        )
    )
    version = target.models.import_file(path, "graph")
    origin = target.models.trained("graph@1").environment["imported"]
    assert (origin["format"], origin["made_of"]["version"]) == ("onnx", reference)
    assert origin["made_of"]["metrics"] == source.models.trained(reference).metrics
    inputs = ["parcel late again", "my CARD"]
    assert np.abs(target.models[version.reference].predict_proba(inputs) - pair.predict_proba(inputs)).max() < AGREEMENT


def test_a_graph_of_lists_is_not_imported_as_one_of_single_labels(source, keep, target, tmp_path):
    path = source.models.export(keep(PAIRS["sets"](), "lists"), tmp_path / "lists.onnx", "onnx")
    with pytest.raises(ImportInvalid, match="it answers lists of labels"):
        target.models.import_file(path, "lists")
