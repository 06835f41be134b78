"""Gradient-boosted trees that estimate a number: LightGBM, as `gradient_boosting` has it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec

from argosy.models.estimator import Codes, Scores
from argosy.models.estimators.gradient_boosting import GradientBoosting, Share
from argosy.models.extras import extra, missing_installs
from argosy.models.linear import require_varied
from argosy.types import Options

_OBJECTIVES = {"squared": "regression", "absolute": "regression_l1"}


class GradientBoostingRegressor(GradientBoosting):
    """`loss` is what the trees make small: squared errors, or absolute ones, which far-off rows pull less."""

    answers_numbers: ClassVar[bool] = True

    def __init__(
        self,
        trees: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 100,
        leaves: Annotated[int, msgspec.Meta(ge=2, le=100_000)] = 31,
        learning_rate: Annotated[float, msgspec.Meta(gt=0)] = 0.1,
        min_rows: Annotated[int, msgspec.Meta(ge=1)] = 20,
        feature_share: Share = 1.0,
        row_share: Share = 1.0,
        l2: Annotated[float, msgspec.Meta(ge=0)] = 0.0,
        loss: Literal["squared", "absolute"] = "squared",
        seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)] = 0,
    ) -> None:
        super().__init__(trees, leaves, learning_rate, min_rows, feature_share, row_share, l2, seed=seed)
        self.loss = loss

    @property
    def has_probabilities(self) -> bool:
        return False

    @classmethod
    def lacks(cls, options: Options) -> str:  # noqa: ARG003
        return missing_installs("the model gradient_boosting_regressor", {"lightgbm": extra("boosting")})

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        require_varied(y)
        return self._grow(X, y, n_classes, {"objective": _OBJECTIVES[self.loss]})

    def scores(self, X: Any) -> Scores:  # noqa: N803
        return self._decide(X)

    def probabilities(self, X: Any) -> Scores:  # noqa: N803
        return super(GradientBoosting, self).probabilities(X)
