"""Models stored before text was normalised and marks belonged to words answer as before."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from argosy.errors import ArtifactCorrupt
from argosy.models.adapted_model import AdaptedModel
from argosy.models.artifact_format import read_artifact
from argosy.models.component import edition_in, under_edition

FOLDER = Path(__file__).parent / "edition_1"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))


LABELS = ["bad", "good", "good", "bad", "good", "bad", "bad", "good"]
PAIRS = [
    ("tfidf_words", "tfidf", {"ngrams": [1, 2]}),
    ("hashing", "hashing", {"buckets": 64}),
    ("union", "union", {"of": ["tfidf", {"name": "hashing", "options": {"buckets": 32}}]}),
    ("numeric", "numeric", {"texts": ["text"]}),
]


def asked(name):
    return [{"text": text} for text in EXPECTED["inputs"]] if name == "numeric" else EXPECTED["inputs"]


@pytest.mark.parametrize("name", sorted(EXPECTED["scores"]))
def test_a_stored_model_of_the_first_edition_answers_as_it_did(name):
    model = AdaptedModel.load(FOLDER / f"{name}.model")
    assert model.adapter.edition == 1
    expected = np.array(EXPECTED["scores"][name])
    assert np.allclose(model.scores(asked(name)), expected, rtol=0, atol=1e-12)
    alone = np.array([model.served().one(item) for item in asked(name)])
    assert np.allclose(alone, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", sorted(EXPECTED["scores"]))
def test_it_is_stored_again_as_it_was(name, tmp_path):
    path = FOLDER / f"{name}.model"
    header, _ = read_artifact(path)
    again, _ = read_artifact(AdaptedModel.load(path).save(tmp_path / name))
    assert again == header
    model = AdaptedModel.load(path)
    assert AdaptedModel.from_dict(model.to_dict()).to_dict() == model.to_dict()


def test_trained_again_it_has_the_current_edition():
    model = AdaptedModel.load(FOLDER / "tfidf_words.model")
    model.fit(EXPECTED["inputs"][:4], ["a", "b", "a", "b"])
    assert model.to_dict()["adapter"]["edition"] == 2
    assert "मुझे" in model.adapter.vocabulary_.entries


@pytest.mark.parametrize(("name", "adapter", "options"), PAIRS)
def test_trained_as_it_was_it_is_the_same_artifact(name, adapter, options, tmp_path):
    rows = EXPECTED["inputs"][:8]
    inputs = [{"text": text} for text in rows] if adapter == "numeric" else rows
    with under_edition(edition_in(read_artifact(FOLDER / f"{name}.model")[0])):
        fitted = AdaptedModel.from_names(adapter, options, "logistic").fit(inputs, LABELS)
    again, _ = read_artifact(fitted.save(tmp_path / "again"))
    header, _ = read_artifact(FOLDER / f"{name}.model")
    assert again == header
    assert edition_in(AdaptedModel.from_names(adapter, options, "logistic").fit(inputs, LABELS).to_dict()) == 2


def test_an_edition_from_the_future_is_refused():
    stored = AdaptedModel.load(FOLDER / "hashing.model").to_dict()
    stored["adapter"]["edition"] = 3
    with pytest.raises(ArtifactCorrupt, match="a Hashing of edition 3; this Argosy knows up to 2: upgrade it"):
        AdaptedModel.from_dict(stored)
