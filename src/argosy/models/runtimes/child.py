"""The program that opens an imported model and answers from it until its standard input ends."""

from __future__ import annotations

import ctypes
import io
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from argosy.errors import ArgosyError, UserMistake
from argosy.models.lean_imports import import_lean
from argosy.models.runtime import Declared, Runtime, TensorRuntime
from argosy.models.runtimes.model_process import AnswerRequest, OpenRequest, Reply, RunRequest, receive, send
from argosy.models.runtimes.scikit import Scikit, from_skops, library_message
from argosy.models.tensor_messages import arrays_of, piped
from argosy.models.translators import PLACES, encode_translation, translation_of

LIMITS: Final = {
    resource.RLIMIT_AS: 8 << 30,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_CORE: 0,
}
"""Bytes of memory, bytes of any file that it writes, open files, dumps of its memory."""
PR_SET_PDEATHSIG: Final = 1


def main(processes: int) -> None:
    """Take the pipes away from whatever the file prints, then limits, then the file."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    with suppress(OSError, AttributeError):  # another system than Linux
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        Path("/proc/self/oom_score_adj").write_text("1000")  # where memory runs out, this is what goes
    for which, most in {**LIMITS, resource.RLIMIT_NPROC: processes}.items():
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))
    answer_requests(requests, answers)


def answer_requests(requests: IO[bytes], answers: IO[bytes]) -> None:
    """The first two messages say what the file is and are the file, each later one is rows."""
    begin, content = receive(requests), receive(requests)
    if begin is None or content is None:
        return
    try:
        request = msgspec.msgpack.decode(begin, type=OpenRequest)
        if request.format in PLACES:
            _say(answers, Reply(translation=encode_translation(translation_of(request.format, content))))
            return
        answer = _opened(answers, request, content)
    except BaseException as error:  # noqa: BLE001  # a file may raise anything: there was no example yet
        _say(answers, Reply(problem=str(error) if isinstance(error, UserMistake) else _why_not_opened(error)))
        return
    while (asked := receive(requests)) is not None:
        try:
            _say(answers, answer(asked))
        except ArgosyError as error:
            _say(answers, Reply(problem=str(error)))


def _opened(answers: IO[bytes], request: OpenRequest, content: bytes) -> Callable[[bytes], Reply]:
    """Open the file, say what it is, and give what answers a message."""
    if request.are_tensors:
        tensors = open_tensors(request, content)
        _say(answers, Reply(signatures=dict(tensors.signatures)))
        return partial(_run, tensors)
    model = open_runtime(request, content)
    _say(answers, Reply(classes=model.classes))
    return partial(_answer, model)


def _answer(model: Runtime, message: bytes) -> Reply:
    found = model.answers(msgspec.msgpack.decode(message, type=AnswerRequest).rows)
    return Reply(answers=found.tobytes(), columns=found.shape[1])


def _run(model: TensorRuntime, message: bytes) -> Reply:
    asked = msgspec.msgpack.decode(message, type=RunRequest)
    return Reply(tensors=piped(model.run(asked.signature, arrays_of(asked.tensors))))


def open_tensors(begin: OpenRequest, content: bytes) -> TensorRuntime:
    """Raises ImportInvalid, ExtraMissing, and whatever the code of a class raises."""
    if begin.format == "python" and begin.signature is not None:
        from argosy.models.runtimes.python_class import PythonTensors

        return PythonTensors(content, begin.signature)
    if begin.format == "savedmodel":
        from argosy.models.runtimes.saved_model import SavedModel

        return SavedModel(content)
    from argosy.models.runtimes.onnx_tensors import OnnxTensors

    return OnnxTensors(content)


def open_runtime(begin: OpenRequest, content: bytes) -> Runtime:
    """Raises ImportInvalid, ExtraMissing, and whatever a pickle raises."""
    declared = Declared(begin.text, begin.fields)
    if begin.format == "onnx":
        from argosy.models.runtimes.onnx import Onnx

        return Onnx(content, declared, begin.classes)
    if begin.format == "huggingface":
        from argosy.models.runtimes.text_classifier import TextClassifier

        return TextClassifier(content, declared)
    if begin.format == "python":
        from argosy.models.runtimes.python_class import PythonClass

        return PythonClass(content, declared, begin.classes)
    if begin.format == "skops":
        return from_skops(content, declared, begin.classes, begin.trusted)
    return Scikit(_unpickled(begin.format, content), declared, begin.classes)


def _why_not_opened(error: BaseException) -> str:
    needs = ""
    if isinstance(error, ModuleNotFoundError | AttributeError):
        needs = ": install the version of the library that wrote it"
    return f"the file cannot be opened: {library_message(error)}{needs}"


def _unpickled(form: str, content: bytes) -> Any:
    if b"sklearn" in content:
        import_lean("sklearn")
    if form == "joblib":
        import joblib

        return joblib.load(io.BytesIO(content))
    import pickle

    return pickle.loads(content)  # noqa: S301  # what this process is for


def _say(answers: IO[bytes], what: Reply) -> None:
    send(answers, msgspec.msgpack.encode(what))


if __name__ == "__main__":
    main(int(sys.argv[1]))
