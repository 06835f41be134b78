"""The hand-arranged optimum that `benchmarks.training` compares with: scikit-learn, two fresh processes, no platform.

Each adapter is fitted once and shared through memory-mapped arrays; the fits are queued adapters first, then the
costliest; the metrics are the same as Argosy's. Nothing is stored but the numbers, nothing is encrypted or queued in
a database. Run as `python -m benchmarks.training_optimum FOLDER`, FOLDER holding `parts.npz` (see `write_parts`).
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

PARTS = ("train", "validation", "test")


def adapters() -> dict[str, Callable[[], Any]]:
    """The four adapters, costliest first."""
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer

    return {
        "char": lambda: TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)),
        "bigrams": lambda: TfidfVectorizer(ngram_range=(1, 2)),
        "words": lambda: TfidfVectorizer(),
        "hashing": lambda: HashingVectorizer(n_features=2**18, alternate_sign=False),
    }


def estimators() -> dict[str, Callable[[], Any]]:
    """The twelve estimators, roughly costliest first."""
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.svm import LinearSVC

    return {
        "logistic 10": lambda: LogisticRegression(C=10.0, max_iter=1000),
        "logistic balanced": lambda: LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000),
        "logistic 1": lambda: LogisticRegression(C=1.0, max_iter=1000),
        "logistic 0.1": lambda: LogisticRegression(C=0.1, max_iter=1000),
        "svm 10": lambda: LinearSVC(C=10.0, random_state=0),
        "svm 1": lambda: LinearSVC(C=1.0, random_state=0),
        "svm 0.1": lambda: LinearSVC(C=0.1, random_state=0),
        "sgd 1e-5": lambda: SGDClassifier(loss="log_loss", alpha=1e-5, random_state=0),
        "sgd 1e-4": lambda: SGDClassifier(loss="log_loss", alpha=1e-4, random_state=0),
        "naive_bayes 0.1": lambda: MultinomialNB(alpha=0.1),
        "naive_bayes 1": lambda: MultinomialNB(alpha=1.0),
        "nearest_centroid": lambda: Centroids(),
    }


class Centroids(ClassifierMixin, BaseEstimator):
    """The nearest mean. scikit-learn's own makes a dense copy of the rows, which 2^18 columns leave no memory for."""

    def fit(self, X: Any, y: Any) -> Centroids:  # noqa: N803
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.means_ = np.vstack([np.asarray(X[codes == code].mean(axis=0)) for code in range(len(self.classes_))])
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803
        return self.classes_[(2 * (X @ self.means_.T) - (self.means_**2).sum(axis=1)).argmax(axis=1)]


def write_parts(folder: Path, parts: dict[str, tuple[list[str], list[str]]]) -> None:
    """Leave texts and label codes of each part in `parts.npz`."""
    classes = sorted({label for _, labels in parts.values() for label in labels})
    arrays: dict[str, Any] = {"classes": np.array(classes)}
    for part, (texts, labels) in parts.items():
        arrays[f"{part}_texts"] = np.array(texts)
        arrays[f"{part}_codes"] = np.array([classes.index(label) for label in labels])
    np.savez(folder / "parts.npz", **arrays)


def main(folder: Path) -> None:
    """Train all forty-eight and print how long it took, from before the processes start to the last result."""
    started = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    work: Queue[Any] = context.Queue()
    results: Queue[Any] = context.Queue()
    fitted = {name: context.Event() for name in adapters()}
    for name in adapters():
        work.put((name, None))
    count = 0
    for estimator in estimators():
        for name in adapters():
            work.put((name, estimator))
            count += 1
    for _ in range(2):
        work.put(None)
    workers = [context.Process(target=_work, args=(folder, work, results, fitted)) for _ in range(2)]
    for worker in workers:
        worker.start()
    scores = {}
    for _ in range(count):
        name, found = results.get()
        if isinstance(found, str):
            raise SystemExit(f"{name}: {found}")
        scores[name] = found
    for worker in workers:
        worker.join()
    print(json.dumps({"seconds": time.perf_counter() - started, "scores": scores}))


def _work(folder: Path, work: Queue[Any], results: Queue[Any], fitted: dict[str, Event]) -> None:
    with np.load(folder / "parts.npz") as arrays:
        data = {name: arrays[name] for name in arrays.files}
    while (task := work.get()) is not None:
        adapter, estimator = task
        if estimator is None:
            _fit_adapter(folder, adapter, data)
            fitted[adapter].set()
        else:
            fitted[adapter].wait()
            results.put((f"{adapter} {estimator}", _fit_or_problem(folder, adapter, estimator, data)))


def _fit_or_problem(folder: Path, adapter: str, estimator: str, data: dict[str, Any]) -> dict[str, Any] | str:
    try:
        return _fit(folder, adapter, estimator, data)
    except Exception as error:  # noqa: BLE001  # the parent reports it
        return repr(error)


def _fit_adapter(folder: Path, name: str, data: dict[str, Any]) -> None:
    vectorizer = adapters()[name]()
    for part in PARTS:
        texts = data[f"{part}_texts"]
        matrix = vectorizer.fit_transform(texts) if part == "train" else vectorizer.transform(texts)
        for array in ("data", "indices", "indptr"):
            np.save(folder / f"{name}-{part}-{array}.npy", getattr(matrix, array))
        (folder / f"{name}-width").write_text(str(matrix.shape[1]))


def _matrix(folder: Path, name: str, part: str) -> Any:
    from scipy.sparse import csr_matrix

    arrays = [np.load(folder / f"{name}-{part}-{array}.npy", mmap_mode="r") for array in ("data", "indices", "indptr")]
    return csr_matrix(tuple(arrays), shape=(len(arrays[2]) - 1, int((folder / f"{name}-width").read_text())))


def _fit(folder: Path, adapter: str, estimator: str, data: dict[str, Any]) -> dict[str, Any]:
    from argosy.models.evaluation import evaluate

    model = estimators()[estimator]().fit(_matrix(folder, adapter, "train"), data["train_codes"])
    found = {}
    for part in PARTS[1:]:
        matrix, codes = _matrix(folder, adapter, part), data[f"{part}_codes"]
        native = hasattr(model, "predict_proba")
        scores = model.predict_proba(matrix) if native else np.eye(len(data["classes"]))[model.predict(matrix)]
        metrics = evaluate(codes, scores, scores if native else None, len(data["classes"]), seed=0)
        found[part] = metrics.accuracy.value
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
