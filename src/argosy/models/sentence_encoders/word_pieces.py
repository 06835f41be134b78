"""From a text to the numbers of its word pieces, as BERT (uncased) has them (Devlin et al. 2018).

`bert_uncased.txt.gz` beside this module is BERT's published vocabulary (Apache License 2.0): 30,522 pieces, one a line.
The packages that hold the weights come without it.
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

from argosy.errors import ExtraMissing
from argosy.models.sentence_encoder import PURPOSE

_START, _END = 101, 102
_PIECE_CHARACTERS = 100  # the longest word that is looked at; so no later character can reach the first pieces


def word_pieces(text: str, length: int) -> list[int]:
    """At most `length` numbers, the first and the last being the marks of start and end."""
    numbers: list[int] = _tokenizer().encode(text[: length * _PIECE_CHARACTERS], add_special_tokens=False).ids
    return [_START, *numbers[: length - 2], _END]


@cache
def _tokenizer() -> Any:
    try:
        from tokenizers import Tokenizer
        from tokenizers.models import WordPiece
        from tokenizers.normalizers import BertNormalizer
        from tokenizers.pre_tokenizers import BertPreTokenizer
    except ImportError:
        raise ExtraMissing("tokenizers", "embeddings", PURPOSE) from None
    pieces = gzip.decompress((Path(__file__).parent / "bert_uncased.txt.gz").read_bytes()).decode().split("\n")
    numbers = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=_PIECE_CHARACTERS))  # noqa: S106
    tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(lowercase=True), BertPreTokenizer()
    return tokenizer
