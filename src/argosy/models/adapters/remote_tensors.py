"""A model on another server that is asked by its signature: every call is forwarded to it, over V2.

It has no features and no labels: the model `as_tensors` behind it passes tensors on. Only `argosy models import` makes
one.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Final

from argosy.definitions.remote_servers import origin_of
from argosy.errors import ImportedModelFailed, ImportedModelTooSlow, RemoteModelUnavailable
from argosy.models.adapters.imported_tensors import TensorAdapter
from argosy.models.remote_metadata import METADATA_SECONDS, change_since, path_of
from argosy.models.remote_servers import RemoteServer
from argosy.models.signature import DEFAULT_SIGNATURE, Arrays
from argosy.models.v2_messages import v2_answer, v2_request

MOST_ANSWER_BYTES: Final = 1 << 28


class RemoteTensors(TensorAdapter):
    """`url` ends in /v2/models/NAME or that and /versions/VERSION; `parameters` go with every request.

    `sha256` is that of what the server said about the model when it was imported, `own` whether that was its signature,
    and `binary` whether the server takes tensors in binary.
    """

    format: ClassVar[str] = "remote"

    def __init__(
        self,
        url: str = "",
        sha256: str = "",
        signatures: dict[str, Any] | None = None,
        own: bool = True,
        binary: bool = False,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self.url, self.sha256, self.signatures, self.own = url, sha256, signatures or {}, own
        self.binary, self.parameters = binary, parameters or {}

    def answer(self, signature: str, inputs: Arrays, rows: int) -> Arrays:
        """Where the other server refuses, or gives something else, it may have another model under that name now."""
        try:
            return super().answer(signature, inputs, rows)
        except (RemoteModelUnavailable, ImportedModelTooSlow):
            raise
        except ImportedModelFailed:
            if self.own and (changed := self._change()):
                raise RemoteModelUnavailable(changed) from None
            raise

    def ask(self, signature: str, inputs: Arrays) -> Arrays:
        wanted = [one.name for one in self.own_signatures[signature].outputs]
        request = v2_request(inputs, wanted, self.parameters, in_binary=self.binary)
        path = f"{path_of(self.url)}/infer"
        message = self._server.exchange(path, request, self.call_seconds, MOST_ANSWER_BYTES)
        try:
            return v2_answer(message).outputs
        except ValueError as problem:
            raise ImportedModelFailed(f"{self._server.origin} gave an answer that means nothing: {problem}") from None

    def _change(self) -> str:
        known = self.own_signatures[DEFAULT_SIGNATURE]
        seconds = min(self.call_seconds, METADATA_SECONDS)
        return change_since(self._server, self.url, seconds, known.inputs, known.outputs)

    @cached_property
    def _server(self) -> RemoteServer:
        return RemoteServer(origin_of(self.url) or "")
