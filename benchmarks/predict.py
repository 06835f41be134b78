"""How long one text takes in process, through the served form and through scikit-learn's pipeline.

    python -m benchmarks.predict

Tf-idf and logistic regression on words (2 classes, SMS spam; 77 classes, Banking77), on words 1–2-grams and on
characters inside words 2–4 (77 classes). Each text has exactly 84 characters, made of the data's own words; the two
sides answer the same texts in turn, in rounds, and the figure is the median over all of one side's texts and rounds.
One BLAS thread. The last line is one JSON object: microseconds, and the largest difference between the two sides'
probabilities; `sklearn_us` is scikit-learn's on words with 2 classes. The served form remembers the n-grams of words
that it has met, as it does in service: `char_first_us` is the figure of the first round, on a fresh model.
Data: $ARGOSY_DATA, else ../shared/data.
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

CHARACTERS = 84
TEXTS = 200
ROUNDS = 8

CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("unigram_2_us", "sms_spam", {}, {}),
    ("unigram_77_us", "banking77", {}, {}),
    ("bigram_77_us", "banking77", {"ngrams": [1, 2]}, {"ngram_range": (1, 2)}),
    ("char_us", "banking77", {"analyzer": "char_wb", "ngrams": [2, 4]}, {"analyzer": "char_wb", "ngram_range": (2, 4)}),
]


def main() -> None:
    """Run every case, print a line each and the figures as JSON."""
    figures: dict[str, float] = {}
    differences = []
    for key, source, options, settings in CASES:
        texts, labels = read(source)
        asked = texts_of_length(texts, CHARACTERS, TEXTS)
        ours, theirs = train_ours(texts, labels, options), train_theirs(texts, labels, settings)
        first = in_turn(ours, ours, asked, rounds=1)[0]
        differences.append(max(float(abs(ours(text) - theirs([text])[0]).max()) for text in asked))
        figures[key], reference = in_turn(ours, lambda text, ask=theirs: ask([text]), asked)
        figures.setdefault("sklearn_us", reference)
        if key == "char_us":
            figures["char_first_us"] = first
        print(f"{key:14} {figures[key]:8.1f} µs   scikit-learn {reference:8.1f} µs   difference {differences[-1]:.1e}")
    print(json.dumps({**figures, "max_difference": max(differences)}))


def read(source: str) -> tuple[list[str], list[str]]:
    """The texts and labels of one of the text sets."""
    folder = Path(os.environ.get("ARGOSY_DATA", "../shared/data"))
    with gzip.open(folder / "text" / f"{source}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def texts_of_length(texts: list[str], characters: int, count: int) -> list[str]:
    """The first `count` distinct stretches of the texts, of exactly that many characters, cut at a word's end."""
    found: dict[str, None] = {}
    for text in texts:
        piece = text[:characters]
        if len(text) > characters and piece[-1].isalnum() and text[characters].isspace():
            found[piece] = None
        if len(found) == count:
            break
    return list(found)


def train_ours(texts: list[str], labels: list[str], options: dict[str, Any]) -> Callable[[str], Any]:
    """A text's probabilities, by the served form of a stored and loaded model."""
    import tempfile

    from argosy.models.adapted_model import AdaptedModel

    model = AdaptedModel.from_names("tfidf", options, "logistic", {"max_iter": 100}).fit(texts, labels)
    with tempfile.TemporaryDirectory() as folder:
        return AdaptedModel.load(model.save(Path(folder) / "model")).served().one


def train_theirs(texts: list[str], labels: list[str], settings: dict[str, Any]) -> Callable[[list[str]], Any]:
    """A list of texts' probabilities, by scikit-learn's pipeline of the same settings."""
    import warnings

    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(TfidfVectorizer(**settings), LogisticRegression(max_iter=100))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline.fit(texts, labels)
    return pipeline.predict_proba  # type: ignore[no-any-return]


def in_turn(
    first: Callable[[str], Any], second: Callable[[str], Any], texts: list[str], rounds: int = ROUNDS
) -> tuple[float, float]:
    """The median microseconds a text of each side, rounds of the two interleaved."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for ask, times in zip((first, second), taken, strict=True):
            for text in texts:
                started = time.perf_counter_ns()
                ask(text)
                times.append((time.perf_counter_ns() - started) / 1000)
    return round(statistics.median(taken[0]), 2), round(statistics.median(taken[1]), 2)


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in single_threaded().items()):
        os.environ.update(single_threaded())  # numeric libraries read it when they are loaded: begin again
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.predict"])
    main()
