"""A file is translated in the process that may read it, which ends after that."""

from __future__ import annotations

from typing import Final

import msgspec

from argosy.errors import ImportedModelFailed, ImportInvalid
from argosy.models.runtime import TranslatedFormat
from argosy.models.runtimes.isolated import HEAD_BYTES, LOAD_SECONDS
from argosy.models.runtimes.model_process import ModelProcess, OpenRequest
from argosy.models.translators import Translation, decode_translation

TIMES: Final = 8
"""How many times as large as the file its translation may be."""


def translate_file(form: TranslatedFormat, content: bytes) -> Translation:
    """Raises ImportInvalid."""
    process, begin = ModelProcess(), msgspec.msgpack.encode(OpenRequest(form))
    most = HEAD_BYTES + TIMES * len(content)
    try:
        said = process.ask(begin, content, seconds=LOAD_SECONDS, most=most)
    except ImportedModelFailed as error:
        raise ImportInvalid(f"the file cannot be translated: {error}") from None
    finally:
        process.end()
    if said.problem:
        raise ImportInvalid(said.problem)
    try:
        return decode_translation(said.translation)
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError):
        raise ImportInvalid("the file cannot be translated: what it became means nothing") from None
