"""The rows of the leaderboard."""

from argosy.app.plugins import REGISTRIES
from argosy.evaluation.leaderboard import add_distinguishing_columns, describe_plugin

ADAPTER = {"name": "tfidf", "options": {"ngrams": [1, 2]}}


def row_of(label, definition, dataset="d1"):
    texts = {kind: describe_plugin(definition[kind], getattr(REGISTRIES, f"{kind}s")) for kind in ("adapter", "model")}
    return {"label": label, "dataset": dataset, **texts}


def test_options_have_three_digits_and_all_where_rows_look_the_same_without():
    numbers = {"a": 1.00012345, "b": 1.00056, "c": 0.12345678}
    models = {label: {"name": "svm", "options": {"C": number}} for label, number in numbers.items()}
    definitions = {label: {"adapter": ADAPTER, "model": model} for label, model in models.items()}
    rows = [row_of(label, definition) for label, definition in definitions.items()]
    assert [row["model"] for row in rows] == ["svm C=1.0", "svm C=1.0", "svm C=0.123"]
    add_distinguishing_columns(rows, definitions, REGISTRIES)
    assert [row["model"] for row in rows] == ["svm C=1.00012345", "svm C=1.00056", "svm C=0.123"]
    assert {row["adapter"] for row in rows} == {"tfidf ngrams=[1, 2]"}


def test_rows_of_two_datasets_may_look_the_same():
    definitions = {label: {"adapter": ADAPTER, "model": {"name": "svm", "options": {"C": 0.12345}}} for label in "ab"}
    rows = [row_of("a", definitions["a"], "d1"), row_of("b", definitions["b"], "d2")]
    add_distinguishing_columns(rows, definitions, REGISTRIES)
    assert [row["model"] for row in rows] == ["svm C=0.123", "svm C=0.123"]
