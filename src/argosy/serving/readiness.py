"""Whether the server, and a model of it, can answer: in every one of its processes.

All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from argosy.errors import ArgosyError
from argosy.serving.dataplane import DataPlane
from argosy.siblings.siblings import Siblings

SERVER_READY: Final = "server ready"
MODEL_READY: Final = "model ready"
SECONDS: Final = 2.0


class Readiness:
    def __init__(self, dataplane: DataPlane, siblings: Siblings) -> None:
        self._dataplane, self._siblings = dataplane, siblings
        self._asking: asyncio.Future[bool] | None = None
        siblings.answer_to(SERVER_READY, self._is_ready_here)
        siblings.answer_to(MODEL_READY, self._is_model_ready_here)

    async def is_ready(self) -> bool:
        """Whether everything that should be served at first has been loaded or has failed.

        Anybody may ask this: those who ask at the same time get the same answer.
        """
        if not self._dataplane.is_ready():
            return False
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._all(SERVER_READY, None))
        return await asyncio.shield(self._asking)

    async def is_model_ready(self, model: str, version: int | str | None = None) -> bool:
        """Whether a version could answer at once; raises ModelNotFound, VersionNotFound."""
        is_here = self._dataplane.is_model_ready(model, version)
        return is_here and await self._all(MODEL_READY, [model, version])

    async def _all(self, question: str, argument: Any) -> bool:
        try:
            return bool(await self._siblings.ask(question, argument, SECONDS))
        except ArgosyError:  # one does not have the model yet, or does not answer
            return False

    async def _is_ready_here(self, _: Any) -> bool:
        return self._dataplane.is_ready()

    async def _is_model_ready_here(self, asked: Any) -> bool:
        return self._dataplane.is_model_ready(*asked)
