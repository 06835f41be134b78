"""Text classifiers in Hugging Face's layout, run in their own process."""

import hashlib
import json

import numpy as np
import pytest

from argosy.errors import ImportInvalid
from argosy.models.adapters.imported import Imported
from argosy.models.runtime import Declared
from argosy.models.runtimes import runtime_of
from argosy.models.runtimes.text_classifier import packed_folder

pytest.importorskip("onnxruntime", reason="the extra 'import' is not installed")
pytest.importorskip("onnx", reason="a development package")
pytest.importorskip("tokenizers", reason="the extra 'import' is not installed")
from text_classifier_files import LABELS, expected_probabilities, write_text_classifier

TEXTS = ["parcel late", "card charged", "what password", "lost " * 20, "parcel " + "late " * 20, "something else"]


def test_it_answers_as_its_files_say_whatever_texts_are_next_to_each_other(tmp_path):
    content = packed_folder(write_text_classifier(tmp_path / "model"))
    assert content == packed_folder(tmp_path / "model")
    found = runtime_of("huggingface", content, Declared(), [])
    assert found.classes == LABELS
    expected = np.array([expected_probabilities(text) for text in TEXTS])
    np.testing.assert_allclose(found.answers(TEXTS), expected, atol=1e-6)
    np.testing.assert_allclose(found.answers(TEXTS * 20), np.tile(expected, (20, 1)), atol=1e-6)
    adapter = Imported("huggingface", hashlib.sha256(content).hexdigest(), tuple(LABELS), text="note").take(content)
    order = np.argsort(LABELS)
    np.testing.assert_allclose(adapter.transform([{"note": TEXTS[0]}]), expected[:1, order], atol=1e-6)


def refusal(folder, declared=Declared()):  # noqa: B008  # it is frozen
    with pytest.raises(ImportInvalid) as found:
        runtime_of("huggingface", packed_folder(folder), declared, [])
    return str(found.value)


def test_what_it_refuses(tmp_path):
    folder = write_text_classifier(tmp_path / "model", id2label={})
    assert "does not name the model's labels" in refusal(folder)
    folder = write_text_classifier(folder, problem_type="multi_label_classification")
    assert "the model is for multi_label_classification" in refusal(folder)
    folder = write_text_classifier(folder, inputs=("input_ids", "attention_mask", "pixel_values"))
    assert "it has pixel_values" in refusal(folder)
    folder = write_text_classifier(folder)
    assert "fields are declared" in refusal(folder, Declared(fields={"a": "number"}))
    (folder / "config.json").write_text("[]")
    assert "the file config.json cannot be read" in refusal(folder)
    write_text_classifier(folder)
    (folder / "tokenizer.json").write_text(json.dumps({"model": 3}))
    assert "the file tokenizer.json cannot be read" in refusal(folder)
    (folder / "model.onnx").unlink()
    with pytest.raises(ImportInvalid, match=r"has the files model\.onnx, tokenizer\.json and config\.json"):
        packed_folder(folder)
