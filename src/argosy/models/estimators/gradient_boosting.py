"""Gradient-boosted trees: LightGBM, on one thread and deterministic (Ke et al. 2017).

What is stored is LightGBM's own text form of the trees, which has no code in it; LightGBM answers from it, so that the
extra is needed to serve as well.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import ArtifactCorrupt, ExtraMissing
from argosy.models.adapter import Adapter, SparseAdapter
from argosy.models.boosted_trees import are_complete_trees
from argosy.models.compiled.dense_rows import WIDEST, DenseRows
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.models.extras import extra, missing_installs
from argosy.models.linear import require_every_class, spread
from argosy.models.links import inverse_link
from argosy.models.served import Served
from argosy.types import Options

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class GradientBoosting(Estimator):
    """`trees` rounds of a tree a class, each of at most `leaves` leaves of at least `min_rows` rows."""

    cost: ClassVar[float] = 30.0
    trees_: NDArray[np.uint8]
    """LightGBM's text form, UTF-8."""
    classes_: int

    def __init__(
        self,
        trees: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 100,
        leaves: Annotated[int, msgspec.Meta(ge=2, le=100_000)] = 31,
        learning_rate: Annotated[float, msgspec.Meta(gt=0)] = 0.1,
        min_rows: Annotated[int, msgspec.Meta(ge=1)] = 20,
        feature_share: Share = 1.0,
        row_share: Share = 1.0,
        l2: Annotated[float, msgspec.Meta(ge=0)] = 0.0,
        class_weight: Literal["none", "balanced"] = "none",
        seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)] = 0,
    ) -> None:
        self.trees, self.leaves, self.learning_rate, self.min_rows = trees, leaves, learning_rate, min_rows
        self.feature_share, self.row_share, self.l2 = feature_share, row_share, l2
        self.class_weight, self.seed = class_weight, seed

    @property
    def has_probabilities(self) -> bool:
        return True

    @classmethod
    def lacks(cls, options: Options) -> str:  # noqa: ARG003
        return missing_installs("the model gradient_boosting", {"lightgbm": extra("boosting")})

    @classmethod
    def unused(cls, options: dict[str, Any]) -> dict[str, str]:
        """The seed draws features and rows, and nothing else does."""
        is_drawn = options.get("feature_share", 1.0) < 1 or options.get("row_share", 1.0) < 1
        return {} if is_drawn else {"seed": "all features and all rows are used: there is nothing to draw"}

    def import_early(self) -> None:
        _lightgbm()

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        require_every_class(y, n_classes)
        weight = None
        if self.class_weight == "balanced":
            weight = (len(y) / (n_classes * np.bincount(y, minlength=n_classes)))[y]
        objective = {"objective": "binary"} if n_classes == 2 else {"objective": "multiclass", "num_class": n_classes}
        return self._grow(X, y, n_classes, objective, weight)

    def _grow(self, X: Any, y: Codes, n_classes: int, objective: dict[str, Any], weight: Any = None) -> Self:  # noqa: N803
        lightgbm = _lightgbm()
        rows = lightgbm.Dataset(X, label=y, weight=weight, params={"verbosity": -1}, free_raw_data=True)
        booster = lightgbm.train({**objective, **self._settings()}, rows, num_boost_round=self.trees)
        self.__dict__.pop("_booster", None)
        self.trees_ = np.frombuffer(booster.model_to_string().encode(), np.uint8)
        self.classes_ = n_classes
        return self

    def scores(self, X: Any) -> Scores:  # noqa: N803
        return spread(self._decide(X))

    def probabilities(self, X: Any) -> Scores:  # noqa: N803
        return inverse_link(self._decide(X), "softmax")

    def other_forms(self, adapter: Adapter, classes: list[str]) -> list[Served]:
        """Dense rows: LightGBM reads one three times as fast as a csr row, and none has to be built."""
        if isinstance(adapter, SparseAdapter) and adapter.width <= WIDEST:
            return [DenseRows(adapter, self, classes)]
        return []

    def _decide(self, X: Any) -> Scores:  # noqa: N803
        width = 1 if self.classes_ == 2 else self.classes_
        if not X.shape[0]:
            return np.zeros((0, width))
        raw = self._booster.predict(X, raw_score=True, num_threads=1)
        return np.asarray(raw, np.float64).reshape(X.shape[0], width)

    @cached_property
    def _booster(self) -> Any:
        lightgbm = _lightgbm()
        text = self.trees_.tobytes().decode("utf-8", "replace")
        if not are_complete_trees(text, 1 if self.classes_ == 2 else self.classes_):
            raise ArtifactCorrupt("the trees of a gradient_boosting model are damaged")
        try:
            return lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError:
            raise ArtifactCorrupt("the trees of a gradient_boosting model are damaged") from None

    def _settings(self) -> dict[str, Any]:
        return {
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.min_rows,
            "feature_fraction": self.feature_share,
            "bagging_fraction": self.row_share,
            "bagging_freq": int(self.row_share < 1),
            "lambda_l2": self.l2,
            "seed": self.seed,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }


def _lightgbm() -> Any:
    try:
        import lightgbm
    except (ImportError, OSError):  # its library may lack the system's libgomp
        raise ExtraMissing("lightgbm", "boosting", "the model gradient_boosting") from None
    return lightgbm
