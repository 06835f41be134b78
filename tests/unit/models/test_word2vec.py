"""word2vec gives the same bits in another process, and is served without gensim."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from argosy.errors import DatasetInvalid, ExtraMissing
from argosy.models.adapters.word2vec import Word2Vec
from argosy.testing.texts import labelled_texts

PROGRAM = """
import hashlib
from argosy.models.adapters.word2vec import Word2Vec
from argosy.testing.texts import labelled_texts
print(hashlib.sha256(Word2Vec(dimensions=8).fit(*labelled_texts(60)).vectors_.tobytes()).hexdigest())
"""


def test_another_process_trains_the_same_vectors():
    here = hashlib.sha256(Word2Vec(dimensions=8).fit(*labelled_texts(60)).vectors_.tobytes()).hexdigest()
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == here


def test_a_text_is_the_mean_of_its_first_words():
    adapter = Word2Vec(dimensions=8, sequence_length=2).fit(*labelled_texts(60))
    index, vectors = adapter.vocabulary_.index, adapter.vectors_.astype(float)
    assert index["today"] != index["report"]
    expected = (vectors[index["today"]] + vectors[index["report"]]) / 2
    assert adapter.transform(["today report team", "Today: report!"]) == pytest.approx(np.array([expected, expected]))
    assert not adapter.transform(["unheard"]).any()


def test_seeds_differ():
    texts = labelled_texts(60)
    assert (Word2Vec(dimensions=8).fit(*texts).vectors_ != Word2Vec(dimensions=8, seed=1).fit(*texts).vectors_).any()


def test_too_few_words_are_reported():
    with pytest.raises(DatasetInvalid, match="occurs 2 times"):
        Word2Vec().fit(["one two", "three four"], ["a", "b"])


def test_without_gensim_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(ExtraMissing, match=r"argosy\[word2vec\]"):
        Word2Vec().fit(["one one"], ["a"])
