"""The runtimes by the format of the file; nothing is imported until one is made."""

from __future__ import annotations

from argosy.models.runtime import Declared, Format, Runtime


def runtime_of(
    form: Format, content: bytes, declared: Declared, classes: list[str], trusted: tuple[str, ...] = ()
) -> Runtime:
    """Raises ImportInvalid, ExtraMissing. Pickles and joblib files are never opened in this process."""
    if form == "onnx":
        from argosy.models.runtimes.onnx import Onnx

        return Onnx(content, declared, classes)
    if form == "skops":
        from argosy.models.runtimes.scikit import from_skops

        return from_skops(content, declared, classes, trusted)
    from argosy.models.runtimes.apart import Apart

    return Apart(form, content, declared, classes)
