"""`argosy init`: a new project's files and its master keys."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from argosy.app.backends import create_keys
from argosy.errors import UserMistake

FILES = ("argosy.yaml", "plan.yaml", "thorough.yaml", "README.md")
_IGNORED = ".argosy/\n"


def create_project(folder: Path, name: str = "") -> list[Path]:
    """Write a new project into `folder`, which may exist but not be one already; what was written."""
    name = name or re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-") or "project"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise UserMistake(f"'{name}' is no project name: use small letters, digits, '-' and '_'")
    if (folder / "argosy.yaml").exists():
        raise UserMistake(f"{folder} is a project already: it has an argosy.yaml")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    templates = resources.files("argosy.app").joinpath("templates")
    for file in FILES:
        path = folder / file
        if not path.exists():
            text = templates.joinpath(file).read_text("utf-8")
            path.write_text(text.format(name=name), "utf-8")
            written.append(path)
    ignore = folder / ".gitignore"
    if _IGNORED not in (ignore.read_text("utf-8") if ignore.exists() else ""):
        with ignore.open("a", encoding="utf-8") as file_:
            file_.write(_IGNORED)
        written.append(ignore)
    create_keys(folder)
    return written
