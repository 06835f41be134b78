"""Models that were trained elsewhere become versions: declared, scored on a dataset of ours, kept with their bytes.

Nothing is kept unless all of it went well: the file is read, run and measured in a child process, and the version is
written in one transaction at the end.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from argosy import clock
from argosy.backends import Backends
from argosy.datasets.file_options import Spelled, as_argument
from argosy.definitions import Definition, Spec, label
from argosy.definitions.alternatives import parse_alternatives
from argosy.definitions.plan import model_name
from argosy.definitions.yaml_files import parse_mapping, read_mapping
from argosy.errors import DefinitionInvalid, ImportedModelFailed, ImportInvalid, InputInvalid
from argosy.models.graph_note import PROPERTY, GraphNote, read_note
from argosy.plurals import plural
from argosy.processes import current_user
from argosy.subprocess_tasks import run_task
from argosy.typed_values import abridged
from argosy.types import FieldKind, Part, Progress

if TYPE_CHECKING:
    from argosy.datasets.dataset import Dataset
    from argosy.models.adapters.imported import Imported
    from argosy.models.adapters.translated import Translated
    from argosy.models.translators import Translation
    from argosy.store.trained import Version
    from argosy.training.pipeline import Measured

MOST_BYTES: Final = 1 << 30
PICKLED: Final = ("joblib", "pickle")
FOLDER: Final = "huggingface"
"""The format of a folder; others are of one file."""
TRANSLATED: Final = ("pmml", "lightgbm", "xgboost")
"""Formats that are read once, into a formula, and not run."""
KINDS: Final = ("number", "category", "text")
NEARLY: Final = 1e-3
"""How far from one the answers to a row may sum and be probabilities."""


@dataclass(frozen=True)
class ImportedVersion:
    """The result of an import; `unknown` are rows of the test part whose label the model does not know."""

    version: Version
    is_new: bool
    classes: list[str]
    has_probabilities: bool
    metrics: Mapping[str, Any]
    unknown: int = 0

    def to_dict(self) -> dict[str, Any]:
        found = {"version": self.version.reference, "label": self.version.label, "new": self.is_new}
        rest = {"classes": self.classes, "probabilities": self.has_probabilities, "unknown_rows": self.unknown}
        return {**found, **rest, "metrics": self.metrics}


class ImportRequest(msgspec.Struct, frozen=True):
    """What the child is asked for."""

    path: str
    model: str
    adapter: dict[str, Any]
    dataset: dict[str, Any]
    by: str
    classes_option: str
    """How a message writes the option that names the classes."""
    probabilities: bool | None = None
    """Whether the answers are such, if the file states it."""
    made_of: dict[str, Any] = {}
    """Of a graph of ours: the version that it was made of."""


def import_model(
    backends: Backends,
    path: Path,
    form: str,
    name: str,
    *,
    takes: str = "",
    dataset: str = "all",
    classes: Sequence[str] = (),
    trusted: Sequence[str] = (),
    allow_pickle: bool = False,
    report_progress: Progress = lambda _: None,
    spelled: Spelled = as_argument,
) -> ImportedVersion:
    """Make a file a version of the model; the same file, declared the same, on the same rows, is one version.

    What it `takes` is a text, and the classes are as it says, unless given. `spelled` is how a message writes an option
    and its value. Raises ImportInvalid, DefinitionInvalid, ExtraMissing, and what the dataset may be refused for.
    """
    if form != FOLDER:
        _check_file(path)
    if form in PICKLED and not allow_pickle:
        trusts = spelled("allow_pickle", "")
        raise ImportInvalid(f"{path}: opening a {form} file runs code from it: if you trust it, {trusts}")
    if trusted and form != "skops":
        raise ImportInvalid(f"{path}: {spelled('trusted', trusted[0])} is for skops, and this is {form}: leave it out")
    note = _note(path) if form == "onnx" else None
    if note and note.answered_from is not None:
        raise ImportInvalid(f"{path}: it answers lists of labels: import what was exported as argosy or json instead")
    declared = _declared(note) if note and not takes else parse_input(takes or "text", spelled)
    if form in TRANSLATED:
        declared = _named_fields(path, declared if takes else {}, spelled("takes", ""))
    named = list(classes) or (note.classes if note else [])
    options = {"format": form, "sha256": "", "classes": named, "trusted": sorted(trusted), **declared}
    cut = parse_dataset(backends, dataset, spelled)
    option = spelled("classes", "a,b,c")
    said = (note.probabilities, note.about) if note else (None, {})
    request = ImportRequest(
        str(path.resolve()), model_name(name), options, cut.to_dict(), current_user(), option, *said
    )
    found = run_task(backends.root, "score_import", msgspec.to_builtins(request), report_progress=report_progress)
    version = backends.store.stored_version(found.pop("version"))
    return ImportedVersion(version, **found)


def _content(path: Path, form: str) -> bytes:
    """What is kept and run, or translated. Raises ImportInvalid."""
    from argosy.models.runtimes.text_classifier import packed_folder

    return packed_folder(path) if form == FOLDER else path.read_bytes()


def _note(path: Path) -> GraphNote | None:
    """What a graph of ours says of itself."""
    from argosy.models.self_contained import properties_of

    return read_note(properties_of(path.read_bytes()).get(PROPERTY, ""))


def _declared(note: GraphNote) -> dict[str, Any]:
    return {"fields": note.fields} if note.fields else {"text": "" if note.text == "text" else note.text}


def parse_input(text: str, spelled: Spelled = as_argument) -> dict[str, Any]:
    """`text`, `text:FIELD`, `fields:a,b`, a mapping or a file of one, as the adapter's options `text` and `fields`."""
    (kind, _, rest), where = text.partition(":"), spelled("takes", abridged(text))
    if kind == "text" and "{" not in text:
        return {"text": rest.strip()}
    if kind == "fields" and "{" not in text:
        given: Any = {"fields": [one.strip() for one in rest.split(",")]}
    elif text.lstrip().startswith("{"):
        given = parse_mapping(text, where)
    elif text.endswith((".yaml", ".yml", ".json")):
        given = read_mapping(Path(text))
    else:
        raise DefinitionInvalid(
            "expected text, text:FIELD, fields:a,b or a mapping {fields: {a: number, b: category}}", where
        )
    if set(given) == {"text"} and isinstance(given["text"], str):
        return {"text": given["text"]}
    fields = given.get("fields")
    named = dict.fromkeys(fields, "number") if isinstance(fields, list) else fields
    is_sound = isinstance(named, dict) and named and all(named) and all(kind in KINDS for kind in named.values())
    if set(given) != {"fields"} or not is_sound:
        raise DefinitionInvalid(f"expected fields, each a {', '.join(KINDS)}; got {json.dumps(given)[:80]}", where)
    return {"fields": named}


def parse_dataset(backends: Backends, text: str, spelled: Spelled = as_argument) -> Spec:
    """A cut as in a plan, such as `all` or `{name: span, options: {…}}`, each option with one value."""
    from argosy.datasets.frozen import completed

    where = spelled("dataset", abridged(text))
    values = parse_mapping(f"dataset: {text}", where)["dataset"]
    specs = [
        spec for one in parse_alternatives(values, backends.registries.datasets, "dataset") for spec in one.specs()
    ]
    if len(specs) != 1:
        raise DefinitionInvalid(f"a model is scored on one dataset; this allows {len(specs)}", where)
    with backends.database.read() as transaction:
        return completed(transaction, specs[0], backends.settings.collection)


def score_import(backends: Backends, values: Mapping[str, Any], report_progress: Progress) -> dict[str, Any]:
    """In the child: read, run, measure, record; the answer is what `ImportedVersion` holds."""
    from argosy.datasets.dataset import load
    from argosy.datasets.erasure import erasures
    from argosy.datasets.frozen import freeze
    from argosy.models.adapters.imported import Imported
    from argosy.models.runtimes.sandbox import isolation

    request = msgspec.convert(values, ImportRequest)
    content = _content(Path(request.path), request.adapter["format"])
    options = {**request.adapter, "sha256": hashlib.sha256(content).hexdigest()}
    report_progress(f"{'is read' if options['format'] in TRANSLATED else 'runs'} in {isolation()}")
    classes, trusted = tuple(options["classes"]), tuple(options["trusted"])
    if options["format"] in TRANSLATED:
        adapter: Imported | Translated = _translated(options, content)
    else:
        declared = Imported(**{**options, "classes": classes, "trusted": trusted})
        adapter = _opened(declared, content, request.classes_option)
    report_progress(f"read {len(content):,} bytes; {len(adapter.classes)} classes")
    cut = Spec(**request.dataset)
    with backends.database.write() as transaction:
        frozen = freeze(transaction, cut, transaction.now())
        erased = erasures(transaction)
    dataset = load(backends.database, backends.vault, frozen.digest)
    _check_labels(dataset, adapter.classes, request.classes_option)
    measured = _measured(adapter, dataset, request.probabilities)
    report_progress(f"scored on {plural(len(dataset.parts[Part.TEST]), 'row')} of the test part")
    return _recorded(backends, request, cut, frozen.digest, adapter, measured, dataset, erased)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise ImportInvalid(f"{path}: there is no such file")
    size = path.stat().st_size
    if not 0 < size <= MOST_BYTES:
        raise ImportInvalid(f"{path}: {size:,} bytes; a model's file has 1 to {MOST_BYTES:,}")


def _opened(adapter: Imported, content: bytes, classes_option: str) -> Imported:
    """The adapter with the file in it and the classes known."""
    from argosy.models.adapters.imported import Imported

    found = adapter.take(content).runtime.classes
    classes = adapter.classes or tuple(found)
    if not classes:
        raise ImportInvalid(
            f"the file does not name its classes: {classes_option} names them in the order of its outputs"
        )
    _check_classes(classes, found)
    if classes == adapter.classes:
        return adapter
    return Imported(**{**adapter.arguments, "classes": tuple(classes)}).take(content)


def _check_classes(classes: Sequence[str], found: Sequence[str]) -> None:
    """Those that count, and those that the file has, if it says so."""
    if len(set(classes)) < max(2, len(classes)):
        raise ImportInvalid(f"a model has two classes or more, all different; got {', '.join(classes)[:100]}")
    if found and len(found) != len(classes):
        raise ImportInvalid(f"{len(classes)} classes are named; the file has {len(found)}: {', '.join(found)[:100]}")


def _translated(options: Mapping[str, Any], content: bytes) -> Translated:
    """The adapter with the formula in it, its fields as the file names them, or as the user does in their order."""
    from argosy.models.adapters.translated import Translated
    from argosy.models.runtimes.translating import translate_file

    found = translate_file(options["format"], content)
    numbered = [str(number) for number in range(found.formula["outputs"])]
    classes = options["classes"] or found.classes or numbered
    _check_classes(classes, found.classes or numbered)
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


def _named_fields(path: Path, declared: Mapping[str, Any], option: str) -> dict[str, Any]:
    """The fields that the user declares of a file that says itself what kind each is."""
    if "text" in declared:
        raise ImportInvalid(f"{path}: the file says which fields it reads: leave out {option}, or name those fields")
    return dict(declared)


def _check_labels(dataset: Dataset, classes: Sequence[str], classes_option: str) -> None:
    labels = {one for rows in dataset.parts.values() for one in rows.labels}
    if labels.isdisjoint(classes):
        shown = [", ".join(sorted(names)[:5]) for names in (labels, set(classes))]
        problem = f"no label of the dataset ({shown[0]} …) is a class of the model ({shown[1]} …)"
        raise ImportInvalid(f"{problem}: give {classes_option} in the order of its outputs")


def _measured(adapter: Imported | Translated, dataset: Dataset, said: bool | None) -> Measured:
    import numpy as np
    from scipy.sparse import csr_matrix

    from argosy.models.answers import coded
    from argosy.models.estimators.imported import ForwardedScores
    from argosy.training.fit import Fit
    from argosy.training.pipeline import train

    classes = sorted(adapter.classes)
    parts = [part for part in (Part.VALIDATION, Part.TEST) if dataset.parts[part].inputs]
    try:
        matrices: dict[Part, Any] = {part: adapter.transform(dataset.parts[part].inputs) for part in parts}
    except (ImportedModelFailed, InputInvalid) as problem:
        raise ImportInvalid(f"the model cannot answer the dataset's rows: {problem}") from None
    answers = np.concatenate(list(matrices.values()))
    is_probable = bool(answers.min() >= -NEARLY and np.abs(answers.sum(axis=1) - 1).max() <= NEARLY)
    is_probable = is_probable and not np.isin(answers, (0.0, 1.0)).all() and said is not False
    train_rows = csr_matrix((len(dataset.parts[Part.TRAIN]), len(classes)))
    matrices = {Part.TRAIN: train_rows, **matrices}
    codes = {part: coded(dataset.parts[part].labels, classes, "single") for part in matrices}
    inputs = {part: rows.inputs for part, rows in dataset.parts.items()}
    estimator = ForwardedScores("probabilities" if is_probable else "scores")
    return train(estimator, Fit(adapter, classes, matrices, codes), inputs, lambda: None)


def _recorded(
    backends: Backends,
    request: ImportRequest,
    cut: Spec,
    digest: str,
    adapter: Imported | Translated,
    measured: Measured,
    dataset: Dataset,
    erased: int,
) -> dict[str, Any]:
    from argosy.datasets.erasure import hold_erasures
    from argosy.errors import ErasedMeanwhile
    from argosy.store.lineage import training_environment
    from argosy.store.trained import Trained

    adapter_name = "translated" if adapter.format in TRANSLATED else "imported"
    definition = Definition(
        cut, Spec(adapter_name, adapter.options), Spec("as_imported", measured.model.estimator.options)
    )
    name = label(definition, digest, {})
    with tempfile.TemporaryDirectory(prefix="argosy-") as folder:
        put = backends.store.put_artifact(measured.model.save(Path(folder) / "model"))
    origin = {
        "file": Path(request.path).name,
        "sha256": adapter.sha256,
        "format": adapter.format,
        "by": request.by,
        "at": clock.format_time(clock.now()),
        **({"made_of": request.made_of} if request.made_of else {}),
    }
    trained = Trained(
        label=name,
        definition=definition.to_dict(),
        dataset_digest=digest,
        artifact=put.digest,
        size_bytes=put.size_bytes,
        metrics=measured.metrics,
        confusion=measured.confusion,
        fit_seconds=0.0,
        predict_us=measured.predict_us,
        form=measured.form,
        environment={**training_environment(backends.root, {}), "imported": origin},
        log=f"imported from {origin['file']}",
        rows_right=measured.rows_right,
    )
    with backends.database.write() as transaction:
        if hold_erasures(transaction) != erased:
            raise ErasedMeanwhile("examples were erased while the model was scored: import it again")
        is_new = backends.store.record(transaction, trained, put)
        number = backends.store.add_version(transaction, request.model, name)
    known = set(adapter.classes)
    return {
        "version": f"{request.model}@{number}",
        "is_new": is_new,
        "classes": measured.model.classes,
        "has_probabilities": measured.model.estimator.has_probabilities,
        "metrics": measured.metrics,
        "unknown": sum(one not in known for one in dataset.parts[Part.TEST].labels),
    }
