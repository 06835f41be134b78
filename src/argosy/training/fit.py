"""A fitted adapter and what it makes of a dataset: the part of training that definitions share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from argosy.datasets.dataset import Dataset
from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters
from argosy.models.answers import classes_of, coded
from argosy.models.artifact_format import ArrayWriter, read_artifact, write_artifact
from argosy.models.estimator import Codes
from argosy.models.given import checked_rows
from argosy.models.packing import pack, unpack
from argosy.types import LabelKind, Part


@dataclass(frozen=True)
class Fit:
    """`classes` are those of the training part, in order.

    `matrices` hold a row an input, csr or dense; `codes` number each row's label among `classes`, -1 for one that
    the training part does not have; of sets of labels and of numbers see `coded`. `encoding` is how far the
    adapter's served form is from these matrices, on the parts that are evaluated.
    """

    adapter: Adapter
    classes: list[str]
    matrices: Mapping[Part, Any]
    codes: Mapping[Part, Codes]
    seconds: float = 0.0
    encoding: float = 0.0

    def lasting(self, seconds: float) -> Fit:
        """The same, having taken so long to make."""
        return replace(self, seconds=seconds)

    def size_bytes(self) -> int:
        """What the matrices take, nearly all of a fit."""
        return sum(_size(matrix) for matrix in self.matrices.values())


def make_fit(
    adapter: Adapter,
    dataset: Dataset,
    *,
    kind: LabelKind = "single",
    is_served: bool = True,
    known_classes: Sequence[str] | None = None,
    train_rows: Any = None,
) -> Fit:
    """Fit the adapter on the training part and transform every part.

    What is not to be served, a fold's fit, is not compared with its served form either. With `known_classes`, those
    of an earlier model, the adapter is that model's: it stays as it was fitted, and its classes are among the fit's.
    `train_rows` are what to learn from in place of what such an adapter makes of the training part.
    """
    train = dataset.parts[Part.TRAIN]
    if train_rows is not None:
        first = train_rows
    elif known_classes is not None:
        first = checked_rows(adapter, "transform", adapter.transform(train.inputs), len(train.inputs))
    else:
        made = adapter.fit_transform(train.inputs, train.labels)
        is_own = type(adapter).fit_transform is not Adapter.fit_transform
        first = checked_rows(adapter, "fit_transform" if is_own else "transform", made, len(train.inputs))
    matrices = {Part.TRAIN: first}
    classes = sorted({*classes_of(train.labels, kind), *(known_classes or ())})
    encoding = 0.0
    for part in (Part.VALIDATION, Part.TEST):
        if inputs := dataset.parts[part].inputs:
            matrices[part] = checked_rows(adapter, "transform", adapter.transform(inputs), len(inputs))
            if is_served:
                encoding = max(encoding, adapter.encoding_difference(inputs, matrices[part]))
    codes = {part: coded(dataset.parts[part].labels, classes, kind) for part in matrices}
    return Fit(adapter, classes, matrices, codes, encoding=encoding)


def write_fit(fit: Fit, path: Path) -> None:
    """Leave the fit in a file that `read_fit` maps."""
    arrays = ArrayWriter()
    header = {
        "adapter": {"name": adapters.name_of(type(fit.adapter)), **fit.adapter.to_dict(arrays.put)},
        "classes": fit.classes,
        "matrices": pack({part.value: matrix for part, matrix in fit.matrices.items()}, arrays.put),
        "codes": pack({part.value: codes for part, codes in fit.codes.items()}, arrays.put),
        "seconds": fit.seconds,
        "encoding": fit.encoding,
    }
    write_artifact(path, header, arrays)


def read_fit(path: Path) -> Fit:
    """The fit in a file, its arrays memory-mapped."""
    header, arrays = read_artifact(path)
    return Fit(
        adapters.get(header["adapter"]["name"]).cls.from_dict(header["adapter"], arrays.get),
        header["classes"],
        {Part(name): matrix for name, matrix in unpack(header["matrices"], arrays.get).items()},
        {Part(name): codes for name, codes in unpack(header["codes"], arrays.get).items()},
        header["seconds"],
        header["encoding"],
    )


def _size(matrix: Any) -> int:
    if isinstance(matrix, np.ndarray):
        return matrix.nbytes
    return int(matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes)
