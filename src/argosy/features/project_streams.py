"""The streams of a project's services, each counted once however many features are defined by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from argosy.definitions.service import load_services
from argosy.definitions.service_features import StreamFeature
from argosy.errors import FeaturesInvalid, nearest


class ProjectStream(NamedTuple):
    """`names` are SERVICE.FEATURE of all that are defined alike."""

    names: tuple[str, ...]
    feature: StreamFeature

    @property
    def name(self) -> str:
        return ", ".join(self.names)


def streams_of_project(root: Path) -> list[ProjectStream]:
    """In the order of services and their features; raises DefinitionInvalid."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    features: dict[str, StreamFeature] = {}
    for service in load_services(root).values():
        for feature in service.features:
            if isinstance(feature, StreamFeature):
                digest = feature.digest
                features.setdefault(digest, feature)
                names[digest].append(f"{service.name}.{feature.name}")
    return [ProjectStream(tuple(names[digest]), feature) for digest, feature in features.items()]


def stream_named(streams: Sequence[ProjectStream], name: str) -> ProjectStream:
    """By SERVICE.FEATURE, or by FEATURE where that is one stream; raises FeaturesInvalid."""
    found = [one for one in streams if name in one.names or name in [full.partition(".")[2] for full in one.names]]
    known = [full for one in streams for full in one.names]
    if not found:
        there = f"there are: {', '.join(known)}" if known else "no service has one"
        raise FeaturesInvalid(f"no stream is called '{name}'{nearest(name, known)}; {there}")
    if len(found) > 1:
        several = ", ".join(one.name for one in found)
        raise FeaturesInvalid(f"'{name}' is several streams: name one of {several}")
    return found[0]
