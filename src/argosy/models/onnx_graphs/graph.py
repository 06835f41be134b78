"""A graph of ONNX while it is made: operators are added one by one, each names what it gives.

All numbers are of double precision, as they are in the models that graphs are made of.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ExtraMissing

OPSET: Final = 20
IR_VERSION: Final = 9
ML, RUNTIME = "ai.onnx.ml", "com.microsoft"
VERSIONS: Final = {"": OPSET, ML: 3, RUNTIME: 1}


class Graph:
    """Names of values are texts; `(n, …)` in comments is for n rows."""

    def __init__(self) -> None:
        self._onnx = import_onnx()
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def take(self, name: str, kind: type, columns: int | None = None) -> str:
        """An input of one value a row; of a table with one column, where that is said."""
        shape = ["rows"] if columns is None else ["rows", columns]
        self._inputs.append(self._onnx.helper.make_tensor_value_info(name, self._type(kind), shape))
        return name

    def give(self, name: str, value: str, kind: type, columns: int | None = None) -> None:
        """An output."""
        shape = ["rows"] if columns is None else ["rows", columns]
        self._outputs.append(self._onnx.helper.make_tensor_value_info(name, self._type(kind), shape))
        self._nodes.append(self._onnx.helper.make_node("Identity", [value], [name]))

    def constant(self, value: Any) -> str:
        """An array, or a number as one without dimensions."""
        array = np.asarray(value)
        if array.dtype.kind in "OU":
            tensor = self._onnx.helper.make_tensor(
                "", self._onnx.TensorProto.STRING, array.shape, [text.encode() for text in array.ravel().tolist()]
            )
        else:
            tensor = self._onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape))
        key = (array.dtype.str, array.shape, tensor.SerializeToString())
        if key not in self._known:
            tensor.name = self._known[key] = f"constant_{len(self._known)}"
            self._constants.append(tensor)
        return self._known[key]

    def add(self, operator: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> str:
        """An operator; the name of its only output, or of its last."""
        names = [f"{operator}_{len(self._nodes)}{f'_{number}' * (outputs > 1)}" for number in range(outputs)]
        made = self._onnx.helper.make_node(operator, list(inputs), names, domain=domain, **attributes)
        self._nodes.append(made)
        return names[-1]

    def several(self, operator: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """The names of all outputs."""
        last = self.add(operator, *inputs, outputs=outputs, **attributes)
        stem = last.rpartition("_")[0]
        return [f"{stem}_{number}" for number in range(outputs)]

    def look_up(self, value: str, table: dict[Any, int], default: int) -> str:
        """Whole numbers for texts or whole numbers."""
        keys = list(table)
        kind = "keys_strings" if keys and isinstance(keys[0], str) else "keys_int64s"
        given: dict[str, Any] = {kind: keys or [-1], "values_int64s": list(table.values()) or [default]}
        return self.add("LabelEncoder", value, domain=ML, default_int64=default, **given)

    def rows_of(self, value: str) -> str:
        """(1,): how many rows there are."""
        return self.add("Shape", value, start=0, end=1)

    def flat(self, value: str) -> str:
        """(n,) of a table with one column."""
        return self.add("Reshape", value, self.constant(np.array([-1], np.int64)))

    def shape(self, rows: str, *others: int) -> str:
        return self.add("Concat", rows, self.constant(np.array(others, np.int64)), axis=0)

    def total(self, value: str, axis: int, keep: bool = False) -> str:
        return self.add("ReduceSum", value, self.constant(np.array([axis], np.int64)), keepdims=int(keep))

    def slice(self, value: str, start: int, end: int = 1 << 62) -> str:
        """Of the second dimension."""
        given = (self.constant(np.array([one], np.int64)) for one in (start, end, 1))
        return self.add("Slice", value, *given)

    def to_double(self, value: str) -> str:
        return self.add("Cast", value, to=self._onnx.TensorProto.DOUBLE)

    def to_bytes(self, metadata: dict[str, str]) -> bytes:
        """The model; raises ValueError over the two gigabytes that one can have."""
        helper = self._onnx.helper
        graph = helper.make_graph(self._nodes, "argosy", self._inputs, self._outputs, self._constants)
        opsets = [helper.make_opsetid(domain, version) for domain, version in VERSIONS.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="argosy")
        helper.set_model_props(model, metadata)
        if model.ByteSize() >= 1 << 31:
            raise ValueError("over two gigabytes, which no ONNX file can have")
        return bytes(model.SerializeToString())

    def _type(self, kind: type) -> int:
        types = {str: "STRING", float: "DOUBLE", bool: "BOOL"}
        return int(getattr(self._onnx.TensorProto, types[kind]))


def import_onnx() -> Any:
    try:
        import onnx
        import onnx.numpy_helper  # not with the package itself
    except ImportError:
        raise ExtraMissing("onnx", "export", "the format onnx") from None
    return onnx


Table = NDArray[np.float64]
