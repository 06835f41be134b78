"""Models that were trained elsewhere become versions: declared, scored on a dataset of ours, kept with their bytes.

Nothing is kept unless all of it went well: the file is read, run and measured in a child process, and the version is
written in one transaction at the end.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from argosy import clock
from argosy.backends import Backends
from argosy.datasets.file_options import Spelled, as_argument
from argosy.definitions import Definition, Spec, label
from argosy.definitions.alternatives import parse_alternatives
from argosy.definitions.plan import model_name
from argosy.definitions.yaml_files import parse_mapping, read_mapping
from argosy.errors import DefinitionInvalid, ImportedModelFailed, ImportInvalid, InputInvalid
from argosy.models.answer_kinds import VALUE
from argosy.models.graph_note import PROPERTY, GraphNote, read_note
from argosy.plurals import plural
from argosy.processes import current_user
from argosy.subprocess_tasks import run_task
from argosy.training.import_formats import FOLDERS, PROGRAMS, REMOTE, TRANSLATED
from argosy.typed_values import abridged
from argosy.types import LabelKind, Part, Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from argosy.datasets.dataset import Dataset
    from argosy.store.trained import Version
    from argosy.training.imported_adapters import ImportedAdapter
    from argosy.training.pipeline import Measured

MOST_BYTES: Final = 1 << 30
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

    @property
    def is_number(self) -> bool:
        """Whether it answers numbers."""
        return self.classes == [VALUE]

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
    path: Path | str,
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

    `path` is a file, a folder, or the address of a model on another server. What it `takes` is a text, and the classes
    are as it says, unless given. `spelled` is how a message writes an option and its value. Raises ImportInvalid,
    DefinitionInvalid, ExtraMissing, and what the dataset may be refused for.
    """
    if isinstance(path, Path) and form not in FOLDERS:
        check_file(path)
    check_leave(path, form, allow_pickle, spelled)
    if trusted and form != "skops":
        raise ImportInvalid(f"{path}: {spelled('trusted', trusted[0])} is for skops, and this is {form}: leave it out")
    note = _note(path) if form == "onnx" and isinstance(path, Path) else None
    if note and note.answered_from is not None:
        raise ImportInvalid(f"{path}: it answers lists of labels: import what was exported as argosy or json instead")
    declared = _declared(note) if note and not takes else parse_input(takes or "text", spelled)
    if form == REMOTE and not takes:
        declared = {}
    if form in TRANSLATED:
        declared = _named_fields(path, declared if takes else {}, spelled("takes", ""))
    named = list(classes) or (note.classes if note else [])
    options = {"format": form, "sha256": "", "classes": named, "trusted": sorted(trusted), **declared}
    cut = parse_dataset(backends, dataset, spelled)
    option = spelled("classes", "a,b,c")
    said = (note.probabilities, note.about) if note else (None, {})
    request = ImportRequest(
        str(path.resolve() if isinstance(path, Path) else path),
        model_name(name),
        options,
        cut.to_dict(),
        current_user(),
        option,
        *said,
    )
    found = run_task(backends.root, "score_import", msgspec.to_builtins(request), report_progress=report_progress)
    version = backends.store.stored_version(found.pop("version"))
    return ImportedVersion(version, **found)


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
    from argosy.training.imported_adapters import imported_adapter

    request = msgspec.convert(values, ImportRequest)
    adapter = imported_adapter(request.path, request.adapter, request.classes_option, report_progress)
    cut = Spec(**request.dataset)
    with backends.database.write() as transaction:
        frozen = freeze(transaction, cut, transaction.now())
        erased = erasures(transaction)
    dataset = load(backends.database, backends.vault, frozen.digest)
    _check_labels(dataset, adapter.classes, request.classes_option)
    measured = _measured(adapter, dataset, request.probabilities)
    report_progress(f"scored on {plural(len(dataset.parts[Part.TEST]), 'row')} of the test part")
    return _recorded(backends, request, cut, frozen.digest, adapter, measured, dataset, erased)


def check_leave(path: Path | str, form: str, allow_pickle: bool, spelled: Spelled) -> None:
    """Raises ImportInvalid where code of the file would run without leave."""
    if form in PROGRAMS and not allow_pickle:
        trusts = spelled("allow_pickle", "")
        raise ImportInvalid(f"{path}: opening a {form} model runs code from it: if you trust it, {trusts}")


def check_file(path: Path) -> None:
    if not path.is_file():
        raise ImportInvalid(f"{path}: there is no such file")
    size = path.stat().st_size
    if not 0 < size <= MOST_BYTES:
        raise ImportInvalid(f"{path}: {size:,} bytes; a model's file has 1 to {MOST_BYTES:,}")


def _named_fields(path: Path | str, declared: Mapping[str, Any], option: str) -> dict[str, Any]:
    """The fields that the user declares of a file that says itself what kind each is."""
    if "text" in declared:
        raise ImportInvalid(f"{path}: the file says which fields it reads: leave out {option}, or name those fields")
    return dict(declared)


def _check_labels(dataset: Dataset, classes: Sequence[str], classes_option: str) -> None:
    if list(classes) == [VALUE]:
        return
    labels = {one for rows in dataset.parts.values() for one in rows.labels}
    if labels.isdisjoint(classes):
        shown = [", ".join(sorted(names)[:5]) for names in (labels, set(classes))]
        problem = f"no label of the dataset ({shown[0]} …) is a class of the model ({shown[1]} …)"
        raise ImportInvalid(f"{problem}: give {classes_option} in the order of its outputs")


def _measured(adapter: ImportedAdapter, dataset: Dataset, said: bool | None) -> Measured:
    import numpy as np
    from scipy.sparse import csr_matrix

    from argosy.models.answers import coded
    from argosy.models.estimators.imported import ForwardedNumbers, ForwardedScores
    from argosy.training.fit import Fit
    from argosy.training.pipeline import train

    classes = sorted(adapter.classes)
    parts = [part for part in (Part.VALIDATION, Part.TEST) if dataset.parts[part].inputs]
    try:
        matrices: dict[Part, Any] = {part: adapter.transform(dataset.parts[part].inputs) for part in parts}
    except (ImportedModelFailed, InputInvalid) as problem:
        raise ImportInvalid(f"the model cannot answer the dataset's rows: {problem}") from None
    is_number = classes == [VALUE]
    train_rows = csr_matrix((len(dataset.parts[Part.TRAIN]), len(classes)))
    all_matrices = {Part.TRAIN: train_rows, **matrices}
    kind: LabelKind = "numbers" if is_number else "single"
    codes = {part: coded(dataset.parts[part].labels, classes, kind) for part in all_matrices}
    inputs = {part: rows.inputs for part, rows in dataset.parts.items()}
    answers = np.concatenate(list(matrices.values()))
    estimator = ForwardedNumbers() if is_number else ForwardedScores(_score_kind(answers, said))
    return train(estimator, Fit(adapter, classes, all_matrices, codes), inputs, lambda: None)


def _score_kind(answers: NDArray[np.float64], said: bool | None) -> Literal["probabilities", "scores"]:
    """Probabilities if they sum to one, unless all are 0 and 1 alone or the file says otherwise."""
    is_probable = bool(answers.min() >= -NEARLY and abs(answers.sum(axis=1) - 1).max() <= NEARLY)
    are_labels = bool(((answers == 0) | (answers == 1)).all())
    return "probabilities" if is_probable and not are_labels and said is not False else "scores"


def _definition(cut: Spec, adapter: ImportedAdapter, measured: Measured, *, is_number: bool) -> Definition:
    name = REMOTE if adapter.format == REMOTE else "translated" if adapter.format in TRANSLATED else "imported"
    estimator = "as_imported_number" if is_number else "as_imported"
    return Definition(cut, Spec(name, adapter.options), Spec(estimator, measured.model.estimator.options))


def _origin(request: ImportRequest, adapter: ImportedAdapter) -> dict[str, Any]:
    """What the lineage has of the file, or of the address."""
    return {
        "file": request.path if adapter.format == REMOTE else Path(request.path).name,
        "sha256": adapter.sha256,
        "format": adapter.format,
        "by": request.by,
        "at": clock.format_time(clock.now()),
        **({"made_of": request.made_of} if request.made_of else {}),
    }


def _recorded(
    backends: Backends,
    request: ImportRequest,
    cut: Spec,
    digest: str,
    adapter: ImportedAdapter,
    measured: Measured,
    dataset: Dataset,
    erased: int,
) -> dict[str, Any]:
    from argosy.datasets.erasure import hold_erasures
    from argosy.errors import ErasedMeanwhile
    from argosy.store.lineage import training_environment
    from argosy.store.trained import Trained

    is_number = list(adapter.classes) == [VALUE]
    definition = _definition(cut, adapter, measured, is_number=is_number)
    name = label(definition, digest, {})
    with tempfile.TemporaryDirectory(prefix="argosy-") as folder:
        put = backends.store.put_artifact(measured.model.save(Path(folder) / "model"))
    origin = _origin(request, adapter)
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
        "unknown": 0 if is_number else sum(one not in known for one in dataset.parts[Part.TEST].labels),
    }
