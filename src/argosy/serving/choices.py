"""What the settings say of how each model is asked and logged. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from argosy.definitions.project import ServerSettings
from argosy.definitions.served_models import BatchingSettings


@dataclass(frozen=True)
class ServingChoices:
    """`batching` and `log_share` hold for every model that has none of its own."""

    batching: BatchingSettings = field(default_factory=BatchingSettings)
    log_share: float = 1.0
    traces: str | None = None
    """Where traces of requests are sent to; read at the start."""
    trace_share: float = 0.01
    batching_of_models: Mapping[str, BatchingSettings] = field(default_factory=dict)
    log_share_of_models: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: ServerSettings) -> ServingChoices:
        models = settings.models.items()
        return cls(
            settings.batching,
            settings.log_share,
            settings.traces,
            settings.trace_share,
            {name: one.batching for name, one in models if one.batching is not None},
            {name: one.log_share for name, one in models if one.log_share is not None},
        )

    def batching_of(self, model: str) -> BatchingSettings:
        return self.batching_of_models.get(model, self.batching)

    def log_share_of(self, model: str) -> float:
        """The share of requests whose predictions are logged."""
        return self.log_share_of_models.get(model, self.log_share)
