"""Which file is scored into which: files, folders and patterns to pairs of paths."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from argosy.errors import PathInvalid, UserMistake
from argosy.scoring.output_rows import FORMS, form_of

_READ: Final = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".xlsx")
_FORM_OF_INPUT: Final = {".parquet": ".parquet", ".pq": ".parquet", ".csv": ".csv", ".tsv": ".csv", ".tab": ".csv"}


def destinations(inputs: Sequence[str], output: str) -> list[tuple[Path, Path]]:
    """(input, output) of each: a file into a file, several into a folder, under their names. Raises UserMistake."""
    paths = [path for given in inputs for path in _files(given)]
    folder = Path(output)
    if len(paths) == 1 and not folder.is_dir() and not output.endswith("/") and not Path(inputs[0]).is_dir():
        form_of(folder)
        if not folder.parent.is_dir():
            raise PathInvalid(f"{output}: there is no folder {folder.parent}")
        return [(_distinct(paths[0], folder), folder)]
    if folder.suffix.lower() in FORMS and not folder.is_dir():
        raise UserMistake(f"{output} is one file, and there are {len(paths)} to score: name a folder")
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [(path, folder / f"{_stem(path)}{_suffix(path)}") for path in paths]
    twice = [path.name for path, count in Counter(one for _, one in pairs).items() if count > 1]
    if twice:
        raise UserMistake(f"two files would be scored into {folder / twice[0]}: score them in two commands")
    return [(_distinct(*pair), pair[1]) for pair in pairs]


def _files(given: str) -> list[Path]:
    path = Path(given)
    if "://" in given:
        raise UserMistake(f"{given}: files on this machine are scored; fetch it first")
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


def _some(found: list[Path], given: str) -> list[Path]:
    if not found:
        raise UserMistake(f"{given}: there is no file to score: {', '.join(_READ)}, gzipped or not")
    return found


def _distinct(source: Path, output: Path) -> Path:
    if output.exists() and source.samefile(output):
        raise UserMistake(f"{output} would be scored into itself: name another output")
    return source


def _kind(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()


def _stem(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).stem


def _suffix(path: Path) -> str:
    return _FORM_OF_INPUT.get(_kind(path), ".jsonl" if _kind(path) in (".jsonl", ".ndjson", ".json") else ".csv")
