"""The n-grams of many texts at once: the same counts as `grams` gives text by text, by array arithmetic.

Texts become one array of symbol numbers (words or characters, numbered in their order as strings); an n-gram becomes
one integer whose order is the order of the strings; sorting those integers finds the distinct ones. Strings are only
made for the n-grams that are asked for. `char_wb` works on the distinct words, then spreads their counts over the
texts by one sparse product, which is where most of its speed comes from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.models.grams import Analyzer, squeeze
from argosy.models.rows import with_columns

Integers = NDArray[np.int64]
BATCH_CHARACTERS = 4_000_000


@dataclass(frozen=True)
class GramCounts:
    """How often each n-gram is in each text."""

    matrix: Any
    """csr, texts × distinct n-grams in the order of their strings, float64."""
    names: Callable[[Integers], list[str]]
    """The n-grams of these columns."""

    @property
    def grams(self) -> list[str]:
        return self.names(np.arange(self.matrix.shape[1]))


def count_grams(texts: Sequence[str], analyzer: Analyzer, at_once: int = BATCH_CHARACTERS) -> GramCounts:
    """The counts of every n-gram.

    Texts are counted in batches of about `at_once` characters, which bounds the memory on the way.
    """
    batches = _batches(texts, at_once)
    return _joined([_count_batch(batch, analyzer) for batch in batches])


def _count_batch(texts: Sequence[str], analyzer: Analyzer) -> GramCounts:
    low, high = analyzer.low, analyzer.high
    if analyzer.name == "word":
        return _count_words([analyzer.words(text) for text in texts], low, high)
    prepared = map(analyzer.prepare, texts)
    if analyzer.name == "char":
        return _count_characters([squeeze(text) for text in prepared], low, high)
    return _count_inside_words([text.split() for text in prepared], low, high)


def count_rows(rows: list[list[str]]) -> GramCounts:
    """The counts of strings that are rows already."""
    names, symbols, lengths = number(rows, len(rows))
    return GramCounts(
        _rows(symbols, lengths, len(names)), lambda columns: [names[column] for column in columns.tolist()]
    )


def _batches(texts: Sequence[str], at_once: int) -> list[Sequence[str]]:
    """The texts in their order, cut where a batch has enough characters; one batch at least."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    cuts = np.flatnonzero(np.diff(ends // at_once)) + 1
    return [texts[start:end] for start, end in pairwise([0, *cuts.tolist(), len(texts)])]


def _joined(parts: list[GramCounts]) -> GramCounts:
    """The counts of batches as those of all texts."""
    if len(parts) == 1:
        return parts[0]
    from scipy.sparse import vstack

    grams = [part.grams for part in parts]
    names, columns, _ = number(grams, len(grams))
    ends = np.cumsum([0, *map(len, grams)])
    matrices = [
        with_columns(part.matrix, columns[start:end], len(names))
        for part, (start, end) in zip(parts, pairwise(ends.tolist()), strict=True)
    ]
    return GramCounts(vstack(matrices, "csr"), lambda wanted: [names[column] for column in wanted.tolist()])


def number(rows: Iterable[list[str]], count: int) -> tuple[list[str], Integers, Integers]:
    """(distinct strings in order, the number of each string of every row in one array, each row's length)."""
    rows = list(rows)
    seen: defaultdict[str, int] = defaultdict()
    seen.default_factory = seen.__len__
    lengths = np.fromiter(map(len, rows), np.int64, count)
    numbers = np.fromiter(map(seen.__getitem__, chain.from_iterable(rows)), np.int64, int(lengths.sum()))
    names = sorted(seen)
    rank = np.empty(len(names), np.int64)
    rank[np.fromiter(map(seen.__getitem__, names), np.int64, len(names))] = np.arange(len(names))
    return names, rank[numbers], lengths


def _count_words(rows: list[list[str]], low: int, high: int) -> GramCounts:
    if high == 1:
        return count_rows(rows)
    names, symbols, lengths = number(rows, len(rows))
    starts, sizes = _windows(lengths, low, high)
    columns, first = _distinct(symbols, starts, sizes, high, len(names))

    def strings(wanted: Integers) -> list[str]:
        grams = np.empty(len(wanted), object)
        at, size = starts[first[wanted]], sizes[first[wanted]]
        for n in range(low, high + 1):
            here = np.flatnonzero(size == n)
            words = ([names[symbol] for symbol in symbols[at[here] + offset].tolist()] for offset in range(n))
            grams[here] = list(map(" ".join, zip(*words, strict=True)))
        return grams.tolist()

    return GramCounts(_matrix(_owner(lengths)[starts], columns, (len(rows), len(first))), strings)


def _count_characters(texts: list[str], low: int, high: int) -> GramCounts:
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    joined, symbols, alphabet = _characters(texts)
    starts, sizes = _windows(lengths, low, high)
    columns, first = _distinct(symbols, starts, sizes, high, alphabet)
    matrix = _matrix(_owner(lengths)[starts], columns, (len(texts), len(first)))
    return GramCounts(matrix, _slices(joined, starts[first], sizes[first]))


def _count_inside_words(rows: list[list[str]], low: int, high: int) -> GramCounts:
    words, symbols, row_lengths = number(rows, len(rows))
    padded = [f" {word} " for word in words]
    lengths = np.fromiter(map(len, padded), np.int64, len(padded))
    joined, characters, alphabet = _characters(padded)
    starts, sizes = _windows(lengths, low, high)
    short = np.flatnonzero(lengths < low)
    starts = np.concatenate([starts, (np.cumsum(lengths) - lengths)[short]])
    sizes = np.concatenate([sizes, lengths[short]])
    columns, first = _distinct(characters, starts, sizes, high, alphabet)
    inside = _matrix(_owner(lengths)[starts], columns, (len(words), len(first)))
    of_word = _rows(symbols, row_lengths, len(words))
    # Turned around, so that the product's accumulator is as long as there are texts and stays in the cache, and so
    # that turning the result back puts its columns in order, which sorting would take far longer to do.
    matrix = (inside.T.tocsr() @ of_word.T.tocsr()).T.tocsr()
    matrix.has_sorted_indices = True
    return GramCounts(matrix, _slices(joined, starts[first], sizes[first]))


def _characters(texts: list[str]) -> tuple[str, Integers, int]:
    """(the texts in one string, the number of each character in the order of code points, how many differ)."""
    joined = "".join(texts)
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    used = np.zeros(int(points.max(initial=0)) + 1, np.bool_)
    used[points] = True
    return joined, (np.cumsum(used) - 1)[points], int(used.sum())


def _windows(lengths: Integers, low: int, high: int) -> tuple[Integers, Integers]:
    """Where each n-gram of each row begins, and its n."""
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(lengths.sum())
    starts = [np.flatnonzero(left >= n) for n in range(low, high + 1)]
    sizes = [np.full(len(at), low + step) for step, at in enumerate(starts)]
    return np.concatenate(starts), np.concatenate(sizes)


def _distinct(
    symbols: Integers, starts: Integers, sizes: Integers, high: int, alphabet: int
) -> tuple[Integers, Integers]:
    """(the column of each n-gram, an n-gram of each column); columns are in the order of the strings.

    An n-gram's key has its symbols as digits, a missing one being zero, so that a prefix sorts first.
    """
    padded = np.concatenate([symbols + 1, np.zeros(high, np.int64)])
    base, bound = alphabet + 1, 1
    keys = np.zeros(len(starts), np.int64)
    for offset in range(high):
        if bound * base >= 1 << 63:
            keys, first = _ranks(keys)
            bound = len(first)
        keys = keys * base + np.where(offset < sizes, padded[starts + offset], 0)
        bound *= base
    return _ranks(keys)


def _ranks(keys: Integers) -> tuple[Integers, Integers]:
    """(the rank of each key among the distinct ones, the place of one key of each rank)."""
    order = np.argsort(keys)
    ordered = keys[order]
    is_new = np.ones(len(keys), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    ranks = np.empty(len(keys), np.int64)
    ranks[order] = np.cumsum(is_new) - 1
    return ranks, order[is_new]


def _slices(joined: str, starts: Integers, sizes: Integers) -> Callable[[Integers], list[str]]:
    def strings(wanted: Integers) -> list[str]:
        begins, ends = starts[wanted].tolist(), (starts[wanted] + sizes[wanted]).tolist()
        return [joined[begin:end] for begin, end in zip(begins, ends, strict=True)]

    return strings


def _owner(lengths: Integers) -> Integers:
    """Which row each element is of."""
    return np.repeat(np.arange(len(lengths)), lengths)


def _rows(columns: Integers, lengths: Integers, width: int) -> Any:
    """The counts of rows whose columns follow one another."""
    from scipy.sparse import csr_matrix

    indptr = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=indptr[1:])
    matrix = csr_matrix((np.ones(len(columns)), columns.astype(np.int32), indptr), shape=(len(lengths), width))
    matrix.sum_duplicates()
    return matrix


def _matrix(rows: Integers, columns: Integers, shape: tuple[int, int]) -> Any:
    from scipy.sparse import coo_matrix

    places = (rows.astype(np.int32), columns.astype(np.int32))
    return coo_matrix((np.ones(len(rows)), places), shape=shape).tocsr()
