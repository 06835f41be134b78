"""The first difference between two trained models, bit for bit. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.models.vocabulary import Vocabulary


@dataclass(frozen=True)
class Difference:
    """`name` such as `model.state.weights_`; `index` within it where it is an array or a list; both values as text."""

    name: str
    index: tuple[int, ...]
    recorded: str
    found: str

    def __str__(self) -> str:
        place = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return f"{self.name}{place} is {self.found}, and was {self.recorded}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def first_difference(recorded: Any, found: Any) -> Difference | None:
    """The first difference between two trees of learned state, in the order of the first; None where there is none."""
    return next(_differences("", recorded, found), None)


def _differences(name: str, recorded: Any, found: Any) -> Iterator[Difference]:
    if type(recorded) is not type(found):
        yield Difference(name, (), _short(recorded), _short(found))
    elif isinstance(recorded, dict):
        yield from _in_mappings(name, recorded, found)
    elif isinstance(recorded, np.ndarray):
        yield from _in_arrays(name, recorded, found)
    elif isinstance(recorded, Vocabulary):
        yield from _in_sequences(f"{name}.entries", recorded.entries, found.entries)
    elif isinstance(recorded, list | tuple):
        yield from _in_sequences(name, recorded, found)
    elif getattr(recorded, "format", "") == "csr":
        yield from _in_sequences(f"{name}.shape", recorded.shape, found.shape)
        for part in ("data", "indices", "indptr"):
            yield from _in_arrays(f"{name}.{part}", getattr(recorded, part), getattr(found, part))
    elif repr(recorded) != repr(found):  # by its text, so that nan is itself and -0.0 is not 0.0
        yield Difference(name, (), _short(recorded), _short(found))


def _in_mappings(name: str, recorded: dict[Any, Any], found: dict[Any, Any]) -> Iterator[Difference]:
    for key in [*recorded, *(key for key in found if key not in recorded)]:
        inner = f"{name}.{key}" if name else str(key)
        if key not in recorded or key not in found:
            yield Difference(inner, (), _presence(key, recorded), _presence(key, found))
        else:
            yield from _differences(inner, recorded[key], found[key])


def _in_sequences(name: str, recorded: Any, found: Any) -> Iterator[Difference]:
    for place, (one, other) in enumerate(zip(recorded, found, strict=False)):
        for difference in _differences(name, one, other):
            inner = difference.name.removeprefix(name)
            yield Difference(name + inner, (place, *difference.index), difference.recorded, difference.found)
    if len(recorded) != len(found):
        yield Difference(name, (), f"{len(recorded)} long", f"{len(found)} long")


def _in_arrays(name: str, recorded: NDArray[Any], found: NDArray[Any]) -> Iterator[Difference]:
    if (recorded.dtype, recorded.shape) != (found.dtype, found.shape):
        yield Difference(name, (), _described(recorded), _described(found))
        return
    differing = np.flatnonzero((_bytes(recorded) != _bytes(found)).any(axis=1))
    if len(differing):
        flat = int(differing[0])
        index = tuple(int(place) for place in np.unravel_index(flat, recorded.shape))
        yield Difference(name, index, repr(recorded.flat[flat].item()), repr(found.flat[flat].item()))


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    """(elements, bytes of each): what differs here differs, whatever `==` says of it."""
    return np.frombuffer(array.tobytes(), np.uint8).reshape(array.size, array.itemsize)


def _described(array: NDArray[Any]) -> str:
    return f"{array.dtype} of shape {list(array.shape)}"


def _presence(key: Any, mapping: dict[Any, Any]) -> str:
    return _short(mapping[key]) if key in mapping else "absent"


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return _described(value)
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
