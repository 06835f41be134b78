"""JSON as TensorFlow Serving reads it: also with the tokens NaN, Infinity and -Infinity, which Python writes. Pure."""

from __future__ import annotations

import json
from math import inf
from typing import Any

from argosy.errors import RequestInvalid
from argosy.http.bodies import json_problem, json_type, parse_json

_TOKENS = {"NaN": None, "Infinity": inf, "-Infinity": -inf}


def parse_tensorflow_json(body: bytes) -> dict[str, Any]:
    """A JSON object, with no key twice; NaN is a missing value. Raises RequestInvalid."""
    try:
        return parse_json(body)
    except RequestInvalid:
        if b"NaN" not in body and b"Infinity" not in body:
            raise
        return _with_tokens(body)


def _with_tokens(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body, parse_constant=_TOKENS.__getitem__, object_pairs_hook=_fields)
        json.dumps(parsed, ensure_ascii=False).encode()  # halves of surrogate pairs, which this decoder alone lets pass
    except RecursionError:
        raise RequestInvalid("the body is JSON that is nested too deeply") from None
    except ValueError as error:
        raise RequestInvalid(f"the body is not JSON: {json_problem(error, body)}") from None
    if not isinstance(parsed, dict):
        raise RequestInvalid(f"the body must be a JSON object, not {json_type(parsed)}")
    return parsed


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a key twice")
    return found
