"""Models of tensors that were made elsewhere become versions: opened, tried on made-up tensors, kept with their bytes.

They have no labels, so that nothing is scored: there are no figures, and no rows that they were measured on.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from argosy import clock
from argosy.backends import Backends
from argosy.datasets.file_options import Spelled, as_argument
from argosy.datasets.no_rows import NO_ROWS
from argosy.definitions import Definition, Spec, label
from argosy.definitions.plan import model_name
from argosy.errors import ImportInvalid
from argosy.processes import current_user
from argosy.training.given_signature import OWN, GivenSignature, as_options, parse_signature, tried_signature
from argosy.training.import_formats import REMOTE
from argosy.training.importing import check_file, check_leave
from argosy.types import Progress

if TYPE_CHECKING:
    from argosy.models.adapters.imported_tensors import ImportedTensors, TensorAdapter
    from argosy.models.runtime import Format
    from argosy.models.signature import Signatures
    from argosy.store.trained import Version

SIGNED: Final = ("onnx", "savedmodel")
"""Formats whose files say their signatures."""
DECLARED: Final = ("python",)
"""Formats whose signatures the user declares."""


@dataclass(frozen=True)
class ImportedTensorsVersion:
    """The result of an import."""

    version: Version
    is_new: bool
    signatures: Signatures

    def to_dict(self) -> dict[str, Any]:
        found = {"version": self.version.reference, "label": self.version.label, "new": self.is_new}
        return {**found, "signatures": msgspec.to_builtins(self.signatures)}


def import_tensors(
    backends: Backends,
    path: Path | str,
    form: str,
    name: str,
    signature: str,
    allow_pickle: bool = False,
    report_progress: Progress = lambda _: None,
    spelled: Spelled = as_argument,
) -> ImportedTensorsVersion:
    """Make a file a version of the model that answers tensors; the same file, declared the same, is one version.

    Raises ImportInvalid, DefinitionInvalid, ExtraMissing.
    """
    from argosy.models.runtime import Format
    from argosy.models.runtimes.sandbox import isolation
    from argosy.training.remote_models import remote_tensors

    given = parse_signature(signature, spelled)
    if isinstance(path, str):
        asked = remote_tensors(path, given)
        report_progress(f"asks {path}{' in binary' if asked.binary else ''}")
        return _recorded(backends, model_name(name), asked, {"file": path, "sha256": asked.sha256, "format": REMOTE})
    _check_given(path, form, given, spelled)
    check_leave(path, form, allow_pickle, spelled)
    content = read_model(path, form)
    report_progress(f"runs in {isolation()}")
    adapter = opened_tensors(msgspec.convert(form, Format), content, given)
    report_progress(f"read {len(content):,} bytes; {', '.join(adapter.signatures)}")
    origin = {"file": path.name, "sha256": adapter.sha256, "format": form}
    return _recorded(backends, model_name(name), adapter, origin)


def _check_given(path: Path, form: str, given: GivenSignature, spelled: Spelled) -> None:
    """Raises ImportInvalid where a file of that format has no signature, or is given what is not its own."""
    if form not in (*SIGNED, *DECLARED):
        formats = ", ".join((*SIGNED, *DECLARED))
        raise ImportInvalid(f"{path}: models of tensors are of the formats {formats}, and this is {form}")
    if given.parameters:
        raise ImportInvalid(f"{path}: parameters are for models on other servers: leave them out")
    if form in SIGNED and given.declared:
        raise ImportInvalid(f"{path}: the file says what it takes: {spelled('signature', OWN)}")
    if form in DECLARED and not given.declared:
        example = spelled("signature", '{inputs: {x: "FP32[-1,4]"}, outputs: {y: "FP32[-1]"}}')
        raise ImportInvalid(f"{path}: a class of Python does not say what it takes: {example}")


def read_model(path: Path, form: str) -> bytes:
    """What is kept and run; raises ImportInvalid."""
    from argosy.models.runtimes.python_class import packed_class
    from argosy.models.runtimes.saved_model import packed_saved_model

    if form == "python":
        return packed_class(path)
    if form == "savedmodel":
        return packed_saved_model(path)
    check_file(path)
    return path.read_bytes()


def opened_tensors(form: Format, content: bytes, given: GivenSignature) -> ImportedTensors:
    """The adapter with the file in it, and its signatures."""
    from argosy.models.adapters.imported_tensors import ImportedTensors
    from argosy.models.signature import DEFAULT_SIGNATURE

    is_own = given.declared is None
    declared = {} if given.declared is None else as_options({DEFAULT_SIGNATURE: given.declared})
    sha256 = hashlib.sha256(content).hexdigest()
    runtime = ImportedTensors(form, sha256, declared, is_own).take(content).runtime
    tried = {name: tried_signature(partial(runtime.run, name), one, given) for name, one in runtime.signatures.items()}
    return ImportedTensors(form, sha256, as_options(tried), is_own).take(content)


def _recorded(
    backends: Backends, model: str, adapter: TensorAdapter, origin: Mapping[str, Any]
) -> ImportedTensorsVersion:
    from argosy.models.adapted_model import AdaptedModel
    from argosy.models.adapters import adapters
    from argosy.models.estimators.imported import ForwardedTensors
    from argosy.store.lineage import training_environment
    from argosy.store.trained import TENSORS, Trained

    definition = Definition(Spec("all"), Spec(adapters.name_of(type(adapter)), adapter.options), Spec(TENSORS))
    name = label(definition, NO_ROWS, {})
    with tempfile.TemporaryDirectory(prefix="argosy-") as folder:
        put = backends.store.put_artifact(AdaptedModel(adapter, ForwardedTensors()).save(Path(folder) / "model"))
    told = {**origin, "by": current_user(), "at": clock.format_time(clock.now())}
    trained = Trained(
        label=name,
        definition=definition.to_dict(),
        dataset_digest=NO_ROWS,
        artifact=put.digest,
        size_bytes=put.size_bytes,
        metrics={},
        confusion={},
        fit_seconds=0.0,
        predict_us=0.0,
        form={"name": "tensors", "difference": 0.0},
        environment={**training_environment(backends.root, {}), "imported": told},
        log=f"imported from {origin['file']}",
    )
    with backends.database.write() as transaction:
        is_new = backends.store.record(transaction, trained, put)
        number = backends.store.add_version(transaction, model, name)
    version = backends.store.stored_version(f"{model}@{number}")
    return ImportedTensorsVersion(version, is_new, adapter.own_signatures)
