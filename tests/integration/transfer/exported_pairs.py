"""Pairs of every kind of learned state, small and fitted in milliseconds."""

from argosy.models.adapted_model import AdaptedModel

TEXTS = [f"{words} number{n}" for n in range(20) for words in ("parcel late", "card charged", "password lost")]
LABELS = ["delivery", "refund", "account"] * 20
FIELDS = [{"age": n, "plan": "abc"[n % 3], "note": text, "text": text} for n, text in enumerate(TEXTS)]
SETS = [["delivery"], ["refund", "money"], []] * 20


def _pair(adapter, model, inputs=TEXTS, labels=LABELS, **options):
    given = {"adapter_options": options.get("a"), "model_options": options.get("m")}
    return lambda: AdaptedModel.from_names(adapter, model=model, **given).fit(inputs, labels)


PAIRS = {
    "tfidf-logistic": _pair("tfidf", "logistic"),
    "hashing-svm": _pair("hashing", "svm", a={"buckets": 4096}),
    "numbers": _pair("word_frequency", "svm", m={"kernel": "rbf"}),
    "mlp": _pair("tfidf", "mlp", m={"hidden": (4,), "max_iter": 3}),
    "trees": _pair("tfidf", "gradient_boosting", m={"trees": 3, "min_rows": 2}),
    "sets": _pair("tfidf", "one_vs_rest", labels=SETS),
    "calibrated": _pair("tfidf", "calibrated", m={"folds": 2}),
}
