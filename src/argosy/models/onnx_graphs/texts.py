"""From texts to the numbers of a vocabulary's n-grams, as `grams` has them.

Words and characters become symbols; an n-gram is a path through symbols, so that what is looked up are pairs of whole
numbers and not texts that were put together. Agrees with `grams` where a text is in Unicode's form NFC and its words in
a usual case: all of ASCII; other letters small, capital at the beginning, or capital throughout. ONNX knows no
normal form, and its change of case depends on the locales of the machine but for ASCII.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import product
from typing import Any, Final, NamedTuple
from unicodedata import normalize

import numpy as np

from argosy.models.grams import Analyzer
from argosy.models.onnx_graphs.graph import RUNTIME, Graph

SPACE: Final = r"\t-\r\x1c-\x20\x{85}\p{Z}"
WORD, MARKED = r"[\p{L}\p{N}_]", r"[\p{L}\p{N}\p{M}_]"
WORDS: Final = {1: rf"{WORD}+", 2: rf"{WORD}{MARKED}*(?:[\x{{200c}}\x{{200d}}]+{MARKED}+)*"}
"""By the analyzer's edition."""
CHARACTERS: Final = r"(?s:.)"
NOTHING: Final = "\uffff\uffff"
"""Fills rows up: no word, nor a character, and what Unicode says is in no text is no letter of one."""
FEW: Final = 3
"""Letters beyond ASCII in a word of which every mixture of cases is known."""


class Symbols(NamedTuple):
    """(n, places) whole numbers, 0 for what no n-gram has."""

    value: str
    numbers: dict[str, int]


def gram_columns(graph: Graph, text: str, analyzer: Analyzer, entries: Sequence[str], words: int = 0) -> str:
    """(n, places): which entry of the vocabulary each n-gram is, their number for none; `words`: the first so many."""
    if analyzer.name == "word":
        grams = [entry.split(" ") for entry in entries]
        found = _word_symbols(graph, text, analyzer, {word for gram in grams for word in gram})
        value = graph.slice(found.value, 0, words) if words else found.value
        return _paths(graph, Symbols(value, found.numbers), grams)
    alphabet = set[str]().union(*map(set, entries))
    read = _inside_words if analyzer.name == "char_wb" else _characters
    return _paths(graph, read(graph, text, analyzer, alphabet), entries)


def _paths(graph: Graph, symbols: Symbols, grams: Sequence[Sequence[str]]) -> str:
    """Each length in turn: what an n-gram's first symbols are with the next one."""
    numbers, base, none = symbols.numbers, len(symbols.numbers) + 1, len(grams)
    paths = [tuple(map(numbers.__getitem__, gram)) for gram in grams]
    nodes: dict[tuple[int, ...], int] = {(symbol,): symbol for symbol in numbers.values()}
    value, columns = symbols.value, []
    for length in range(1, max(map(len, paths)) + 1):
        if length > 1:
            ahead = {path[:length] for path in paths if len(path) >= length}
            made = {path: number for number, path in enumerate(sorted(ahead), 1)}
            keys = {nodes[path[:-1]] * base + path[-1]: number for path, number in made.items()}
            before = graph.add("Mul", graph.slice(value, 0, -1), graph.constant(np.int64(base)))
            here = graph.slice(symbols.value, length - 1)
            value, nodes = graph.look_up(graph.add("Add", before, here), keys, 0), made
        ends = {nodes[path]: column for column, path in enumerate(paths) if len(path) == length}
        if ends:
            table = np.full(max(nodes.values()) + 1, none, np.int64)
            table[list(ends)] = list(ends.values())
            columns.append(graph.add("Gather", graph.constant(table), value))
    return columns[0] if len(columns) == 1 else graph.add("Concat", *columns, axis=1)


def _word_symbols(graph: Graph, text: str, analyzer: Analyzer, words: Iterable[str]) -> Symbols:
    numbers = {word: number for number, word in enumerate(sorted(words), 1)}
    table = dict(numbers)
    if analyzer.lowercase:
        text = graph.add("StringNormalizer", text, case_change_action="LOWER", is_case_sensitive=1, locale="C")
        for word, number in numbers.items():
            for written in _cases(word):
                table.setdefault(written, number)
    tokens = _tokens(graph, text, WORDS[min(analyzer.edition, 2)], 2)
    return Symbols(graph.look_up(tokens, table, 0), numbers)


def _inside_words(graph: Graph, text: str, analyzer: Analyzer, alphabet: Iterable[str]) -> Symbols:
    """The characters of each padded word, one word after another: no n-gram has two spaces."""
    words = _tokens(graph, text, f"[^{SPACE}]+", 1)
    space, nothing = (graph.constant(np.array([one], object)) for one in (" ", NOTHING))
    padded = graph.add("StringConcat", graph.add("StringConcat", space, words), space)
    padded = graph.add("Where", graph.add("Equal", words, nothing), nothing, padded)
    characters = _split(graph, padded, CHARACTERS, 1)
    shape = graph.shape(graph.rows_of(characters), -1)
    numbers, table = _alphabet(analyzer, alphabet)
    return Symbols(graph.look_up(graph.add("Reshape", characters, shape), table, 0), numbers)


def _characters(graph: Graph, text: str, analyzer: Analyzer, alphabet: Iterable[str]) -> Symbols:
    """A run of white space is one space, but one other than a space by itself is what it is."""
    numbers, table = _alphabet(analyzer, alphabet)
    tokens = _tokens(graph, text, f"[{SPACE}]{{2,}}|{CHARACTERS}", 1)
    is_run = graph.add("RegexFullMatch", tokens, pattern=f"[{SPACE}]{{2,}}")
    space = graph.constant(np.int64(numbers.get(" ", 0)))
    return Symbols(graph.add("Where", is_run, space, graph.look_up(tokens, table, 0)), numbers)


def _tokens(graph: Graph, text: str, pattern: str, characters: int) -> str:
    """(n, places): all matches, and at least one place that has none, also where no row has a match."""
    shape = graph.shape(graph.rows_of(text), 1)
    nothing = graph.add("Expand", graph.constant(np.array([[NOTHING]], object)), shape)
    return graph.add("Concat", _split(graph, text, pattern, characters), nothing, axis=1)


def _split(graph: Graph, text: str, pattern: str, characters: int) -> str:
    given: dict[str, Any] = {"mark": 0, "pad_value": NOTHING, "tokenexp": pattern, "mincharnum": characters}
    return graph.add("Tokenizer", text, domain=RUNTIME, **given)


def _alphabet(analyzer: Analyzer, alphabet: Iterable[str]) -> tuple[dict[str, int], dict[str, int]]:
    """(each character's number, the same with the capitals that become it)."""
    numbers = {character: number for number, character in enumerate(sorted(alphabet), 1)}
    table = dict(numbers)
    if analyzer.lowercase:
        for character, small in _capitals():
            if small in numbers:
                table.setdefault(character, numbers[small])
    return numbers, table


def _cases(word: str) -> set[str]:
    """How a word may be written that becomes this one, with ASCII's letters small already."""
    if word.isascii():
        return set()
    foreign = [place for place, letter in enumerate(word) if not letter.isascii() and letter.upper() != letter]
    found = {word.upper(), word.capitalize()}
    if len(foreign) <= FEW:
        for choice in product((False, True), repeat=len(foreign)):
            capital = {place for place, is_capital in zip(foreign, choice, strict=True) if is_capital}
            found.add("".join(letter.upper() if at in capital else letter for at, letter in enumerate(word)))
    found |= {normalize("NFC", one) for one in found}
    return {_small_ascii(one) for one in found if one.lower() == word}


def _small_ascii(word: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in word)


@cache
def _capitals() -> tuple[tuple[str, str], ...]:
    every = map(chr, (*range(0xD800), *range(0xE000, sys.maxunicode + 1)))
    return tuple((one, small) for one in every if (small := one.lower()) != one and len(small) == 1)
