"""Text classifiers in the layout of Hugging Face: `model.onnx`, `tokenizer.json` and `config.json` of one folder.

The three files are kept as one, an archive without compression. The tokenizer cuts and pads texts, ONNX Runtime runs
the network, and `id2label` names its outputs.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from argosy.errors import ExtraMissing, ImportedModelFailed, ImportInvalid
from argosy.models.runtime import Answers, Declared, ModelRow
from argosy.models.runtimes.onnx import open_session

MODEL, TOKENIZER, CONFIG = "model.onnx", "tokenizer.json", "config.json"
PLACES_OF_MODEL: Final = ("", "onnx")
MOST_BYTES: Final = 1 << 30
AT_ONCE: Final = 32
"""Texts in one run: they are padded to the longest."""
LENGTH: Final = 512
"""Pieces of a text, if the configuration does not limit them."""
MOST_PIECES: Final = 8192
INPUTS: Final = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
TYPES: Final[dict[str, Any]] = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_EPOCH = (1980, 1, 1, 0, 0, 0)


class _Config(msgspec.Struct):
    """What is read of `config.json`."""

    id2label: dict[str, str] = {}
    problem_type: str | None = None
    max_position_embeddings: int | None = None
    pad_token_id: int | None = None
    model_type: str = ""


def is_text_classifier(folder: Path) -> bool:
    return all((folder / name).is_file() for name in (TOKENIZER, CONFIG))


def packed_folder(folder: Path) -> bytes:
    """Its three files as one, the same bytes for the same files. Raises ImportInvalid."""
    model = next((folder / place / MODEL for place in PLACES_OF_MODEL if (folder / place / MODEL).is_file()), None)
    if model is None or not is_text_classifier(folder):
        raise ImportInvalid(f"{folder}: a text classifier has the files {MODEL}, {TOKENIZER} and {CONFIG}")
    files = {CONFIG: folder / CONFIG, TOKENIZER: folder / TOKENIZER, MODEL: model}
    size = sum(file.stat().st_size for file in files.values())
    if size > MOST_BYTES:
        raise ImportInvalid(f"{folder}: {size:,} bytes; a model has {MOST_BYTES:,} at most")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for name, file in files.items():
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), file.read_bytes())
    return archive.getvalue()


class TextClassifier:
    """Answers texts with the probabilities of the classes of the configuration."""

    def __init__(self, content: bytes, declared: Declared) -> None:
        if declared.fields:
            raise ImportInvalid("the model reads a text, and fields are declared")
        files = _unpacked(content)
        config = _config(files[CONFIG])
        self.classes = _labels(config)
        self._tokenizer = _tokenizer(files[TOKENIZER], config)
        self._session = open_session(files[MODEL])
        self._inputs = {one.name: one.type for one in self._session.get_inputs()}
        if unknown := sorted(set(self._inputs) - set(INPUTS)):
            raise ImportInvalid(
                f"the model's inputs are {', '.join(INPUTS)} at most; it has {', '.join(unknown)[:100]}"
            )
        if any(kind not in TYPES for kind in self._inputs.values()):
            raise ImportInvalid("the model's inputs are other than whole numbers")
        outputs = [one.name for one in self._session.get_outputs()]
        self._output = "logits" if "logits" in outputs else outputs[0]

    def answers(self, rows: Sequence[ModelRow]) -> Answers:
        parts = [self._run([str(row) for row in rows[at : at + AT_ONCE]]) for at in range(0, len(rows), AT_ONCE)]
        return np.concatenate(parts)

    def _run(self, texts: list[str]) -> Answers:
        try:
            encodings = self._tokenizer.encode_batch(texts)
            feeds = {
                name: np.array([getattr(one, INPUTS[name]) for one in encodings], TYPES[kind])
                for name, kind in self._inputs.items()
            }
            logits = np.asarray(self._session.run([self._output], feeds)[0], np.float64)
        except Exception as error:
            raise ImportedModelFailed(f"the imported model failed: {type(error).__name__}") from error
        if logits.shape != (len(texts), len(self.classes)):
            given = f"{logits.shape} for {len(texts)} texts and {len(self.classes)} classes"
            raise ImportedModelFailed(f"the imported model gave {given}")
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _unpacked(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return {name: packed.read(name) for name in (CONFIG, TOKENIZER, MODEL)}
    except (zipfile.BadZipFile, KeyError, NotImplementedError) as error:
        raise ImportInvalid(f"the archive of a text classifier is damaged: {type(error).__name__}") from None


def _config(content: bytes) -> _Config:
    try:
        return msgspec.json.decode(content, type=_Config)
    except msgspec.MsgspecError as error:
        raise ImportInvalid(f"the file {CONFIG} cannot be read: {error}") from None


def _labels(config: _Config) -> list[str]:
    if config.problem_type not in (None, "single_label_classification"):
        raise ImportInvalid(f"the model is for {config.problem_type[:60]}; those of one label a text can be taken")
    if sorted(config.id2label) != sorted(str(number) for number in range(len(config.id2label))) or not config.id2label:
        raise ImportInvalid(f"the file {CONFIG} does not name the model's labels, 0, 1, … as its id2label")
    return [config.id2label[str(number)] for number in range(len(config.id2label))]


def _tokenizer(content: bytes, config: _Config) -> Any:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise ExtraMissing("tokenizers", "import", "a text classifier") from None
    try:
        tokenizer = Tokenizer.from_str(content.decode("utf-8"))
    except Exception as error:  # whatever a damaged file makes it raise
        raise ImportInvalid(f"the file {TOKENIZER} cannot be read: {str(error)[:200]}") from error
    stated = tokenizer.truncation or {}
    is_shifted = config.model_type in ("roberta", "xlm-roberta", "camembert")  # their first two positions are unused
    positions = (config.max_position_embeddings or LENGTH + 2 * is_shifted) - 2 * is_shifted
    length = min(int(stated.get("max_length", positions)), positions, MOST_PIECES)
    if length < 1:
        raise ImportInvalid(f"the files {TOKENIZER} and {CONFIG} leave no piece of a text")
    tokenizer.enable_truncation(length)
    padding = tokenizer.padding or {}
    pad = padding.get("pad_id", config.pad_token_id or 0)
    tokenizer.enable_padding(pad_id=pad, pad_token=padding.get("pad_token", tokenizer.id_to_token(pad) or "[PAD]"))
    return tokenizer
