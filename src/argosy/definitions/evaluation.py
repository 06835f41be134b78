"""How a definition is validated where one validation part is too few rows: by folds, or by repeated splits.

Part of a definition, and so of its label. Both divide the rows of training and validation again, so that the
test part stays untouched; `training/rounds.py` says which row is where.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from argosy.errors import DefinitionInvalid
from argosy.typed_values import checked_struct, shown


class Folds(msgspec.Struct, frozen=True):
    """Every row is answered once, by a model that learned from the other folds."""

    folds: Annotated[int, msgspec.Meta(ge=2, le=50)]
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


class Repeats(msgspec.Struct, frozen=True):
    """This many splits, each drawn independently; a row may be validated on several times, or never."""

    repeats: Annotated[int, msgspec.Meta(ge=2, le=100)]
    validation_ratio: Annotated[float, msgspec.Meta(ge=0.01, le=0.9)] = 0.2
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


Evaluation = Folds | Repeats


def parse_evaluation(values: Any, path: str = "evaluate") -> Evaluation | None:
    """From `{folds: 5}` or `{repeats: 10}`; raises DefinitionInvalid."""
    if values is None:
        return None
    if not isinstance(values, Mapping) or ("folds" in values) == ("repeats" in values):
        raise DefinitionInvalid(f"expected {{folds: 5}} or {{repeats: 10}}; got {shown(values)}", path)
    return checked_struct(Folds, values, path) if "folds" in values else checked_struct(Repeats, values, path)
