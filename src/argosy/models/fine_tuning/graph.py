"""The trained network as an ONNX graph that answers one text: what ONNX Runtime serves, without PyTorch.

The graph holds no weights: it names them, and is a few kilobytes. Built from the operators of ONNX itself, so that no
exporter's version decides how it looks. One text at a time needs no padding and no mask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from argosy.errors import ExtraMissing
from argosy.models.fine_tuning.network import HEAD_BIAS, HEAD_WEIGHT, Pooling
from argosy.models.fine_tuning.quantised import SCALE
from argosy.models.sentence_encoders.bert import EPSILON, HEADS, layers_of

Array = NDArray[Any]
OPSET, IR_VERSION = 20, 9
"""The first with GELU, and the file format of its time: ONNX Runtime 1.17 or newer."""
ROWS, LOGITS = "rows", "logits"


def graph_of(tensors: Mapping[str, Array], pooling: Pooling) -> bytes:
    """From `rows` (pieces, width) to `logits` (1, classes); raises ExtraMissing where the package onnx is not there."""
    try:
        import onnx
    except ImportError:
        raise ExtraMissing("onnx", "finetuning", "training the model transformer") from None
    drawing = _Drawing(onnx, tensors)
    pooled = drawing.pooled(drawing.encoded(ROWS), pooling)
    drawing.add("Gemm", pooled, HEAD_WEIGHT, HEAD_BIAS, output=LOGITS, transB=1)
    width, classes = tensors[HEAD_WEIGHT].shape[1], len(tensors[HEAD_BIAS])
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        drawing.nodes,
        "fine_tuned",
        [value(ROWS, onnx.TensorProto.FLOAT, ["pieces", width])],
        [value(LOGITS, onnx.TensorProto.FLOAT, [1, classes])],
        [*drawing.constants, *(_elsewhere(onnx, name, tensors[name]) for name in sorted(tensors))],
    )
    opset = [onnx.helper.make_opsetid("", OPSET)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="argosy")
    return bytes(model.SerializeToString(deterministic=True))


class _Drawing:
    """Nodes as they are added; every method returns the name of what it gives."""

    def __init__(self, onnx: Any, tensors: Mapping[str, Array]) -> None:
        self._onnx, self._tensors = onnx, tensors
        self._width = tensors[HEAD_WEIGHT].shape[1]
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._made_small: set[str] = set()

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{kind}.{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def encoded(self, rows: str) -> str:
        rows = self._normed(rows, "embeddings.LayerNorm")
        self._shape("separate", [-1, HEADS, self._width // HEADS])
        self._shape("together", [-1, self._width])
        self._number("temperature", (self._width // HEADS) ** -0.5)
        for number in range(layers_of(self._tensors)):
            rows = self._layer(rows, f"encoder.layer.{number}")
        return rows

    def pooled(self, rows: str, pooling: Pooling) -> str:
        """(1, width), of mean square 1."""
        self._shape("first", [0])
        self._number("length", self._width**0.5)
        if pooling == "cls":
            pooled = self.add("Gather", rows, "first", axis=0)
        else:
            pooled = self.add("ReduceSum", rows, "first", keepdims=1)
        return self.add("Mul", self.add("LpNormalization", pooled, axis=1, p=2), "length")

    def _layer(self, rows: str, name: str) -> str:
        attended = self._linear(self._attend(rows, f"{name}.attention.self"), f"{name}.attention.output.dense")
        rows = self._normed(self.add("Add", rows, attended), f"{name}.attention.output.LayerNorm")
        inner = self.add("Gelu", self._linear(rows, f"{name}.intermediate.dense"))
        outer = self._linear(inner, f"{name}.output.dense")
        return self._normed(self.add("Add", rows, outer), f"{name}.output.LayerNorm")

    def _attend(self, rows: str, name: str) -> str:
        query, key, value = (
            self.add("Transpose", self.add("Reshape", self._linear(rows, f"{name}.{part}"), "separate"), perm=order)
            for part, order in (("query", [1, 0, 2]), ("key", [1, 2, 0]), ("value", [1, 0, 2]))
        )
        weights = self.add("Softmax", self.add("Mul", self.add("MatMul", query, key), "temperature"), axis=-1)
        attended = self.add("Transpose", self.add("MatMul", weights, value), perm=[1, 0, 2])
        return self.add("Reshape", attended, "together")

    def _linear(self, rows: str, name: str) -> str:
        weight, bias, scale = f"{name}.weight", f"{name}.bias", f"{name}.weight{SCALE}"
        if scale not in self._tensors:
            return self.add("Gemm", rows, weight, bias, transB=1)
        small, step, zero = self._small(rows)
        product = self.add("Cast", self.add("MatMulInteger", small, weight, zero), to=self._onnx.TensorProto.FLOAT)
        return self.add("Add", self.add("Mul", product, self.add("Mul", step, scale)), bias)

    def _small(self, rows: str) -> tuple[str, str, str]:
        """The rows in 8 bits, their step and their zero; made once for all matrices that they go through."""
        names = f"{rows}.small", f"{rows}.step", f"{rows}.zero"
        if rows not in self._made_small:
            self._made_small.add(rows)
            self.nodes.append(self._onnx.helper.make_node("DynamicQuantizeLinear", [rows], list(names)))
        return names

    def _normed(self, rows: str, name: str) -> str:
        return self.add("LayerNormalization", rows, f"{name}.weight", f"{name}.bias", axis=-1, epsilon=EPSILON)

    def _shape(self, name: str, values: list[int]) -> None:
        self.constants.append(self._onnx.helper.make_tensor(name, self._onnx.TensorProto.INT64, [len(values)], values))

    def _number(self, name: str, value: float) -> None:
        self.constants.append(self._onnx.helper.make_tensor(name, self._onnx.TensorProto.FLOAT, [], [value]))


def _elsewhere(onnx: Any, name: str, array: Array) -> Any:
    """A tensor whose numbers the loader of the graph supplies."""
    kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
    tensor = onnx.TensorProto(name=name, data_type=kind, dims=array.shape)
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="artifact")
    return tensor
