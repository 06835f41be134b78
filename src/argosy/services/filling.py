"""What features a row is completed with, and what stands in for those that are missing or too old. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from argosy.definitions.service import Service
from argosy.definitions.service_features import Feature
from argosy.errors import FeatureUnavailable, RequestInvalid, nearest
from argosy.features.look_ups import FoundFeature, Wanted
from argosy.services.calls import FilledFeature, ServiceRow
from argosy.typed_values import abridged, abridged_list

Place: TypeAlias = tuple[str, str]
"""A feature's name and the key that is looked up."""
_OF_CLIENT = FilledFeature("client")
_OF_NOTHING = FilledFeature("nothing")
_OF_DEFAULT = FilledFeature("default")


class Filling:
    """Of one service."""

    def __init__(self, service: Service) -> None:
        self._features = service.features
        self._columns = {one.name: tuple(one.columns) for one in service.features}
        self._sets = {name: frozenset(columns) for name, columns in self._columns.items()}

    def chosen(self, fill: Sequence[str] | None) -> Sequence[Feature]:
        """The features that are to be looked up; raises RequestInvalid."""
        if fill is None:
            return self._features
        for name in fill:
            if name not in self._columns:
                known = abridged_list(self._columns) or "none"
                hint = nearest(name, self._columns)
                raise RequestInvalid(f"fill: no feature is called '{abridged(name)}'{hint}; there are: {known}")
        return [one for one in self._features if one.name in fill]

    def wanted(self, rows: Sequence[ServiceRow], chosen: Sequence[Feature]) -> dict[Place, Wanted]:
        """What to look up: nothing of which the client has sent all columns itself."""
        found: dict[Place, Wanted] = {}
        for row in rows:
            values = row.values
            for one in chosen:
                key = values.get(one.key)
                if key is not None and not self._sets[one.name] <= values.keys():
                    text = key if type(key) is str else _text(key)
                    found[one.name, text] = (one, text)
        return found

    def fill(
        self, rows: Sequence[ServiceRow], chosen: Sequence[Feature], found: Mapping[Place, FoundFeature | None] | None
    ) -> None:
        """Complete the rows; `found` is None where the cache did not answer. Raises FeatureUnavailable."""
        names = {one.name for one in chosen}
        for row in rows:
            for one in self._features:
                row.features[one.name] = self._filled(row.values, one, one.name in names, found)

    def _filled(
        self,
        values: dict[str, Any],
        feature: Feature,
        is_chosen: bool,
        found: Mapping[Place, FoundFeature | None] | None,
    ) -> FilledFeature:
        columns = self._columns[feature.name]
        missing = [column for column in columns if column not in values]
        if not missing:
            return _OF_CLIENT
        if not is_chosen:
            return _complete(values, feature, missing)
        key = values.get(feature.key)
        there = None if found is None or key is None else found[feature.name, key if type(key) is str else _text(key)]
        if there is None:
            if feature.required:
                why = "the cache did not answer in time" if found is None else "there is nothing for this key"
                raise FeatureUnavailable(f"the feature '{feature.name}' is needed, and {why}")
            return _complete(values, feature, missing)
        is_stale = feature.at_most is not None and there.age > feature.at_most
        if is_stale and feature.stale == "refuse":
            raise FeatureUnavailable(f"the feature '{feature.name}' is older than it may be")
        if is_stale and feature.stale == "default":
            return FilledFeature(_complete(values, feature, missing).source, there.age, is_stale=True)
        for column in missing:
            value = there.values.get(column)
            values[column] = feature.default.get(column) if value is None else value
        return FilledFeature("cache", there.age, is_stale)


def _complete(values: dict[str, Any], feature: Feature, missing: Sequence[str]) -> FilledFeature:
    """With defaults, and nothing where there are none."""
    for column in missing:
        values[column] = feature.default.get(column)
    return _OF_DEFAULT if feature.default else _OF_NOTHING


def _text(key: Any) -> str:
    """As a table's rows are found by."""
    return str(int(key)) if isinstance(key, float) and key.is_integer() else str(key)
