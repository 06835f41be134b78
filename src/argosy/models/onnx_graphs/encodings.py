"""Adapters as parts of a graph: for each row the features that are there, and how much of each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ExportInvalid
from argosy.models.adapter import Adapter
from argosy.models.adapters.numeric import Numeric
from argosy.models.adapters.tfidf import TfIdf
from argosy.models.adapters.union import Union
from argosy.models.adapters.word_frequency import WordFrequency
from argosy.models.grams import Analyzer
from argosy.models.onnx_graphs.graph import Graph
from argosy.models.onnx_graphs.texts import gram_columns


class Entries(NamedTuple):
    """(n, places) each: a feature may be there several times, and `width` is none."""

    columns: str
    amounts: str
    width: int


def encode_node(graph: Graph, adapter: Adapter, inputs: dict[str, str]) -> Entries:
    """What `adapter.transform` gives for these inputs, by field; raises ExportInvalid where no graph can say it."""
    if isinstance(adapter, Union):
        return joined(graph, [encode_node(graph, part, inputs) for part in adapter.fitted])
    if isinstance(adapter, Numeric):
        return _fields(graph, adapter, inputs)
    if isinstance(adapter, TfIdf):
        return _tfidf(graph, adapter, inputs[adapter.field or "text"])
    if isinstance(adapter, WordFrequency):
        return _word_frequency(graph, adapter, inputs[adapter.field or "text"])
    raise ExportInvalid(f"ONNX has no operators for the adapter {type(adapter).__name__}")


def joined(graph: Graph, parts: list[Entries]) -> Entries:
    """One behind the other; none of one part is none of all."""
    if len(parts) == 1:
        return parts[0]
    width = sum(part.width for part in parts)
    columns, first = [], 0
    for part in parts:
        places = np.append(np.arange(first, first + part.width), width)
        columns.append(graph.add("Gather", graph.constant(places), part.columns))
        first += part.width
    amounts = graph.add("Concat", *(part.amounts for part in parts), axis=1)
    return Entries(graph.add("Concat", *columns, axis=1), amounts, width)


def _tfidf(graph: Graph, adapter: TfIdf, text: str) -> Entries:
    """Each occurrence has its share of a feature; a row's length is the root of the sum of their squares."""
    analyzer = Analyzer(adapter.analyzer, *adapter.ngrams, adapter.lowercase, adapter.edition)
    columns = gram_columns(graph, text, analyzer, adapter.vocabulary_.entries)
    width = len(adapter.idf_)
    times = _times(graph, columns, width)
    value = graph.add("Gather", graph.constant(np.append(adapter.idf_, 0.0)), columns)
    if adapter.sublinear:
        value = graph.add("Mul", value, graph.add("Add", graph.add("Log", times), graph.constant(1.0)))
    else:
        value = graph.add("Mul", value, times)
    share = graph.add("Div", value, times)
    length = graph.add("Sqrt", graph.total(graph.add("Mul", value, share), 1, keep=True))
    is_nothing = graph.add("Equal", length, graph.constant(0.0))
    return Entries(columns, graph.add("Div", share, graph.add("Where", is_nothing, graph.constant(1.0), length)), width)


def _times(graph: Graph, columns: str, width: int) -> str:
    """(n, places): how often the feature of each place is in its row."""
    rows = graph.rows_of(columns)
    number = graph.add("Range", graph.constant(np.int64(0)), graph.add("Squeeze", rows), graph.constant(np.int64(1)))
    first = graph.add("Mul", number, graph.constant(np.int64(width + 1)))
    column = graph.add("Unsqueeze", first, graph.constant(np.array([1], np.int64)))
    keys = graph.flat(graph.add("Add", columns, column))
    _, _, place, count = graph.several("Unique", keys, outputs=4, sorted=1)
    counts = graph.add("Gather", graph.to_double(count), place)
    return graph.add("Reshape", counts, graph.add("Shape", columns))


def _word_frequency(graph: Graph, adapter: WordFrequency, text: str) -> Entries:
    analyzer = Analyzer(edition=adapter.edition)
    columns = gram_columns(graph, text, analyzer, adapter.vocabulary_.entries, adapter.sequence_length)
    return Entries(columns, _ones(graph, columns), adapter.width)


def _fields(graph: Graph, adapter: Numeric, inputs: dict[str, str]) -> Entries:
    columns, amounts = [], []
    for number in adapter.number_plan:
        value = _column(graph, inputs[number.name])
        is_missing = graph.add("IsNaN", value)
        scaled = graph.add("Sub", value, graph.constant(number.offset))
        scaled = graph.add("Div", scaled, graph.constant(number.scale))
        if adapter.scaling == "range":
            scaled = graph.add("Clip", scaled, graph.constant(0.0), graph.constant(1.0))
        amounts.append(graph.add("Where", is_missing, graph.constant(number.fill), scaled))
        columns.append(_everywhere(graph, value, number.column))
        if number.mark >= 0:
            amounts.append(graph.to_double(is_missing))
            columns.append(_everywhere(graph, value, number.mark))
    for name, places in adapter.category_plan.items():
        table = {value or "": column for value, column in places.items()}
        found = graph.look_up(_column(graph, inputs[name]), table, adapter.width)
        columns.append(found)
        amounts.append(_ones(graph, found))
    for name, inside, first in adapter.text_plan:
        part = _tfidf(graph, inside, inputs[name])
        behind = np.append(np.arange(first, first + part.width), adapter.width)
        columns.append(graph.add("Gather", graph.constant(behind), part.columns))
        amounts.append(part.amounts)
    return Entries(graph.add("Concat", *columns, axis=1), graph.add("Concat", *amounts, axis=1), adapter.width)


def _column(graph: Graph, value: str) -> str:
    return graph.add("Reshape", value, graph.constant(np.array([-1, 1], np.int64)))


def _everywhere(graph: Graph, like: str, column: int) -> str:
    return graph.add("Expand", graph.constant(np.array([[column]], np.int64)), graph.add("Shape", like))


def _ones(graph: Graph, like: str) -> str:
    return graph.add("Expand", graph.constant(np.array([[1.0]])), graph.add("Shape", like))


def probes(adapter: Adapter, count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Inputs that an adapter knows something of, to compare two forms of a model on; none of them is empty."""
    random = np.random.default_rng(seed)
    found = [_probe(adapter, random) for _ in range(count)]
    return [one for one in found if any(value is not None and str(value).strip() for value in one.values())]


def _probe(adapter: Adapter, random: np.random.Generator) -> dict[str, Any]:
    if isinstance(adapter, Union):
        return {name: value for part in adapter.fitted for name, value in _probe(part, random).items()}
    if isinstance(adapter, TfIdf | WordFrequency):
        return {adapter.field or "text": _text(adapter.vocabulary_.entries, random)}
    found: dict[str, Any] = {}
    if isinstance(adapter, Numeric):
        for number in adapter.number_plan:
            is_there = random.random() < 0.9
            found[number.name] = float(number.offset + number.scale * random.normal()) if is_there else None
        for name, places in adapter.category_plan.items():
            found[name] = [*places, "another"][random.integers(len(places) + 1)]
        for name, inside, _ in adapter.text_plan:
            found[name] = _text(inside.vocabulary_.entries, random)
    return found


def _text(entries: list[str], random: np.random.Generator) -> str:
    picked: NDArray[np.int64] = random.integers(len(entries), size=random.integers(1, 30))
    words = [entries[at] for at in picked.tolist()]
    return " ".join(word.upper() if random.random() < 0.1 else word for word in words)
