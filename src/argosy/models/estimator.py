"""The port of estimators: from rows of features to a score for every class.

Guarantees that an estimator gives, and that `argosy.testing.estimators` checks:

- `fit` is deterministic on one thread: the same rows and options give the same bits, and `X` is not changed.
- `scores` and `probabilities` are (n, classes), float64, finite; the highest score is the answer; they depend on each
  row alone and need no package that only training needs.
- `probabilities` rows sum to one, and are in the order of `scores`; an estimator without its own raises.
- `to_dict` and `from_dict` round-trip exactly (they come with `Component`).

One that answers sets of labels (`answers_sets`) is fitted on a matrix in place of codes, (rows, classes) of 0 and 1.
Its probabilities are each class's own, in place of summing to one; its answer is every class that reaches a threshold.

One that answers numbers (`answers_numbers`) is fitted on (n,) float64 in place of codes, with `n_classes` 1. Its scores
are (n, 1), the numbers themselves, and it has no probabilities. It raises DatasetInvalid where all numbers are equal.
"""

from __future__ import annotations

import importlib
from abc import abstractmethod
from typing import Any, ClassVar, Self

from argosy.errors import DefinitionInvalid, ProbabilityUnavailable
from argosy.models.adapter import Adapter
from argosy.models.answers import Codes, Scores
from argosy.models.component import Component
from argosy.models.lean_imports import import_lean
from argosy.models.served import Served
from argosy.plugin_hooks import ModelHooks

__all__ = ["Codes", "Estimator", "Scores"]


class Estimator(Component, ModelHooks):
    """Learns to classify, or to estimate a number."""

    learns: ClassVar[bool] = True
    """Whether `fit` looks at the rows, and not only at how wide they are."""
    fits_with: ClassVar[tuple[str, ...]] = ()
    """Modules that `fit` imports and that take long to load."""

    @property
    def has_probabilities(self) -> bool:
        """Whether `probabilities` are the estimator's own."""
        return False

    @property
    def difference(self) -> float:
        """How far what answers is from what was trained, on rows of the training part, where they are two forms."""
        return 0.0

    @property
    def answered_from(self) -> Scores | None:
        """(classes,): the probability from which each class is answered; None where the highest score is the answer."""
        return None

    @property
    def agreement(self) -> float:
        """How far it may be."""
        return 1e-6

    def import_early(self) -> None:
        """Import what `fit` needs, so that the seconds of a process's first fit are its own."""
        for name in self.fits_with:
            if name.startswith("sklearn."):
                import_lean(name)
            else:
                importlib.import_module(name)

    @abstractmethod
    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        """Learn from rows `X` (csr or dense) of the classes `y`, each of `range(n_classes)` there at least once."""

    @abstractmethod
    def scores(self, X: Any) -> Scores:  # noqa: N803
        """(n, classes): the higher, the likelier."""

    def probabilities(self, X: Any) -> Scores:  # noqa: ARG002, N803
        """(n, classes), rows summing to one; raises ProbabilityUnavailable where the estimator has none."""
        raise ProbabilityUnavailable(f"{type(self).__name__} gives scores but no probabilities of its own")

    def served_form(self, adapter: Adapter, classes: list[str]) -> Served:
        """What answers fastest behind this adapter, both fitted; unless the estimator has one, the adapter's."""
        return adapter.served_form(self, classes)

    def other_forms(self, adapter: Adapter, classes: list[str]) -> list[Served]:  # noqa: ARG002
        """Those that may answer faster than `served_form`, each with a name of its own; see `models/form_choice.py`."""
        return []

    def go_on_from(self, earlier: Estimator, known: Codes) -> None:  # noqa: ARG002  # for subclasses to look at
        """Have `fit` begin with what another has learned, whose class `i` is `known[i]` here; see `goes_on`.

        Raises DefinitionInvalid where it cannot.
        """
        raise DefinitionInvalid(f"{self!r} cannot go on from an earlier version: sgd can")
