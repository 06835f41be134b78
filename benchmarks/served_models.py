"""What `benchmarks.serving` and its kin have served: one text model, for Argosy and as scikit-learn's pipeline.

`text`: tf-idf of 20,000 words and logistic regression on four groups of 20newsgroups; `neighbour`: the same once more;
`noop`: a constant; `plain`: the pipeline of `text`, imported from a skops file and answered by scikit-learn. The
pipeline counts the words that Argosy chose, since the two break ties of `max_features` differently; their answers are
then the same, which `prepare` checks.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from argosy.models.adapted_model import AdaptedModel

GROUPS = ("comp.graphics", "rec.sport.hockey", "sci.space", "talk.politics.mideast")
WORDS = 20_000
CHARACTERS = 84
ASKED = 256
DIFFERENCE = 1e-6
PLUGIN = Path(__file__).parent / "peer_servers" / "constant_model.py"


class Prepared(NamedTuple):
    """A folder with the project, the pipeline for peers, and what is asked: files of one body or text a line."""

    folder: Path

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def pipeline(self) -> Path:
        return self.folder / "text.joblib"

    @property
    def texts(self) -> Path:
        return self.folder / "texts.txt"

    @property
    def bodies(self) -> Path:
        return self.folder / "bodies.jsonl"

    @property
    def column_bodies(self) -> Path:
        """With the shape [1, 1], for servers that count the rows of a batch themselves."""
        return self.folder / "column_bodies.jsonl"

    @property
    def expected(self) -> list[list[float]]:
        """The pipeline's probabilities of each text."""
        found: list[list[float]] = json.loads((self.folder / "expected.json").read_text())
        return found


def documents() -> tuple[list[str], list[str]]:
    data = Path(os.environ.get("ARGOSY_DATA", "../shared/data")) / "text" / "20newsgroups.jsonl.gz"
    with gzip.open(data, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rows = [row for row in rows if row["text"].strip() and row["label"] in GROUPS]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def prepare(folder: Path, models: Iterable[str] = ("text", "noop", "plain")) -> Prepared:
    """Train once, and write what every server is given."""
    prepared = Prepared(folder)
    folder.mkdir(parents=True, exist_ok=True)
    texts, labels = documents()
    asked = _stretches(texts)
    ours = AdaptedModel.from_names("tfidf", {"max_features": WORDS}, "logistic", {"max_iter": 200}).fit(texts, labels)
    pipeline = as_pipeline(ours, texts)
    expected = pipeline.predict_proba(asked)
    difference = float(abs(ours.predict_proba(asked) - expected).max())
    assert difference < DIFFERENCE, f"scikit-learn's probabilities differ by {difference:.1e}"
    _write_questions(prepared, asked, expected.tolist())
    _write_project(prepared, ours, pipeline, set(models), list(zip(texts, labels, strict=True)))
    return prepared


def as_pipeline(ours: AdaptedModel, texts: list[str]) -> Any:
    """scikit-learn's pipeline with the words and weights of an adapted model."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    adapter: Any = ours.adapter
    estimator: Any = ours.estimator
    words: list[str] = adapter.vocabulary_.entries
    vectorizer = TfidfVectorizer(vocabulary={word: number for number, word in enumerate(words)}).fit(texts)
    vectorizer.vocabulary, vectorizer.fixed_vocabulary_ = None, False  # as if it had chosen them itself
    model = LogisticRegression(max_iter=200).fit(np.eye(len(ours.classes), len(words)), ours.classes)
    model.coef_, model.intercept_ = estimator.weights_.T.copy(), estimator.bias_.copy()
    return make_pipeline(vectorizer, model)


def keep(backends: Any, model: AdaptedModel, name: str, number: int) -> int:
    """An adapted model as a version of a registered model, without training; its number."""
    from argosy.store.trained import Trained

    path = model.save(backends.root / "fitted")
    artifact, size = backends.artifacts.put(path), path.stat().st_size
    path.unlink()
    label = f"{name}-{number:012}"
    definition = {"adapter": {"name": "tfidf", "options": {}}}
    with backends.database.write() as transaction:
        backends.store.record(transaction, Trained(label, definition, "", artifact, size, {}, {}, 0.0, 0.0, {}, {}))
        version: int = backends.store.add_version(transaction, name, label)
    return version


def promote(backends: Any, name: str, version: int) -> None:
    with backends.database.write() as transaction:
        backends.store.promote(transaction, name, version, by="benchmark", reason="benchmark")


def copy_of(project: Path, into: Path) -> Path:
    """A project as it was prepared: no spool and no log of an earlier run disturbs the next."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(project, into)
    return into


def _stretches(texts: list[str]) -> list[str]:
    """The first distinct stretches of the texts, of about that many characters, cut at a word's end."""
    found: dict[str, None] = {}
    for text in texts:
        line = " ".join(text.split())
        if len(line) > CHARACTERS:
            found[line[:CHARACTERS].rsplit(" ", 1)[0]] = None
        if len(found) == ASKED:
            break
    return list(found)


def _write_questions(prepared: Prepared, asked: list[str], expected: list[list[float]]) -> None:
    prepared.texts.write_text("".join(f"{text}\n" for text in asked))
    for path, shape in ((prepared.bodies, [1]), (prepared.column_bodies, [1, 1])):
        tensors = [{"name": "text", "shape": shape, "datatype": "BYTES", "data": [text]} for text in asked]
        path.write_text("".join(json.dumps({"inputs": [tensor]}) + "\n" for tensor in tensors))
    (prepared.folder / "expected.json").write_text(json.dumps(expected))


def _write_project(
    prepared: Prepared, ours: AdaptedModel, pipeline: Any, models: set[str], examples: list[tuple[str, str]]
) -> None:
    import joblib

    import argosy
    from argosy.app.scaffold import create_project

    joblib.dump(pipeline, prepared.pipeline)
    create_project(prepared.project, "serving")
    shutil.copy(PLUGIN, prepared.project)
    (prepared.project / "argosy.yaml").write_text("name: serving\nplugins: [constant_model]\n")
    with argosy.open(prepared.project) as project:
        for name in sorted(models & {"text", "neighbour"}):
            promote(project.backends, name, keep(project.backends, ours, name, 1))
        if "noop" in models:
            project.backends.load_plugins()
            constant = AdaptedModel.from_names("hashing", {"buckets": 2}, "constant", {}).fit(
                ["a b", "c d"], ["a", "b"]
            )
            promote(project.backends, "noop", keep(project.backends, constant, "noop", 1))
        if "plain" in models:
            from skops.io import dump

            dump(pipeline, prepared.folder / "plain.skops")
            with (prepared.folder / "examples.jsonl").open("w") as file:
                file.writelines(json.dumps({"text": text, "label": label}) + "\n" for text, label in examples[::10])
            project.examples.import_file(prepared.folder / "examples.jsonl")
            version = project.models.import_file(prepared.folder / "plain.skops", "plain", "skops")
            promote(project.backends, "plain", version.number)
