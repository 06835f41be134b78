"""The program that opens a pickle or a joblib file, and answers from it until its standard input ends."""

from __future__ import annotations

import io
import os
import resource
from typing import IO, Any, Final

import msgspec

from argosy.errors import ImportedModelFailed, ImportInvalid
from argosy.models.runtime import Declared
from argosy.models.runtimes.apart import LENGTH
from argosy.models.runtimes.scikit import Scikit, said

LIMITS: Final = {
    resource.RLIMIT_AS: 8 << 30,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_CORE: 0,
}
"""Bytes of memory, bytes of any file that it writes, open files, dumps of its memory."""


def main() -> None:
    """Take the pipes away from whatever the file prints, then limits, then the file."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for which, most in LIMITS.items():
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))
    serve(requests, answers)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """The first message is the file, each later one is rows."""
    begin = _next(requests) or {}
    try:
        model = Scikit(_opened(begin), Declared(begin["text"], begin["fields"]), begin["classes"])
    except BaseException as error:  # noqa: BLE001  # a file may raise anything: there was no example yet
        _say(answers, {"problem": str(error) if isinstance(error, ImportInvalid) else said(error)})
        return
    _say(answers, {"classes": model.classes})
    while (asked := _next(requests)) is not None:
        try:
            found = model.answers(asked["rows"])
            _say(answers, {"answers": found.tobytes(), "shape": list(found.shape)})
        except ImportedModelFailed as error:
            _say(answers, {"problem": str(error)})


def _opened(begin: dict[str, Any]) -> Any:
    content = io.BytesIO(begin["content"])
    if begin["format"] == "joblib":
        import joblib

        return joblib.load(content)
    import pickle

    return pickle.load(content)  # noqa: S301  # what this process is for


def _next(requests: IO[bytes]) -> dict[str, Any] | None:
    head = requests.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    decoded: dict[str, Any] = msgspec.msgpack.decode(requests.read(LENGTH.unpack(head)[0]), type=dict[str, Any])
    return decoded


def _say(answers: IO[bytes], told: dict[str, Any]) -> None:
    body = msgspec.msgpack.encode(told)
    answers.write(LENGTH.pack(len(body)) + body)
    answers.flush()


if __name__ == "__main__":
    main()
