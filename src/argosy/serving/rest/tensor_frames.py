"""Data frames as tensors: a column for each input, or the columns of one matrix in their order. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from argosy.models.adapter import FieldKind
from argosy.models.signature import Signature, TensorSpec
from argosy.models.tensor_rows import TensorRows
from argosy.serving.limits import InputLimits
from argosy.serving.rest.tensor_json import columns_of_rows, tensors_of_columns


def frame_kinds(signature: Signature) -> dict[str, FieldKind]:
    """What the cells of CSV are read as."""
    return {one.name: "text" if one.datatype == "BYTES" else "number" for one in signature.inputs}


def tensors_of_records(
    records: Sequence[Mapping[str, Any]], name: str, signature: Signature, limits: InputLimits
) -> TensorRows:
    """Raises RequestInvalid, InputInvalid, RequestTooLarge."""
    columns = columns_of_rows(records, signature)
    if _is_matrix(signature) and signature.inputs[0].name not in columns:
        [matrix] = signature.inputs
        rows = [[_cell(matrix, one) for one in row.values()] for row in records]
        return tensors_of_columns({matrix.name: rows}, name, signature, limits)
    specs = {one.name: one for one in signature.inputs}
    shaped = {key: _column(specs[key], values) if key in specs else values for key, values in columns.items()}
    return tensors_of_columns(shaped, name, signature, limits)


def _is_matrix(signature: Signature) -> bool:
    return len(signature.inputs) == 1 and len(signature.inputs[0].shape) == 2


def _column(spec: TensorSpec, values: Sequence[Any]) -> list[Any]:
    cells = [_cell(spec, one) for one in values]
    is_deep = len(spec.shape) == 2 and not any(isinstance(one, list) for one in cells)
    return [[one] for one in cells] if is_deep else cells


def _cell(spec: TensorSpec, value: Any) -> Any:
    """CSV has no whole numbers, and texts where the model does not name the column."""
    if isinstance(value, str) and spec.datatype != "BYTES":
        value = _number(value)
    is_whole = spec.datatype.startswith(("INT", "UINT")) and isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
