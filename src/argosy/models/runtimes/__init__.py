"""The runtimes by the format of the file; nothing is imported until one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.models.runtime import Declared, Format

if TYPE_CHECKING:
    from argosy.models.runtimes.isolated import Isolated, IsolatedTensors
    from argosy.models.signature import Signature

CALL_SECONDS = 60.0
"""For one call of an imported model, where nobody waits for the answer; a server has its own limit."""


def runtime_of(
    form: Format,
    content: bytes | memoryview,
    declared: Declared,
    classes: list[str],
    trusted: tuple[str, ...] = (),
    seconds: float = CALL_SECONDS,
) -> Isolated:
    """Raises ImportInvalid. No file from elsewhere is opened in this process, whatever its format."""
    from argosy.models.runtimes.isolated import Isolated
    from argosy.models.runtimes.model_process import OpenRequest

    begin = OpenRequest(form, declared.text, dict(declared.fields), classes, list(trusted))
    return Isolated(begin, content, seconds)


def tensor_runtime_of(
    form: Format, content: bytes | memoryview, signature: Signature | None, seconds: float = CALL_SECONDS
) -> IsolatedTensors:
    """Of a model that answers tensors; `signature` is that of one that does not say it. Raises ImportInvalid."""
    from argosy.models.runtimes.isolated import IsolatedTensors
    from argosy.models.runtimes.model_process import OpenRequest

    return IsolatedTensors(OpenRequest(form, are_tensors=True, signature=signature), content, seconds)
