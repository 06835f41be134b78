"""What the architecture tests measure: the package's own source files."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

import argosy

PACKAGE = Path(argosy.__file__).parent


class SourceFile(NamedTuple):
    name: str
    """From the package's folder, such as `jobs/queue.py`."""
    lines: int
    tree: ast.Module


@pytest.fixture(scope="session")
def sources() -> list[SourceFile]:
    files = sorted(PACKAGE.rglob("*.py"))
    texts = {file.relative_to(PACKAGE).as_posix(): file.read_text("utf-8") for file in files}
    return [SourceFile(name, len(text.splitlines()), ast.parse(text)) for name, text in texts.items()]
