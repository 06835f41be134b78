"""Words of every script: marks belong to the character before them, however they were typed."""

from unicodedata import category, normalize

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters import adapters
from argosy.models.grams import Analyzer

WORDS = {
    "मुझे यह खाना नापसंद आया": ["मुझे", "यह", "खाना", "नापसंद", "आया"],
    "كِتَابٌ جَمِيلٌ.": ["كِتَابٌ", "جَمِيلٌ"],
    "นี่คือ อาหาร": ["นี่คือ", "อาหาร"],
    "Cafe\u0301 CAFÉ": ["café", "café"],
    "می\u200cخواهم و": ["می\u200cخواهم"],
    "𑀓𑀺𑀓 x1": ["𑀓𑀺𑀓", "x1"],
    "👩\u200d💻 fine": ["fine"],
    "naïve don't": ["naïve", "don"],
}
TEXTS = ["crème brûlée, très bonne", "la crème était bonne", "très mauvais repas", "repas mauvais et cher"]
LABELS = ["good", "good", "bad", "bad"]
PAIRS = [
    ("tfidf", {"ngrams": [1, 2]}),
    ("tfidf", {"analyzer": "char_wb", "ngrams": [2, 3]}),
    ("tfidf", {"analyzer": "char", "ngrams": [1, 3]}),
    ("hashing", {}),
    ("word_frequency", {}),
    ("word2vec", {"min_count": 1, "dimensions": 5}),
    ("union", {}),
    ("numeric", {"texts": ["text"]}),
]


@pytest.mark.parametrize(("text", "words"), list(WORDS.items()))
def test_words(text, words):
    assert Analyzer().grams(text) == words


def test_a_mark_or_a_joiner_alone_begins_no_word():
    assert Analyzer().grams("\u0301a \u200dbc\u200d") == ["bc"]


@settings(deadline=None, max_examples=200)
@given(st.text(st.one_of(st.sampled_from("aäé \u0301\u0308कि\u200dẛ\u0323İΣσ"), st.characters()), max_size=20))
def test_both_normal_forms_are_the_same_text(text):
    for name in ("word", "char", "char_wb"):
        for is_lowered in (True, False):
            analyzer = Analyzer(name, 1, 2, is_lowered)
            assert analyzer.grams(normalize("NFD", text)) == analyzer.grams(normalize("NFC", text))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=30))
def test_no_word_begins_with_a_mark(text):
    assert not any(category(word[0]).startswith("M") for word in Analyzer().words(text))


@pytest.mark.parametrize(("adapter", "options"), PAIRS)
def test_a_model_trained_on_one_form_gives_the_same_answers_to_the_other(adapter, options):
    def asked(texts):
        return [{"text": text} for text in texts] if adapter == "numeric" else texts

    composed, decomposed = ([normalize(form, text) for text in TEXTS] for form in ("NFC", "NFD"))
    model = AdaptedModel.from_names(adapter, options, "logistic").fit(asked(composed), LABELS)
    assert (model.scores(asked(decomposed)) == model.scores(asked(composed))).all()
    other = AdaptedModel.from_names(adapter, options, "logistic").fit(asked(decomposed), LABELS)
    assert other.to_dict() == model.to_dict()
    both = asked(composed + decomposed)
    rows = model.adapter.transform(both)
    assert np.abs(rows[: len(TEXTS)] - rows[len(TEXTS) :]).max() == 0
    assert model.adapter.encoding_difference(both, rows) < 1e-12


@pytest.mark.parametrize("name", ["hashing", "numeric", "tfidf", "word2vec", "word_frequency"])
def test_a_number_says_which_analyser_a_model_has(name):
    assert adapters.get(name).create({}).edition == 2
