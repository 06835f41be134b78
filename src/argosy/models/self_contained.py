"""Whether an ONNX model stands alone: whether all that it needs is in its own bytes. Pure; without the package onnx.

ONNX lets a tensor lie in a file that the model names, wherever a tensor may stand: among the initializers of a graph,
of a graph inside of a node or of a function, in a sparse tensor, in an attribute. Anyone who loads such a model reads
that file, whatever it is. So the bytes are walked before any runtime sees them, by the wire format of protocol buffers
and by the messages of onnx.proto (IR version 13). What is not known here is refused: a newer field may name a file too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

DEPTH: Final = 100
"""Messages inside of messages, as many as protocol buffers take themselves."""
FLATBUFFER: Final = b"ORTM"
"""What ONNX Runtime's own format has from its fifth byte on: it is no ONNX, and is not walked."""
FILE_OPERATORS: Final = (b"EPContext",)
SETTINGS: Final = (b"ort_config", b"session.")
"""How keys of a model's properties begin that ONNX Runtime may take as its own settings."""
OPERATOR, NAME, EXTERNAL_DATA, DATA_LOCATION, KEY, VALUE = 4, 8, 13, 14, 1, 2


class _Message(NamedTuple):
    """The fields of a message that are messages to walk, and those in which no tensor can be."""

    inside: dict[int, str]
    plain: frozenset[int]


def _message(plain: str, **inside: tuple[int, ...]) -> _Message:
    return _Message({n: kind for kind, ns in inside.items() for n in ns}, frozenset(map(int, plain.split())))


_TENSOR = _message("1 2 3 4 5 6 7 8 9 10 11 12 13 14 16")
MESSAGES: Final = {
    "model": _message("1 2 3 4 5 6 8 26", main_graph=(7,), property=(14,), training=(20,), function=(25,)),
    "main_graph": _message("2 10 11 12 13 14 16", node=(1,), initializer=(5,), sparse=(15,)),
    "graph": _message("2 10 11 12 13 14 16", node=(1,), tensor=(5,), sparse=(15,)),
    "node": _message("1 2 3 4 6 7 8 9 10", attribute=(5,)),
    "attribute": _message("1 2 3 4 7 8 9 13 14 15 20 21", tensor=(5, 10), graph=(6, 11), sparse=(22, 23)),
    "initializer": _TENSOR,
    "tensor": _TENSOR,
    "sparse": _message("3", tensor=(1, 2)),
    "function": _message("1 4 5 6 8 9 10 12 13 14", node=(7,), attribute=(11,)),
    "training": _message("3 4", graph=(1, 2)),
    "property": _message("1 2"),
}
_NUMBERS = re.compile(rb"(?:[\x15\x3d].{4}|[\x18\x40][\x80-\xff]{0,9}[\x00-\x7f]){1,4096}+", re.DOTALL)
"""An attribute's `f`, `floats`, `i` and `ints`, of which a forest has millions: passed over at C's speed."""


class _Refused(Exception):
    """Why the model is not taken."""


def why_not_self_contained(content: bytes, supplied: Collection[str] = ()) -> str:
    """Why these bytes are no ONNX model that stands alone; empty where they are one.

    `supplied` are initializers of the main graph whose numbers the loader of the model supplies: those may be named
    as external, once each, because no file is opened for them.
    """
    if content[4:8] == FLATBUFFER:
        return "it is in ONNX Runtime's own format: save it as ONNX"
    waiting = [("model", 0, len(content), 0)]
    elsewhere: list[str] = []
    try:
        while waiting:
            kind, start, end, depth = waiting.pop()
            if depth > DEPTH:
                raise _Refused(f"its graphs are nested more than {DEPTH} deep")
            if kind in ("tensor", "initializer"):
                elsewhere += _external(content, start, end)
                if elsewhere and kind == "tensor":
                    raise _elsewhere(elsewhere[-1])
            else:
                waiting += [(inner, a, b, depth + 1) for inner, a, b in _inside(content, kind, start, end)]
    except _Refused as refused:
        return str(refused)
    if len(set(elsewhere)) < len(elsewhere) or not set(elsewhere) <= set(supplied):
        return str(_elsewhere(next((name for name in elsewhere if name not in supplied), elsewhere[0])))
    return ""


def properties_of(content: bytes) -> dict[str, str]:
    """A model's metadata; nothing where the bytes are none."""
    found: dict[str, str] = {}
    try:
        for number, is_long, at, stop in _fields(content, "model", 0, len(content)):
            if MESSAGES["model"].inside.get(number) == "property" and is_long:
                pair = {one: content[a:b].decode() for one, _, a, b in _fields(content, "property", at, stop)}
                found[pair.get(KEY, "")] = pair.get(VALUE, "")
    except (_Refused, UnicodeDecodeError):
        return {}
    return found


def _elsewhere(name: str) -> _Refused:
    return _Refused(f"its tensor '{name[:60]}' is external data, in another file: save it with all its data inside")


def _inside(content: bytes, kind: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The messages inside of one."""
    message = MESSAGES[kind]
    for number, is_long, at, stop in _fields(content, kind, start, end):
        if number in message.inside and is_long:
            yield message.inside[number], at, stop
        elif number not in message.plain:
            raise _Refused(f"its {kind.replace('_', ' ')} has a field that is not known here (number {number})")
        elif kind == "node" and number == OPERATOR and content[at:stop] in FILE_OPERATORS:
            raise _Refused(f"its operator {content[at:stop].decode()} names a file")
        elif kind == "property" and number == KEY and content[at:stop].startswith(SETTINGS):
            raise _Refused("its properties hold settings of ONNX Runtime")


def _external(content: bytes, start: int, end: int) -> list[str]:
    """The name of a tensor that says that it is in another file."""
    is_external, names = False, [""]
    for number, is_long, at, stop in _fields(content, "tensor", start, end):
        if number not in _TENSOR.plain:
            raise _Refused(f"its tensor has a field that is not known here (number {number})")
        if number == NAME and is_long:
            names.append(content[at:stop].decode("utf-8", "replace"))
        is_external |= number == EXTERNAL_DATA or (number == DATA_LOCATION and any(content[at:stop].strip(b"\x80")))
    return names[-1:] if is_external else []


def _fields(content: bytes, kind: str, at: int, end: int) -> Iterator[tuple[int, bool, int, int]]:
    """Number, whether it has a length, and place of every field of a message."""
    while at < end:
        if kind == "attribute" and (numbers := _NUMBERS.match(content, at, end)):
            at = numbers.end()
            continue
        tag, at = _varint(content, at, end)
        wire, start = tag & 7, at
        if wire == 0:
            _, at = _varint(content, at, end)
        elif wire == 2:
            length, start = _varint(content, at, end)
            at = start + length
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:
            raise _Refused("it is not ONNX, or damaged")
        if at > end or not tag >> 3:
            raise _Refused("it is not ONNX, or cut short")
        yield tag >> 3, wire == 2, start, at


def _varint(content: bytes, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise _Refused("it is not ONNX, or cut short")
        byte = content[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise _Refused("it is not ONNX, or damaged")
