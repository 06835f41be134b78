"""One file that holds a model: a JSON header, then raw arrays.

    magic | format, u32 | header length, u32 | header crc32, u32 | body length, u64 | header | padding | arrays

Everything is little-endian; each array begins at a multiple of 64 bytes and is memory-mapped read-only on load, so
opening costs what the header costs and several processes share the pages. The same model gives the same bytes. There
is no pickle and no code in it. The body's integrity is the store's affair, which names artifacts by their sha256;
what is checked here is the magic, the number, the header's checksum, and that the file is as long as it says.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import numpy as np

from argosy.errors import ArtifactCorrupt
from argosy.models.packing import Array

FORMAT = 1
EXPORTED_ENTRY: Final = "exported"
"""The header's entry about the version, in a file that was exported; the store's artifacts have none."""
_MAGIC = b"ARGOSY\r\n"
_PREFIX = struct.Struct("<8sIIIQ")
_ALIGNMENT = 64


class ArrayWriter:
    """Collects arrays for the body; `put` returns what stands for one in the header."""

    def __init__(self) -> None:
        self._arrays: list[tuple[int, Array]] = []
        self.length = 0

    def put(self, array: Array) -> dict[str, Any]:
        at = _aligned(self.length)
        self._arrays.append((at, np.ascontiguousarray(array)))
        self.length = at + array.nbytes
        return {"dtype": array.dtype.str, "shape": list(array.shape), "at": at}

    def write(self, file: IO[bytes]) -> None:
        position = 0
        for at, array in self._arrays:
            file.write(bytes(at - position))
            file.write(array.tobytes())
            position = at + array.nbytes


def write_artifact(path: Path, header: dict[str, Any], arrays: ArrayWriter) -> None:
    """Write the file next to its place and move it there, so that nobody sees half of one."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            write_content(file, header, arrays)
            file.flush()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def write_content(file: IO[bytes], header: Mapping[str, Any], arrays: ArrayWriter | ArrayReader) -> None:
    """The bytes of an artifact: this header, and these arrays at the places that they have."""
    text = msgspec.json.encode(header)
    prefix = _PREFIX.pack(_MAGIC, FORMAT, len(text), zlib.crc32(text), arrays.length)
    start = len(prefix) + len(text)
    file.write(prefix + text + bytes(_aligned(start) - start))
    arrays.write(file)


def is_artifact(start: bytes) -> bool:
    """Whether a file that begins so is one, perhaps a damaged one."""
    return start.startswith(_MAGIC)


class ArrayReader:
    """Finds arrays in a mapped file by what `ArrayWriter.put` returned; raises ArtifactCorrupt on nonsense."""

    def __init__(self, mapped: mmap.mmap, start: int, length: int, source: str) -> None:
        self._mapped, self._start, self.length, self._source = mapped, start, length, source

    def get(self, stored: Any) -> Array:
        try:
            dtype, shape, at = np.dtype(stored["dtype"]), tuple(stored["shape"]), int(stored["at"])
            count = math.prod(shape)  # of Python's integers, which do not wrap around
            if dtype.kind not in "biuf" or min((at, *shape)) < 0 or at + count * dtype.itemsize > self.length:
                raise ValueError("an array outside of the file")
            if count == 0:
                return np.empty(shape, dtype)
            return np.frombuffer(self._mapped, dtype, count, self._start + at).reshape(shape)
        except (KeyError, TypeError, ValueError, OverflowError) as problem:
            raise ArtifactCorrupt(f"{self._source}: damaged artifact ({problem})") from None

    def write(self, file: IO[bytes]) -> None:
        """All of them, byte for byte."""
        with memoryview(self._mapped) as mapped:
            file.write(mapped[self._start : self._start + self.length])


def read_artifact(path: Path) -> tuple[dict[str, Any], ArrayReader]:
    """The header and the arrays of a file; raises ArtifactCorrupt where it is none, cut short or of another format."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < _PREFIX.size:
            raise ArtifactCorrupt(f"{path}: not an artifact, or cut short ({size} bytes)")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    magic, number, header_length, checksum, body_length = _PREFIX.unpack_from(mapped)
    if magic != _MAGIC:
        raise ArtifactCorrupt(f"{path}: not an artifact of Argosy's")
    if number != FORMAT:
        raise ArtifactCorrupt(f"{path}: format {number}, and this Argosy reads up to {FORMAT}: upgrade it")
    start = _aligned(_PREFIX.size + header_length)
    if size != start + body_length:
        raise ArtifactCorrupt(f"{path}: {size} bytes where its header says {start + body_length}: cut short or damaged")
    text = mapped[_PREFIX.size : _PREFIX.size + header_length]
    if zlib.crc32(text) != checksum:
        raise ArtifactCorrupt(f"{path}: the header is damaged")
    try:
        header = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        raise ArtifactCorrupt(f"{path}: the header is not what a model's is") from None
    return header, ArrayReader(mapped, start, body_length, str(path))


def _aligned(position: int) -> int:
    return -(-position // _ALIGNMENT) * _ALIGNMENT
