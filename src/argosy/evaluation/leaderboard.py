"""The leaderboard as rows: one flat dictionary a definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from argosy.datasets.label_counts import Baseline, baseline, frozen_counts
from argosy.definitions import Registries
from argosy.definitions.metrics import OF_NUMBERS
from argosy.errors import PluginNotFound, RowUnreadable
from argosy.jobs.submission import Plans
from argosy.store.ranking import is_of_numbers, share
from argosy.store.store import UNREADABLE
from argosy.store.trained import LeaderboardRow, learned_nothing
from argosy.telemetry import logger
from argosy.types import Part

_log = logger("argosy.leaderboard")
METRICS = ("accuracy", "micro_f1", "macro_f1", "hamming_loss", "log_loss", *OF_NUMBERS)
_FIGURES = [
    f"{part.value}_{metric}{end}"
    for part in (Part.VALIDATION, Part.TEST)
    for metric in METRICS
    for end in ("", "_low", "_high")
]
COLUMNS = (
    *("rank", "ranked_by", "tied", "proposed", "p_value", "label", "dataset", "evaluate", "share", "versions"),
    *("aliases", "mark", "adapter", "model", *_FIGURES, "baseline_label", "validation_baseline", "test_baseline"),
    *("is_constant", "learned_nothing", "fit_seconds", "size_bytes", "predict_us", "replaced"),
)
"""The keys of a row that `ranked` gives."""


def ranked(plans: Plans, registries: Registries, plan: str = "") -> list[dict[str, Any]]:
    """One flat dictionary a definition, best on validation first; raises PlanNotFound."""
    rows = [row for row in _rows(plans, plan) if not row.trained.answers_tensors]
    replaced = plans.replaced_labels(plan) if plan else set()
    constants = _baselines(plans, rows)
    found = []
    for row in rows:
        try:
            constant = constants[_rows_of(row)]
            found.append({**leaderboard_row(row, registries, constant), "replaced": row.trained.label in replaced})
        except (KeyError, TypeError, AttributeError) as error:
            problem = f"it has no such definition or figures as a result has ({type(error).__name__})"
            _log.warning("left out: %s", RowUnreadable("trained", row.trained.label, problem, UNREADABLE))
    add_distinguishing_columns(found, {row.trained.label: row.trained.definition for row in rows}, registries)
    return found


def unranked(plans: Plans, plan: str = "") -> list[str]:
    """The versions that answer tensors, which have no labels and no figures; raises PlanNotFound."""
    rows = [row for row in _rows(plans, plan) if row.trained.answers_tensors]
    return sorted(version.reference for row in rows for version in row.versions)


def _rows(plans: Plans, plan: str) -> list[LeaderboardRow]:
    return plans.leaderboard(plan) if plan else plans.store.leaderboard()


def add_distinguishing_columns(
    found: Iterable[dict[str, Any]], definitions: Mapping[str, Any], registries: Registries
) -> None:
    """Give all digits of their options to rows that read alike without."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in found:
        alike.setdefault((row["dataset"], row["adapter"], row["model"]), []).append(row)
    for row in (row for rows in alike.values() if len(rows) > 1 for row in rows):
        definition = definitions[row["label"]]
        row["adapter"] = describe_plugin(definition["adapter"], registries.adapters, None)
        row["model"] = describe_plugin(definition["model"], registries.models, None)


def _baselines(plans: Plans, rows: Iterable[LeaderboardRow]) -> dict[tuple[str, bool, bool], Baseline | None]:
    """The baseline by dataset, whether training and validation are validated on together, and whether of numbers."""
    wanted = {_rows_of(row) for row in rows}
    with plans.queue.database.read() as transaction:
        counts = {digest: frozen_counts(transaction, digest) for digest in {one[0] for one in wanted}}
    return {one: baseline(counts[one[0]], *one[1:]) for one in wanted}


def _rows_of(row: LeaderboardRow) -> tuple[str, bool, bool]:
    trained = row.trained
    return trained.dataset_digest, bool(trained.definition.get("evaluate")), is_of_numbers(trained)


def leaderboard_row(row: LeaderboardRow, registries: Registries, constant: Baseline | None = None) -> dict[str, Any]:
    """`rank`, `tied`, `proposed`, names, options as text, `PART_METRIC`, `…_low`, `…_high`, and what it costs.

    `p_value` is of the paired comparison with the first of the same dataset, `PART_baseline` the figure of always
    answering `baseline_label`, and `is_constant` says that the definition did no more than that. `learned_nothing` is
    why it is of no use, if it is of none.
    """
    trained = row.trained
    figures: dict[str, Any] = {}
    for part in (Part.VALIDATION, Part.TEST):
        for metric in METRICS:
            found = trained.metrics.get(part.value, {}).get(metric, {})
            figures[f"{part.value}_{metric}"] = found.get("value")
            figures[f"{part.value}_{metric}_low"] = found.get("low")
            figures[f"{part.value}_{metric}_high"] = found.get("high")
    return {
        "rank": row.rank,
        "ranked_by": row.metric,
        "tied": row.tied,
        "proposed": row.proposed,
        "p_value": row.p_value,
        "label": trained.label,
        "dataset": trained.dataset_digest[:12],
        "evaluate": evaluated(trained.definition.get("evaluate")),
        "share": share(trained),
        "versions": [version.reference for version in row.versions],
        "aliases": sorted({alias for version in row.versions for alias in version.aliases}),
        "mark": "; ".join(dict.fromkeys(version.mark for version in row.versions if version.mark)),
        "adapter": describe_plugin(trained.definition["adapter"], registries.adapters),
        "model": describe_plugin(trained.definition["model"], registries.models),
        **figures,
        "baseline_label": constant.label if constant else None,
        "validation_baseline": constant.validation if constant else None,
        "test_baseline": constant.test if constant else None,
        "is_constant": row.is_constant,
        "learned_nothing": learned_nothing(trained),
        "fit_seconds": trained.fit_seconds,
        "size_bytes": trained.size_bytes,
        "predict_us": trained.predict_us,
    }


def describe_plugin(spec: dict[str, Any], registry: Any, digits: int | None = 3) -> str:
    """`tfidf ngrams=[1, 2]`: a plug-in with the options that differ from their defaults.

    Three digits mostly distinguish one searched number from another; all are shown where `digits` is None.
    """
    try:
        options = registry.get(spec["name"]).options
    except PluginNotFound:
        options = {}
    given = {
        name: value
        for name, value in spec["options"].items()
        if name not in options or options[name].is_required or value != options[name].default_json()
    }
    return " ".join([spec["name"], *(f"{name}={_written(value, registry, digits)}" for name, value in given.items())])


def _written(value: Any, registry: Any, digits: int | None) -> Any:
    if isinstance(value, list) and any(isinstance(part, dict) for part in value):
        return f"({' + '.join(_part(part, registry, digits) for part in value)})"
    return float(f"{value:.{digits}g}") if isinstance(value, float) and digits else value


def _part(part: Any, registry: Any, digits: int | None) -> str:
    """One plug-in of several in an option."""
    named = part if isinstance(part, dict) else {"name": part}
    return describe_plugin({"name": str(named.get("name")), "options": named.get("options") or {}}, registry, digits)


def evaluated(evaluation: dict[str, Any] | None) -> str:
    """`5 folds`, `10 repeats`, or nothing where there is one validation part."""
    found = evaluation or {}
    return next((f"{found[kind]} {kind}" for kind in ("folds", "repeats") if kind in found), "")
