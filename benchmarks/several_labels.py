"""Lists of labels on GoEmotions with its published split: figures and speed, compared with scikit-learn's OneVsRest.

    python -m benchmarks.several_labels

28 labels, 43,410 training and 5,427 test texts. scikit-learn's side is TfidfVectorizer and OneVsRest of
LogisticRegression at their defaults (but 1,000 iterations), with the threshold 0.5, and with the one of each label that
is best for its F1 on the `dev` part. Argosy's is first the same, which must give the same figures; then tf-idf of words
and pairs (in two texts at least, sublinear) and `one_vs_rest` of logistic regression with C = 10, with 0.5 and tuned on
folds of the training part, which leaves `dev` to rank by. One text is timed through the served form and through
scikit-learn's pipeline, in rounds. The last line is one JSON object.
Data: $ARGOSY_DATA, else ../shared/data. About ten minutes of one core.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from argosy.processes import single_threaded

TIMED = 200
ROUNDS = 5
OWN = {"ngrams": [1, 2], "min_count": 2, "sublinear": True}
PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("defaults_0.5", {}, {}),
    ("own_0.5", OWN, {"settings": {"C": 10}}),
    ("own_micro_f1", OWN, {"settings": {"C": 10}, "threshold": "micro_f1"}),
    ("own_macro_f1", OWN, {"settings": {"C": 10}, "threshold": "macro_f1"}),
]


def main() -> None:
    """Fit each pair, print a line each and all figures as JSON."""
    parts = read()
    figures: dict[str, float] = {}
    theirs = scikit_learn(parts, figures)
    for name, adapter, model in PAIRS:
        started = time.perf_counter()
        pair = ours(adapter, model, parts["train"])
        found = measured(parts["test"], chosen(pair, parts["test"]), pair.classes)
        note(figures, name, found, time.perf_counter() - started)
        if name == "own_0.5":
            asked = [text for text, _ in parts["test"]][:TIMED]
            sides = (pair.served().one, lambda text: theirs.predict_proba([text]))
            figures["one_text_us"], figures["sklearn_one_text_us"] = in_turn(*sides, asked)
    print(json.dumps(figures))


def read() -> dict[str, list[tuple[str, list[str]]]]:
    """(text, labels) by published part."""
    path = Path(os.environ.get("ARGOSY_DATA", "../shared/data")) / "text" / "goemotions.jsonl.gz"
    parts: dict[str, list[tuple[str, list[str]]]] = {"train": [], "dev": [], "test": []}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            parts[row["split"]].append((row["text"], row["labels"]))
    return parts


def scikit_learn(parts: dict[str, Any], figures: dict[str, float]) -> Any:
    """Their pipeline, fitted; its figures at 0.5 and tuned on `dev`."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import precision_recall_curve
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    classes = sorted({label for _, labels in parts["train"] for label in labels})
    started = time.perf_counter()
    pipeline = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression(max_iter=1000)))
    pipeline.fit([text for text, _ in parts["train"]], truth(parts["train"], classes))
    seconds = time.perf_counter() - started
    dev, test = (pipeline.predict_proba([text for text, _ in parts[part]]) for part in ("dev", "test"))
    cuts = []
    for column, is_true in zip(dev.T, truth(parts["dev"], classes).T, strict=True):
        precision, recall, thresholds = precision_recall_curve(is_true, column)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        cuts.append(thresholds[f1[:-1].argmax()])
    note(figures, "sklearn_0.5", measured(parts["test"], test >= 0.5, classes), seconds)
    note(figures, "sklearn_tuned", measured(parts["test"], test >= np.array(cuts), classes), seconds)
    return pipeline


def ours(adapter: dict[str, Any], model: dict[str, Any], rows: list[tuple[str, list[str]]]) -> Any:
    """An Argosy pair, fitted."""
    from argosy.models.adapted_model import AdaptedModel

    pair = AdaptedModel.from_names("tfidf", adapter, "one_vs_rest", model)
    return pair.fit([text for text, _ in rows], [labels for _, labels in rows])


def chosen(pair: Any, rows: list[tuple[str, list[str]]]) -> Any:
    """(rows, classes): what it answers."""
    return pair.predict_proba([text for text, _ in rows]) >= pair.estimator.answered_from


def truth(rows: list[tuple[str, list[str]]], classes: list[str]) -> Any:
    """(rows, classes) of 0 and 1."""
    import numpy as np

    return np.array([[int(label in labels) for label in classes] for _, labels in rows])


def measured(rows: list[tuple[str, list[str]]], answers: Any, classes: list[str]) -> dict[str, float]:
    """By scikit-learn, for both sides."""
    from sklearn.metrics import f1_score

    right = truth(rows, classes)
    return {
        "micro_f1": float(f1_score(right, answers, average="micro", zero_division=0)),
        "macro_f1": float(f1_score(right, answers, average="macro", zero_division=0)),
        "exact": float((right == answers).all(axis=1).mean()),
    }


def note(figures: dict[str, float], name: str, found: dict[str, float], seconds: float) -> None:
    """Keep and print."""
    figures |= {f"{name}_{figure}": value for figure, value in found.items()}
    print(f"{name:14} " + "  ".join(f"{key} {value:.3f}" for key, value in found.items()) + f"  {seconds:.0f} s")


def in_turn(first: Callable[[str], Any], second: Callable[[str], Any], texts: list[str]) -> list[float]:
    """The median microseconds of either side, which answer all texts in turn, in rounds."""
    laps: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for side, answer in enumerate((first, second)):
            for text in texts:
                started = time.perf_counter()
                answer(text)
                laps[side].append(time.perf_counter() - started)
    return [statistics.median(one) * 1e6 for one in laps]


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in single_threaded().items()):
        os.environ.update(single_threaded())  # numeric libraries read it when they are loaded: begin again
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.several_labels"])
    main()
