"""The adapter of a model that was trained elsewhere, of whichever format: opened, translated or asked about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from argosy.errors import ImportInvalid
from argosy.models.adapters.imported import Imported
from argosy.models.adapters.remote import Remote
from argosy.models.adapters.translated import Translated
from argosy.models.answer_kinds import VALUE
from argosy.models.runtimes.python_class import packed_class
from argosy.models.runtimes.sandbox import isolation
from argosy.models.runtimes.text_classifier import packed_folder
from argosy.models.runtimes.translating import translate_file
from argosy.models.translators import Translation
from argosy.storable_text import check_no_nul
from argosy.training.import_formats import FOLDERS, REMOTE, TRANSLATED
from argosy.training.remote_models import declare_remote
from argosy.types import FieldKind, Progress

ImportedAdapter = Imported | Translated | Remote


def imported_adapter(
    path: str, declared: Mapping[str, Any], classes_option: str, report_progress: Progress
) -> ImportedAdapter:
    """Ready to answer, with its classes. Raises ImportInvalid, ExtraMissing."""
    form = declared["format"]
    if form == REMOTE:
        remote = declare_remote({**declared, "url": path})
        require_classes(remote.classes, classes_option)
        check_classes(remote.classes, ())
        report_progress(f"asks {path}; {len(remote.classes)} classes")
        return remote
    content = _content(Path(path), form)
    options = {**declared, "sha256": hashlib.sha256(content).hexdigest()}
    report_progress(f"{'is read' if form in TRANSLATED else 'runs'} in {isolation()}")
    if form in TRANSLATED:
        adapter: ImportedAdapter = _translated(options, content)
    else:
        classes, trusted = tuple(options["classes"]), tuple(options["trusted"])
        opened = Imported(**{**options, "classes": classes, "trusted": trusted})
        adapter = _opened(opened, content, classes_option)
    report_progress(f"read {len(content):,} bytes; {len(adapter.classes)} classes")
    return adapter


def _content(path: Path, form: str) -> bytes:
    """What is kept and run, or translated. Raises ImportInvalid."""
    if form not in FOLDERS:
        return path.read_bytes()
    return packed_class(path) if form == "python" else packed_folder(path)


def _opened(adapter: Imported, content: bytes, classes_option: str) -> Imported:
    """The adapter with the file in it and the classes known."""
    found = adapter.take(content).runtime.classes
    classes = adapter.classes or tuple(found)
    require_classes(classes, classes_option)
    check_classes(classes, found)
    if classes == adapter.classes:
        return adapter
    return Imported(**{**adapter.arguments, "classes": tuple(classes)}).take(content)


def require_classes(classes: Sequence[str], classes_option: str) -> None:
    if not classes:
        raise ImportInvalid(
            f"the model does not say its classes: {classes_option} names them in the order of its outputs"
        )


def check_classes(classes: Sequence[str], found: Sequence[str]) -> None:
    """Those that count, and those that the file has, if it says so."""
    try:
        for one in classes:
            check_no_nul("class", one)
            one.encode()
    except ValueError as problem:
        raise ImportInvalid(f"the model's classes cannot be kept as labels: {problem}") from None
    if list(classes) == [VALUE] == list(found or classes):
        return
    if len(set(classes)) < max(2, len(classes)):
        raise ImportInvalid(f"a model has two classes or more, all different; got {', '.join(classes)[:100]}")
    if found and len(found) != len(classes):
        raise ImportInvalid(f"{len(classes)} classes are named; the file has {len(found)}: {', '.join(found)[:100]}")


def _translated(options: Mapping[str, Any], content: bytes) -> Translated:
    """The adapter with the formula in it, its fields as the file names them, or as the user does in their order."""
    found = translate_file(options["format"], content)
    numbered = [str(number) for number in range(found.formula["outputs"])]
    classes = found.classes if found.classes == [VALUE] else options["classes"] or found.classes or numbered
    check_classes(classes, found.classes or numbered)
    fields, formula = found.fields, dict(found.formula)
    if names := options.get("fields"):
        fields, formula["fields"] = renamed_fields(found, list(names))
    adapter = Translated(options["format"], options["sha256"], tuple(classes), dict(fields))
    adapter.formula_ = formula
    return adapter


def renamed_fields(found: Translation, names: Sequence[str]) -> tuple[dict[str, FieldKind], list[dict[str, Any]]]:
    """A translation's fields under other names, in the file's order; as they are where the names are the same."""
    kinds, stated = found.fields, found.formula["fields"]
    if set(names) == set(kinds):
        return kinds, stated
    if len(names) != len(kinds):
        raise ImportInvalid(f"the model reads {len(kinds)} fields, {', '.join(kinds)[:200]}; {len(names)} are declared")
    renamed = dict(zip(names, kinds.values(), strict=True))
    return renamed, [{**one, "name": name} for one, name in zip(stated, names, strict=True)]
