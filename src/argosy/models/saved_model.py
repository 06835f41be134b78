"""What a SavedModel is asked: its signatures, and of its graph what answers them and nothing else. Pure.

Without TensorFlow, from the bytes of `saved_model.pb`. A graph runs in three places: variables are restored, tables are
initialised, a signature answers. Of each the nodes and functions that it may reach are found. All others, such as those
that save the model, are left out of the graph that TensorFlow is given. Those that are kept must be operations of
`saved_model_operations.txt`, which read and write no file, reach no network, run no code that is not in the graph and
wait for nobody. Any other, also one that a newer TensorFlow adds, is refused. Two that read a file, `RestoreV2` and
`InitializeTableFromTextFileV2`, are let in where its path is a tensor that Argosy feeds, whatever the graph says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from argosy.errors import ImportInvalid
from argosy.models.protocol_buffers import WireMessage
from argosy.models.saved_model_graph import SavedNodes, first_tensor, graph_bytes, node_of, reached, read_graph
from argosy.models.signature import ANY_SHAPE, Signature, TensorSpec, checked_signature, may_be_batched
from argosy.typed_values import abridged_list

MODEL: Final = "saved_model.pb"
ASSETS: Final = "assets"
SERVE: Final = "serve"
"""The tag of the graph that is for serving; a file may have others, for training."""
DATATYPES: Final = {
    1: "FP32", 2: "FP64", 3: "INT32", 4: "UINT8", 5: "INT16", 6: "INT8", 7: "BYTES", 9: "INT64", 10: "BOOL",
    17: "UINT16", 19: "FP16", 22: "UINT32", 23: "UINT64",
}  # fmt: skip
"""TensorFlow's DataType."""
METHODS: Final = {f"tensorflow/serving/{method}": method for method in ("classify", "regress")}
RESTORES: Final = {"RestoreV2": 0}
INITIALIZES: Final = {"InitializeTableFromTextFile": 1, "InitializeTableFromTextFileV2": 1}
"""Operations that read a file, and which of their inputs is its path."""
INTERNAL: Final = "__saved_model_init_op"
_HIDDEN = re.compile(r"__saved_model_\w+_op")


class Tensors(NamedTuple):
    """What a signature's tensors are called in the graph."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


class SavedGraph(NamedTuple):
    """All that TensorFlow is asked: `restore` and `initialize` are operations, empty where there are none."""

    graph: bytes
    signatures: Mapping[str, Signature]
    tensors: Mapping[str, Tensors]
    restore: str
    restore_path: str
    """The tensor of the variables' path."""
    initialize: str
    assets: Mapping[str, str]
    """For tensors that take a path while tables are initialised: the file."""


def read_saved_model(content: bytes, files: Iterable[str]) -> SavedGraph:
    """`files` are the names of all files of the folder. Raises ImportInvalid."""
    try:
        return _read(_serving_graph(WireMessage(memoryview(content))), frozenset(files))
    except (ValueError, RecursionError) as error:
        raise ImportInvalid(f"the file {MODEL} cannot be read: {str(error)[:200]}") from None


def _serving_graph(model: WireMessage) -> WireMessage:
    """The MetaGraphDef with the one tag `serve`."""
    graphs = [(sorted(one.message(1).texts(4)), one) for one in model.messages(2)]
    found = [one for tags, one in graphs if tags == [SERVE]]
    if len(found) != 1:
        tags = abridged_list([", ".join(tags) for tags, _ in graphs])
        raise ImportInvalid(f"the file {MODEL} has not one graph with the tag {SERVE}; its tags: {tags or 'none'}")
    return found[0]


def _read(meta: WireMessage, files: frozenset[str]) -> SavedGraph:
    graph = read_graph(meta.part(2))
    definitions = meta.mapping(5)
    signatures = _signatures(definitions)
    tensors = {name: _names(definitions[name]) for name in signatures}
    assets = _copied(graph, _assets(meta, files))
    saver = meta.message(3)
    restore, path = saver.text(2 + 1), saver.text(1)
    initialize = _initializer(meta, definitions)
    kept = _Kept(graph)
    asked = [name for one in tensors.values() for part in one for name in part.values()]
    kept.take(asked, {}, [])
    kept.take([restore] if restore else [], RESTORES, [path])
    kept.take([initialize] if initialize else [], INITIALIZES, assets)
    content = graph_bytes(graph, sorted(kept.nodes), sorted(kept.functions))
    return SavedGraph(content, signatures, tensors, restore, path, initialize, assets)


class _Kept:
    """The nodes and functions that are kept, each checked where it is reached from."""

    def __init__(self, graph: SavedNodes) -> None:
        self._graph = graph
        self.nodes: set[str] = set()
        self.functions: set[str] = set()

    def take(self, roots: Iterable[str], readers: Mapping[str, int], paths: Iterable[str]) -> None:
        """`readers` may read a file if their path is one of the tensors `paths`, which Argosy feeds."""
        fed = frozenset(first_tensor(path) for path in paths if path)
        found = reached(self._graph, map(node_of, roots))
        self.nodes |= found.keys()
        checked: set[tuple[str, frozenset[str]]] = set()
        waiting = [("", fed)]
        while waiting:
            name, known = waiting.pop()
            if (name, known) in checked:
                continue
            checked.add((name, known))
            function = self._graph.functions.get(name)
            if name and function is None:
                raise ImportInvalid(f"the graph calls '{name[:60]}', which is neither an operation nor a function")
            for node in function.nodes if function else found.values():
                if node.op not in self._graph.functions:
                    _check_operation(node.op, node.inputs, readers, known)
                waiting += [(one, frozenset[str]()) for one in node.functions - {node.called}]
                if node.called:
                    waiting.append((node.called, self._passed_on(node.called, node.inputs, known)))
            self.functions |= {name} - {""}

    def _passed_on(self, called: str, inputs: Iterable[str], known: frozenset[str]) -> frozenset[str]:
        """Which arguments of a function are paths."""
        function = self._graph.functions.get(called)
        given = [first_tensor(one) in known for one in inputs if not one.startswith("^")]
        arguments = function.arguments if function else ()
        return frozenset(name for name, is_path in zip(arguments, given, strict=False) if is_path)


def _check_operation(op: str, inputs: tuple[str, ...], readers: Mapping[str, int], paths: frozenset[str]) -> None:
    if op in operations():
        return
    if op in readers and len(inputs) > readers[op] and first_tensor(inputs[readers[op]]) in paths:
        return
    why = "reads a file that is not one of the model's own" if op in readers else "is not among those that are run here"
    raise ImportInvalid(f"the graph's operation {op[:60]} {why}")


@cache
def operations() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("saved_model_operations.txt").read_text("ascii").split())


def _initializer(meta: WireMessage, definitions: Mapping[str, WireMessage]) -> str:
    """The operation that initialises tables: of TensorFlow 2 a signature's, of older files in a collection."""
    if INTERNAL in definitions:
        return "".join(one.text(1) for one in definitions[INTERNAL].mapping(2).values())
    collections = meta.mapping(4)
    for name in ("saved_model_main_op", "legacy_init_op"):
        if name in collections:
            return "".join(collections[name].message(1).texts(1))
    return ""


def _assets(meta: WireMessage, files: frozenset[str]) -> dict[str, str]:
    found = {}
    for one in meta.messages(6):
        name = f"{ASSETS}/{one.text(2)}"
        if name not in files:
            raise ImportInvalid(f"the model's asset '{one.text(2)[:60]}' is not in the folder {ASSETS}")
        found[one.message(1).text(1)] = name
    return found


def _copied(graph: SavedNodes, assets: Mapping[str, str]) -> dict[str, str]:
    """With the reads of variables that a path is assigned to, as TensorFlow 2 writes it."""
    files = {first_tensor(tensor): file for tensor, file in assets.items()}
    variables = {
        node.inputs[0]: files[first_tensor(node.inputs[1])]
        for node in graph.nodes.values()
        if node.op == "AssignVariableOp" and first_tensor("".join(node.inputs[1:2])) in files
    }
    reads = [node for node in graph.nodes.values() if node.op == "ReadVariableOp" and node.inputs]
    copied = {f"{one.name}:0": variables[one.inputs[0]] for one in reads if one.inputs[0] in variables}
    return {**assets, **copied}


def _signatures(definitions: Mapping[str, WireMessage]) -> dict[str, Signature]:
    """Those whose tensors can be served; raises ImportInvalid where none is."""
    found, problems = {}, []
    for name, definition in definitions.items():
        if _HIDDEN.fullmatch(name):
            continue
        try:
            found[name] = _signature(name, definition)
        except ImportInvalid as problem:
            problems.append(str(problem))
    if not found:
        raise ImportInvalid(f"the model has no signature that can be served{': '.join(['', *problems[:1]])}")
    return found


def _signature(name: str, definition: WireMessage) -> Signature:
    inputs, outputs = (_specs(definition.mapping(number)) for number in (1, 2))
    signature = Signature(inputs, outputs, method=METHODS.get(definition.text(3), ""))
    return checked_signature(
        Signature(inputs, outputs, is_batched=may_be_batched(signature), method=signature.method), name
    )


def _specs(tensors: Mapping[str, WireMessage]) -> tuple[TensorSpec, ...]:
    found = []
    for name, tensor in sorted(tensors.items()):
        datatype = DATATYPES.get(tensor.number(2))
        if datatype is None or not tensor.text(1):
            raise ImportInvalid(f"the tensor '{name[:60]}' is sparse, or of a datatype that is not served")
        shape = tensor.message(3)
        if shape.number(3):
            found.append(TensorSpec(name, datatype, ANY_SHAPE, has_any_rank=True))
        else:
            found.append(TensorSpec(name, datatype, tuple(one.number(1) for one in shape.messages(2))))
    return tuple(found)


def _names(definition: WireMessage) -> Tensors:
    inputs, outputs = ({name: one.text(1) for name, one in definition.mapping(at).items()} for at in (1, 2))
    return Tensors(inputs, outputs)
