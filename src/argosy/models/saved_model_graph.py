"""The graph in a SavedModel's `saved_model.pb`: its nodes, its functions and what one calls. Pure; without TensorFlow.

Field numbers are those of TensorFlow's graph.proto, function.proto, node_def.proto and attr_value.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from argosy.models.protocol_buffers import WireMessage, field_bytes

DEPTH: Final = 20
"""Functions that are given to functions."""
_GRAPH_NODE, _GRAPH_LIBRARY, _GRAPH_VERSIONS = 1, 2, 4
_LIBRARY_FUNCTION: Final = 1


class Node(NamedTuple):
    """`functions` are all that it may call; `called` is the one that it gives exactly its own inputs."""

    name: str
    op: str
    inputs: tuple[str, ...]
    functions: frozenset[str]
    called: str
    raw: memoryview


class Function(NamedTuple):
    """`arguments` are one tensor each; there are none where one is a list."""

    name: str
    arguments: tuple[str, ...]
    nodes: tuple[Node, ...]
    raw: memoryview


class SavedNodes(NamedTuple):
    nodes: Mapping[str, Node]
    functions: Mapping[str, Function]
    versions: memoryview


def read_graph(content: memoryview) -> SavedNodes:
    """Raises ValueError."""
    graph = WireMessage(content)
    library = graph.message(_GRAPH_LIBRARY)
    raws = library.parts(_LIBRARY_FUNCTION)
    names = [WireMessage(raw).message(1).text(1) for raw in raws]
    known = frozenset(names)
    functions = {name: _function(name, raw, known) for name, raw in zip(names, raws, strict=True)}
    nodes = [_node(raw, known) for raw in graph.parts(_GRAPH_NODE)]
    by_name = {one.name: one for one in nodes}
    if len(by_name) < len(nodes) or len(functions) < len(raws):
        raise ValueError("damaged: two nodes or functions have the same name")
    return SavedNodes(by_name, functions, graph.part(_GRAPH_VERSIONS))


def reached(graph: SavedNodes, names: Iterable[str]) -> dict[str, Node]:
    """What these nodes are computed from, themselves included. Raises ValueError where a node is missing."""
    found: dict[str, Node] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in graph.nodes:
            raise ValueError(f"damaged: there is no node '{name[:60]}'")
        found[name] = graph.nodes[name]
        waiting += map(node_of, found[name].inputs)
    return found


def node_of(tensor: str) -> str:
    """The name of the node that gives a tensor: of `x:0`, and of `^x`, which is only waited for."""
    return tensor.removeprefix("^").split(":", 1)[0]


def first_tensor(name: str) -> str:
    """A tensor as inputs name it: `x` for `x:0`."""
    return name.removesuffix(":0")


def graph_bytes(graph: SavedNodes, nodes: Iterable[str], functions: Iterable[str]) -> bytes:
    """A graph of these nodes and functions alone, as TensorFlow reads it."""
    library = b"".join(field_bytes(_LIBRARY_FUNCTION, graph.functions[name].raw) for name in functions)
    parts = [field_bytes(_GRAPH_NODE, graph.nodes[name].raw) for name in nodes]
    return b"".join([*parts, field_bytes(_GRAPH_LIBRARY, library), field_bytes(_GRAPH_VERSIONS, graph.versions)])


def _function(name: str, raw: memoryview, known: frozenset[str]) -> Function:
    message = WireMessage(raw)
    arguments = message.message(1).messages(2)
    are_single = not any(one.part(5) or one.part(6) for one in arguments)
    names = tuple(one.text(1) for one in arguments) if are_single else ()
    return Function(name, names, tuple(_node(one, known) for one in message.parts(3)), raw)


def _node(raw: memoryview, known: frozenset[str]) -> Node:
    message = WireMessage(raw)
    op = message.text(2)
    attributes = message.mapping(5)
    functions = frozenset(name for value in attributes.values() for name in _functions(value, DEPTH))
    called = op if op in known else ""
    if op in ("PartitionedCall", "StatefulPartitionedCall") and "f" in attributes:
        called = attributes["f"].message(10).text(1)
    return Node(message.text(1), op, tuple(message.texts(3)), functions | ({op} & known), called, raw)


def _functions(attribute: WireMessage, depth: int) -> Iterator[str]:
    """The functions that an attribute names, and those that are given to them."""
    if not depth:
        raise ValueError("functions are given to functions too often")
    for given in [*attribute.messages(10), *(one for inner in attribute.messages(1) for one in inner.messages(9))]:
        yield given.text(1)
        for value in given.mapping(2).values():
            yield from _functions(value, depth - 1)
