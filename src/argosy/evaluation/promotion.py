"""How a version compares with the champion whose place it would take: what a person is shown before promoting it.

Where both were validated on the same rows, the store has what each answered there. Otherwise both answer the rows that
neither learned from, which needs the key of the examples. The gate does not use this: it has evidence of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from argosy.backends import Backends
from argosy.database import in_transaction
from argosy.definitions.metrics import LOWER_IS_BETTER, OF_NUMBERS, figure_text, metric_name
from argosy.errors import ArgosyError, PromotionDoubtful, VersionNotFound
from argosy.evaluation.comparison import answers_compared
from argosy.jobs.selection import resolve_version
from argosy.models.rows_right import unpack_right
from argosy.store.aliases import CHAMPION
from argosy.store.ranking import are_comparable, headline, paired_p
from argosy.store.trained import Trained, Version, learned_nothing
from argosy.telemetry import logger
from argosy.types import Part

_log = logger("argosy.models")


@dataclass(frozen=True)
class Promotion:
    """`newcomer` would replace `champion`; figures are of the metric on the same rows, None where there are none."""

    champion: str
    newcomer: str
    metric: str = "accuracy"
    rows: int = 0
    which_rows: str = ""
    champion_figure: float | None = None
    newcomer_figure: float | None = None
    p_value: float | None = None
    only_champion_right: int = 0
    only_newcomer_right: int = 0
    problem: str = ""
    """Why the two cannot be compared."""

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should say yes first: it is worse, or nothing shows that it is not."""
        if self.champion_figure is None or self.newcomer_figure is None:
            return True
        is_lower_better = self.metric in LOWER_IS_BETTER
        first, other = self.champion_figure, self.newcomer_figure
        return other > first if is_lower_better else other < first

    def __str__(self) -> str:
        if self.champion_figure is None or self.newcomer_figure is None:
            return f"{self.newcomer} cannot be compared with the champion {self.champion}: {self.problem}"
        if self.metric in OF_NUMBERS:
            return self._of_numbers(self.champion_figure, self.newcomer_figure)
        difference = (self.newcomer_figure - self.champion_figure) * 100
        chance = "" if self.p_value is None else f", p = {self.p_value:.2g}"
        return (
            f"{self.metric.replace('_f1', '-F1')} of {self.newcomer} {self.newcomer_figure:.3f}, of the champion "
            f"{self.champion} {self.champion_figure:.3f}: {difference:+.1f} points on {self.rows:,} {self.which_rows} "
            f"(only {self.newcomer} right: {self.only_newcomer_right:,}, only {self.champion} right: "
            f"{self.only_champion_right:,}{chance})"
        )

    def _of_numbers(self, champion: float, newcomer: float) -> str:
        chance = "" if self.p_value is None else f" (p = {self.p_value:.2g})"
        return (
            f"{metric_name(self.metric)} of {self.newcomer} {figure_text(newcomer)}, of the champion {self.champion} "
            f"{figure_text(champion)} on {self.rows:,} {self.which_rows}{chance}; lower is better"
        )

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "is_doubtful": self.is_doubtful}


def promote_version(
    backends: Backends, reference: str, alias: str, reason: str, by: str, *, force: bool, even_if_worse: bool
) -> Version:
    """Point an alias at a version. Raises VersionNotFound, VersionMarked unless forced, PromotionDoubtful unless
    `even_if_worse`: nothing is compared then."""
    store = backends.store
    if reference in store.models():
        raise VersionNotFound(f"say which version: '{reference}@NUMBER' or '{reference}@best'")
    version = resolve_version(backends.plans, reference)
    if alias == CHAMPION and not even_if_worse:
        check_not_doubtful(check_promotion(backends, version), "even_if_worse=True")
    in_transaction(
        store.database,
        lambda within: store.promote(within, version.model, version.number, alias, by=by, reason=reason, force=force),
    )
    if nothing := learned_nothing(store.trained(version.label)):
        _log.warning("%s %s", version.reference, nothing)
    return store.stored_version(version.reference)


def check_promotion(backends: Backends, version: Version) -> Promotion | None:
    """How a version compares with the champion that it would replace; None where there is none, or it is that."""
    store = backends.store
    champions = [one for one in store.versions(version.model) if CHAMPION in one.aliases]
    if not champions or champions[0].number == version.number:
        return None
    (champion,) = champions
    return compare_for_promotion(
        (champion.reference, version.reference),
        store.trained(champion.label),
        store.trained(version.label),
        lambda: _on_common_rows(backends, champion.label, version.label),
    )


def check_not_doubtful(promotion: Promotion | None, to_do: str) -> None:
    """Raise PromotionDoubtful, with the comparison, where a person should say yes first."""
    if promotion is not None and promotion.is_doubtful:
        why = "cannot be compared with" if promotion.problem else "is worse than"
        refusal = f"not promoted: {promotion.newcomer} {why} the champion {promotion.champion}"
        raise PromotionDoubtful(f"{refusal}; {to_do} promotes it all the same", promotion.to_dict())


def compare_for_promotion(
    names: tuple[str, str], champion: Trained, newcomer: Trained, on_common_rows: Callable[[], Promotion]
) -> Promotion:
    """By what the store keeps where that is enough, else by `on_common_rows`, whose failure is the problem."""
    if are_comparable(champion, newcomer) and champion.rows_right and newcomer.rows_right:
        return replace(_stored(champion, newcomer), champion=names[0], newcomer=names[1])
    try:
        return replace(on_common_rows(), champion=names[0], newcomer=names[1])
    except ArgosyError as error:
        return Promotion(*names, problem=str(error))


def _on_common_rows(backends: Backends, champion: str, newcomer: str) -> Promotion:
    found = answers_compared(backends, champion, newcomer)
    figures, metric = (found.accuracy, "accuracy") if found.error is None else (found.error, "mae")
    left_out = f" (left out: {found.left_out})" if found.left_out else ""
    return Promotion(
        champion,
        newcomer,
        metric,
        found.rows,
        "rows that neither learned from",
        figures[0] if figures else None,
        figures[1] if figures else None,
        found.p_value,
        found.only_first_right,
        found.only_second_right,
        "" if figures else f"there is no row that neither learned from{left_out}",
    )


def _stored(champion: Trained, newcomer: Trained) -> Promotion:
    metric = headline(champion)
    sides = [unpack_right(one.rows_right or b"") for one in (champion, newcomer)]
    bits = [(first, second) for (_, first), (_, second) in zip(*sides, strict=True)]
    mine, theirs = (one.metrics.get(Part.VALIDATION, {}).get(metric, {}).get("value") for one in (champion, newcomer))
    return Promotion(
        "",
        "",
        metric,
        sum(rows for rows, _ in sides[0]),
        "validation rows",
        mine,
        theirs,
        paired_p(champion, newcomer, metric),
        sum((first & ~second).bit_count() for first, second in bits),
        sum((second & ~first).bit_count() for first, second in bits),
        problem="" if mine is not None and theirs is not None else f"the {metric} of one of them was not measured",
    )
