"""The surroundings in which something was trained: enough to explain why two results differ."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from argosy.definitions.service import feature_digests
from argosy.processes import THREAD_VARIABLES

_TRAINERS: Final = ("scikit-learn", "gensim", "lightgbm", "onnx", "onnxruntime", "tokenizers", "torch")
PACKAGES: Final = ("argosy", "numpy", "scipy", *_TRAINERS)
_REVISION = re.compile(r"[0-9a-f]{40,64}")


def training_environment(
    folder: Path, plugins: Mapping[str, str], seed: int | None = None, packages: Iterable[str] = PACKAGES
) -> dict[str, Any]:
    """What a result's `environment` holds: packages, Python, machine, threads, seed, git revision, plug-ins, and the
    definitions of the features that services look up."""
    return {
        "packages": versions_of(tuple(packages)),
        "python": sys.version.split()[0],
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": {name: os.environ.get(name) for name in THREAD_VARIABLES},
        "seed": seed,
        "git_revision": git_revision(folder),
        "plugins": {name: digest for name, digest in sorted(plugins.items()) if digest},
        "features": feature_digests(folder),
    }


@cache
def versions_of(packages: tuple[str, ...]) -> dict[str, str]:
    """The installed ones among these packages, with their versions; looked up once a process."""
    found: dict[str, str] = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


@cache
def processor() -> str:
    """The model of this machine's processor, whose instructions numeric libraries choose their kernels by."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def git_revision(folder: Path) -> str | None:
    """The commit checked out where the folder is, read from git's own files; None where there is none."""
    for parent in (folder.resolve(), *folder.resolve().parents):
        if (parent / ".git").exists():
            return _head(_git_folder(parent / ".git"))
    return None


def _git_folder(mark: Path) -> Path:
    """`.git` itself, or the folder that it names in a linked work tree."""
    if mark.is_dir():
        return mark
    text = mark.read_text("utf-8", errors="replace").strip()
    return (mark.parent / text.removeprefix("gitdir:").strip()).resolve()


def _head(git: Path) -> str | None:
    head = _line(git / "HEAD")
    if not head.startswith("ref:"):
        return _revision(head)
    name = head.removeprefix("ref:").strip()
    shared = _line(git / "commondir")
    for place in (git, git / shared) if shared else (git,):
        found = _revision(_line(place / name)) or _packed(place / "packed-refs", name)
        if found:
            return found
    return None  # a branch without a commit


def _packed(path: Path, name: str) -> str | None:
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((_revision(line.split()[0]) for line in lines if line.endswith(f" {name}")), None)


def _line(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""


def _revision(text: str) -> str | None:
    return text if _REVISION.fullmatch(text) else None
