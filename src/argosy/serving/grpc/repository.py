"""Triton's extensions of V2's service: the model repository and statistics."""

from __future__ import annotations

from typing import Any

from argosy.serving.grpc.calls import GrpcCall, GrpcMethod
from argosy.serving.grpc.messages import INFERENCE, message_class
from argosy.serving.repository import ModelRepository
from argosy.vault.tokens import ADMIN, PREDICT

_Index = message_class("inference.RepositoryIndexResponse")
_Loaded = message_class("inference.RepositoryModelLoadResponse")
_Unloaded = message_class("inference.RepositoryModelUnloadResponse")
_Statistics = message_class("inference.ModelStatisticsResponse")


class RepositoryMethods:
    """There is one repository, which has no name."""

    def __init__(self, repository: ModelRepository) -> None:
        self._repository = repository

    def methods(self) -> list[GrpcMethod]:
        return [
            GrpcMethod(INFERENCE, "ModelStatistics", self.statistics, PREDICT),
            GrpcMethod(INFERENCE, "RepositoryIndex", self.index, PREDICT),
            GrpcMethod(INFERENCE, "RepositoryModelLoad", self.load, ADMIN),
            GrpcMethod(INFERENCE, "RepositoryModelUnload", self.unload, ADMIN),
        ]

    async def statistics(self, request: Any, _: GrpcCall) -> Any:
        return _Statistics(model_stats=await self._repository.statistics(request.name or None, request.version or None))

    async def index(self, request: Any, _: GrpcCall) -> Any:
        return _Index(models=await self._repository.index(request.ready))

    async def load(self, request: Any, call: GrpcCall) -> Any:
        await self._repository.load(request.model_name, request.parameters, call.deadline)
        return _Loaded()

    async def unload(self, request: Any, call: GrpcCall) -> Any:
        await self._repository.unload(request.model_name, call.deadline)
        return _Unloaded()
