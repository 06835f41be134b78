"""The output for each file to score: files, folders and patterns, of this machine or of an object store, to pairs."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from argosy.errors import PathInvalid, UserMistake
from argosy.scoring.output_rows import FORMS, form_of

if TYPE_CHECKING:
    from argosy.scoring.objects import ObjectPlace

T = TypeVar("T")
_READ: Final = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".xlsx")
_FORM_OF_INPUT: Final = {".parquet": ".parquet", ".pq": ".parquet", ".csv": ".csv", ".tsv": ".csv", ".tab": ".csv"}


class InputFile(Protocol):
    """Rows to score."""

    @property
    def name(self) -> str: ...

    @property
    def shown(self) -> str: ...

    @property
    def identity(self) -> str:
        """Other rows have another, as far as its place says; empty: the path says it."""

    def fetch(self) -> Path:
        """The file on this machine."""

    def leave(self) -> None:
        """This process does not read it any more; another run may go on with it. Idempotent."""

    def release(self) -> None:
        """It is not needed any more."""


class OutputFile(Protocol):
    """Where answers go."""

    @property
    def shown(self) -> str: ...

    def exists(self) -> bool: ...

    def working(self, identity: str) -> Path:
        """The path on this machine at which the output of that input and request is made."""

    def send(self, path: Path) -> None:
        """Put the output that is whole there to its place."""

    def release(self, identity: str) -> None:
        """What `working` named is not needed any more."""


@dataclass(frozen=True)
class _LocalInput:
    path: Path
    identity: str = ""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def shown(self) -> str:
        return str(self.path)

    def fetch(self) -> Path:
        return self.path

    def leave(self) -> None:
        """It stays."""

    def release(self) -> None:
        """It stays."""


@dataclass(frozen=True)
class _LocalOutput:
    path: Path

    @property
    def shown(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        return self.path.exists()

    def working(self, identity: str) -> Path:  # noqa: ARG002  # one path for all
        return self.path

    def send(self, path: Path) -> None:
        """It is there."""

    def release(self, identity: str) -> None:
        """It stays."""


def destinations(inputs: Sequence[str], output: str, copies: Path) -> list[tuple[InputFile, OutputFile]]:
    """(input, output) of each: a file into a file, several into a folder, under their names; `copies` is of objects.

    Raises UserMistake, PathInvalid, and ArtifactsUnavailable where an object store is unavailable.
    """
    found = [source for given in inputs for source in _inputs(given, copies)]
    is_one = len(found) == 1 and "/" not in inputs[0][-1:] and not Path(inputs[0]).is_dir()
    place = _place(output, copies)
    outputs = _local_outputs(found, output, is_one=is_one) if place is None else _objects(found, place, is_one=is_one)
    twice = [one for one, count in Counter(one.shown for one in outputs).items() if count > 1]
    if twice:
        raise UserMistake(f"two files would be scored into {twice[0]}: score them in two commands")
    for source, target in zip(found, outputs, strict=True):
        if source.shown == target.shown or _is_same(source, target):
            raise UserMistake(f"{target.shown} would be scored into itself: name another output")
    return list(zip(found, outputs, strict=True))


def _local_outputs(found: Sequence[InputFile], output: str, *, is_one: bool) -> list[OutputFile]:
    folder = Path(output)
    if is_one and not folder.is_dir() and not output.endswith("/"):
        form_of(folder)
        if not folder.parent.is_dir():
            raise PathInvalid(f"{output}: there is no folder {folder.parent}")
        return [_LocalOutput(folder)]
    if folder.suffix.lower() in FORMS and not folder.is_dir():
        raise _one_file(output, found)
    folder.mkdir(parents=True, exist_ok=True)
    return [_LocalOutput(folder / _output_name(source)) for source in found]


def _objects(found: Sequence[InputFile], place: ObjectPlace, *, is_one: bool) -> list[OutputFile]:
    from argosy.scoring.objects import ObjectOutput

    if place.key.endswith("/") or not place.key:
        return [ObjectOutput(place, place.key + _output_name(source)) for source in found]
    if not is_one:
        raise _one_file(place.shown, found)
    form_of(Path(place.key))
    return [ObjectOutput(place, place.key)]


def _one_file(output: str, found: Sequence[InputFile]) -> UserMistake:
    return UserMistake(f"{output} is one file, but there are {len(found)} to score: name a folder, NAME/")


def _place(given: str, copies: Path) -> ObjectPlace | None:
    if "://" not in given:
        return None
    from argosy.scoring.objects import ObjectPlace

    return ObjectPlace(given, copies)


def _inputs(given: str, copies: Path) -> Sequence[InputFile]:
    place = _place(given, copies)
    if place is None:
        return [_LocalInput(path) for path in _files(given)]
    found = place.inputs()
    is_named = not place.key.endswith("/") and not glob.has_magic(place.key)
    return _some([one for one in found if is_named or _kind(Path(one.name)) in _READ], place.shown)


def _files(given: str) -> list[Path]:
    path = Path(given)
    if path.is_dir():
        found = sorted(
            one for one in path.iterdir() if one.is_file() and not one.name.startswith(".") and _kind(one) in _READ
        )
        return _some(found, given)
    if not path.exists() and glob.has_magic(given):
        return _some(sorted(Path(one) for one in glob.glob(given)), given)  # noqa: PTH207  # a whole path, not a folder's
    if not path.exists():
        raise PathInvalid(f"{given}: there is no such file")
    return [path]


def _some(found: list[T], given: str) -> list[T]:
    if not found:
        raise UserMistake(f"{given}: there is no file to score: {', '.join(_READ)}, gzipped or not")
    return found


def _is_same(source: InputFile, target: OutputFile) -> bool:
    if isinstance(source, _LocalInput) and isinstance(target, _LocalOutput):
        return target.path.exists() and source.path.samefile(target.path)
    return False


def _output_name(source: InputFile) -> str:
    path = Path(source.name)
    return f"{_stem(path)}{_suffix(path)}"


def _kind(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()


def _stem(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).stem


def _suffix(path: Path) -> str:
    return _FORM_OF_INPUT.get(_kind(path), ".jsonl" if _kind(path) in (".jsonl", ".ndjson", ".json") else ".csv")
