"""V2's question and answer as they nearly always are: one column of texts, and every output as JSON. Pure.

Both come out as `v2_body.py` and `tensors.py` would have them, in a fourth of the time.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from argosy.serving.requests import REQUEST_ID_CHARACTERS, InferResponse


class PlainQuestion(NamedTuple):
    """The texts, and the request's id."""

    texts: list[str]
    id: str | None


class _Texts(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    shape: list[int]
    datatype: Literal["BYTES"]
    data: list[str]


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    inputs: tuple[_Texts]
    id: str | None = None


_ANSWER = (
    b'{"model_name":%b,"model_version":"%d","id":%b,"parameters":{"prediction_id":"%b"},"outputs":['
    b'{"name":"label","datatype":"BYTES","shape":[%d],"data":%b},'
    b'{"name":"confidence","datatype":"FP64","shape":[%d],"data":%b},'
    b'{"name":"probabilities","datatype":"FP64","shape":[%d,%d],"data":%b},'
    b'{"name":"prediction_id","datatype":"BYTES","shape":[%d],"data":%b}]}'
)
_decode = msgspec.json.Decoder(_Body).decode
_json = msgspec.json.Encoder().encode


def plain_question(body: bytes, most_rows: int) -> PlainQuestion | None:
    """What a body asks; None where it is another than nearly all, or wrong, and then nothing was checked."""
    try:
        asked = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    only, request_id = asked.inputs[0], asked.id
    rows = len(only.data)
    if only.shape not in ([rows], [rows, 1]) or not 0 < rows <= most_rows:
        return None
    if request_id is not None and len(request_id) > REQUEST_ID_CHARACTERS:
        return None
    # five keys, two texts and the rows, and an id with its key: with more of them something is given twice
    texts = 7 + rows + (0 if request_id is None else 2)
    return PlainQuestion(only.data, request_id) if _quotes(body) == 2 * texts else None


def _quotes(body: bytes) -> int:
    """How many begin or end a text in JSON; of a body that escapes a backslash, which hides what follows it, 0."""
    if b"\\" not in body:
        return body.count(b'"')
    return 0 if b"\\\\" in body else body.count(b'"') - body.count(b'\\"')


def plain_answer(response: InferResponse, request_id: str | None) -> bytes | None:
    """The answer where no output is named; None where it has others than nearly all."""
    if response.kind != "classify" or response.wants_scores or response.top is not None:
        return None
    rows, classes = response.probabilities.shape
    ids = response.prediction_ids
    return _ANSWER % (
        _json(response.model),
        response.version,
        _json(request_id or ids[0]),
        ids[0].encode(),
        rows,
        _json(response.answers),
        rows,
        _json(response.confidences),
        rows,
        classes,
        _json(response.probabilities.ravel().tolist()),
        rows,
        _json(ids),
    )
