"""Settings of one served model: which of its versions are loaded, in which order they change, who answers whom."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

Number = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
AliasName = Annotated[str, Meta(min_length=1)]
Transition = Literal["availability-preserving", "resource-preserving"]
RESOURCE_PRESERVING: Final = "resource-preserving"


class ShareSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The version at an alias, and the share of the requests without a version that it gets."""

    alias: AliasName
    share: Annotated[float, Meta(gt=0, le=1)]


class BatchingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How requests for one version are scored together."""

    max_batch_size: Number = 256
    """Rows in one call of the model; a request with more has a call of its own."""
    max_delay_ms: Annotated[float, Meta(ge=0, le=10_000)] = 0.0
    """How long the first request of a batch may wait for others. 0: what has come anyway is scored together."""
    max_queue_rows: Number = 10_000
    """That may wait; a request beyond is refused."""


class ModelSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which versions of a model the server holds, in addition to those that its aliases point at."""

    versions: Literal["all"] | list[Number] | None = None
    aliases: list[AliasName] | None = None
    """None: all of them."""
    latest: Number | None = None
    """This many of the newest."""
    transition: Transition = "availability-preserving"
    canary: ShareSettings | None = None
    """Answers this share in place of the champion."""
    shadow: ShareSettings | None = None
    """Answers this share too, unseen by the caller."""
    batching: BatchingSettings | None = None
    """None: as of every model."""
    log_share: Share | None = None
    """None: as of every model."""
