"""What a report needs of the rows themselves, found in a child process: no input leaves it, only ids and figures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.backends import Backends
from argosy.errors import ArgosyError, InputInvalid, KeyUnavailable
from argosy.evaluation.drift import compare_profiles
from argosy.evaluation.drift_checker import DriftChecker
from argosy.evaluation.drift_periods import periods_of
from argosy.evaluation.findings import Analysis, AnalysisRequest, Case, Live, NumberGroup, Point
from argosy.label_numbers import numbers_in
from argosy.label_sets import agrees
from argosy.models.adapted_model import AdaptedModel
from argosy.models.answers import answers_of, coded, is_right
from argosy.models.inputs import NO_LIMIT, check_input
from argosy.models.number_evaluation import absolute_errors, evaluate_numbers
from argosy.predictions.profiles import total
from argosy.statistics.calibration_bins import Bin, calibration_bins
from argosy.statistics.intervals import Floats, Interval, wilson
from argosy.statistics.label_doubts import doubtful_labels
from argosy.types import Input, Part, Progress

if TYPE_CHECKING:
    from argosy.datasets.dataset import Dataset
    from argosy.store.trained import Trained

FOLDS: Final = 3
PAIRS: Final = 5
GROUPS: Final = 15
LEAST_IN_GROUP: Final = 5
SIZES: Final = (0.1, 0.2, 0.4, 0.7)


@dataclass(frozen=True)
class AnsweredPart:
    """Rows of one part with the scores of a model that did not learn from them."""

    part: Part
    example_ids: list[str]
    labels: list[str]
    scores: Floats


def analyse(backends: Backends, values: Mapping[str, Any], report_progress: Progress) -> Any:
    """In the child: an `Analysis` as JSON values."""
    from argosy.datasets.dataset import load

    backends.load_plugins()
    request = msgspec.convert(values, AnalysisRequest)
    trained = backends.store.trained(request.label)
    report_progress("reading the rows")
    dataset = load(backends.database, backends.vault, trained.dataset_digest)
    model = AdaptedModel.load(backends.artifacts.fetch(trained.artifact))
    held_out = [_answered(model, dataset, part) for part in (Part.TEST, Part.VALIDATION)]
    test = held_out[0]
    notes: dict[str, str] = {}
    bins: Sequence[Bin] = ()
    if model.estimator.answers_numbers:
        return msgspec.to_builtins(
            _of_numbers(backends, trained, dataset, request, test, model, notes, report_progress)
        )
    if model.estimator.has_probabilities:
        bins = calibration_bins(_sure(test, model), _right(test, model)) if test.labels else ()
    else:
        notes["calibration"] = (
            "This estimator has scores and no probabilities of its own, so there is nothing to calibrate."
        )
    mistakes = _mistakes(test, model)
    doubts: list[Case] = []
    if model.estimator.answers_sets:
        notes["doubts"] = "Labels in doubt are looked for where a text has one label, and here it may have several."
    else:
        doubts = _doubts(
            [*_crossed(backends, trained, dataset, request, report_progress, notes), *held_out], model.classes
        )
    curve = _curve(backends, trained, dataset, request, notes, report_progress)
    live = _live(backends, request, notes, report_progress)
    listed = doubts if request.every_doubt else doubts[: request.shown]
    return msgspec.to_builtins(
        Analysis(
            bins, curve, mistakes[: request.shown], len(mistakes), listed, len(doubts), _pairs(doubts), live, notes
        )
    )


def _of_numbers(
    backends: Backends,
    trained: Trained,
    dataset: Dataset,
    request: AnalysisRequest,
    test: AnsweredPart,
    model: AdaptedModel,
    notes: dict[str, str],
    report_progress: Progress,
) -> Analysis:
    """What there is to find out where answers are numbers."""
    notes["calibration"] = "The answers are numbers, without probabilities."
    notes["doubts"] = (
        "Labels in doubt are looked for among classes, and here labels are numbers: see the largest errors."
    )
    answers = answers_of(test.scores, model.classes, model.estimator.answered_from)
    errors = absolute_errors(answers, test.labels)
    furthest = np.argsort(-errors, kind="stable")[: request.shown].tolist()
    cases = [
        Case(test.example_ids[at], test.part.value, test.labels[at], f"{float(answers[at]):.6g}", float(errors[at]))
        for at in furthest
    ]
    curve = _curve(backends, trained, dataset, request, notes, report_progress)
    live = _live(backends, request, notes, report_progress)
    groups = number_groups(test.scores[:, 0], numbers_in(test.labels))
    return Analysis((), curve, cases, len(errors), [], 0, [], live, notes, groups)


def number_groups(answers: Floats, labels: Sequence[float]) -> list[NumberGroup]:
    """Rows in up to GROUPS groups of neighbouring answers, about equally many in each. Pure."""
    order, truth = np.argsort(answers, kind="stable"), np.asarray(labels, np.float64)
    found = []
    for places in np.array_split(order, max(1, min(GROUPS, len(order) // LEAST_IN_GROUP))):
        if len(places):
            mean, rows = float(truth[places].mean()), len(places)
            margin = 1.96 * float(truth[places].std(ddof=1)) / math.sqrt(rows) if rows > 1 else 0.0
            found.append(NumberGroup(rows, float(answers[places].mean()), Interval(mean, mean - margin, mean + margin)))
    return found


def _curve(
    backends: Backends,
    trained: Trained,
    dataset: Dataset,
    request: AnalysisRequest,
    notes: dict[str, str],
    report_progress: Progress,
) -> Sequence[Point]:
    if request.curve:
        return measure_learning_curve(backends, trained, dataset, report_progress)
    notes["curve"] = "Not asked for: a learning curve trains the pair on four samples of the training part."
    return ()


def measure_learning_curve(
    backends: Backends, trained: Trained, dataset: Dataset, report_progress: Progress
) -> list[Point]:
    """The pair trained on nested samples of the training part; the last point is the version itself."""
    train, test = dataset.parts[Part.TRAIN], dataset.parts[Part.TEST]
    order = np.random.default_rng(0).permutation(len(train))
    inputs, kept = _answerable(test.inputs)
    labels = [test.labels[at] for at in kept]
    points = []
    for share in SIZES:
        rows = order[: int(share * len(order))].tolist()
        report_progress(f"training on {len(rows):,} rows for the learning curve")
        try:
            pair = _fresh(backends, trained).fit([train.inputs[at] for at in rows], [train.labels[at] for at in rows])
            answers = pair.classify(inputs, NO_LIMIT)
        except ArgosyError:
            continue  # too few rows for this pair, such as one class alone
        if accuracy := _test_figure(answers, labels, pair):
            points.append(Point(len(rows), accuracy))
    mae = trained.metrics.get(Part.TEST, {}).get("mae")
    if mae:
        return [*points, Point(len(train), Interval(mae["value"], mae["low"], mae["high"]))]
    figures = trained.metrics.get(Part.TEST, {}).get("accuracy")
    if figures:
        whole = wilson(round(figures["value"] * len(test.labels)), len(test.labels))
        points += [Point(len(train), whole)] if whole else []
    return points


def _test_figure(answers: Sequence[str], labels: Sequence[str], pair: AdaptedModel) -> Interval | None:
    """Accuracy; of numbers, the mean absolute error."""
    if pair.estimator.answers_numbers:
        return evaluate_numbers(np.array(numbers_in(labels)), np.array(numbers_in(answers)), 0).figures["mae"]
    return wilson(sum(map(agrees, answers, labels)), len(labels))


def _crossed(
    backends: Backends,
    trained: Trained,
    dataset: Dataset,
    request: AnalysisRequest,
    report_progress: Progress,
    notes: dict[str, str],
) -> list[AnsweredPart]:
    """The training part, each third answered by a pair that learned from the other two."""
    train = dataset.parts[Part.TRAIN]
    if request.quick:
        notes["doubts"] = (
            "A quick report looks at the validation and test parts only, any other at the training part too."
        )
        return []
    inputs, kept = _answerable(train.inputs)
    labels = [train.labels[at] for at in kept]
    folds = np.random.default_rng(0).permutation(len(kept)) % FOLDS
    found = []
    for fold in range(FOLDS):
        report_progress(f"looking for labels in doubt: {fold + 1} of {FOLDS}")
        learn, ask = np.flatnonzero(folds != fold).tolist(), np.flatnonzero(folds == fold).tolist()
        try:
            pair = _fresh(backends, trained).fit([inputs[at] for at in learn], [labels[at] for at in learn])
        except ArgosyError as error:
            notes["doubts"] = f"The training part could not be looked at: {error}"
            return []
        scores = np.full((len(ask), len(dataset.classes)), -np.inf)
        columns = [dataset.classes.index(name) for name in pair.classes]
        scores[:, columns] = pair.scores([inputs[at] for at in ask], NO_LIMIT)
        ids = [train.example_ids[kept[at]].hex() for at in ask]
        answered = [labels[at] if labels[at] in set(pair.classes) else "" for at in ask]
        found.append(AnsweredPart(Part.TRAIN, ids, answered, scores))
    return found


def _answered(model: AdaptedModel, dataset: Dataset, part: Part) -> AnsweredPart:
    rows = dataset.parts[part]
    inputs, kept = _answerable(rows.inputs)
    scores = model.scores(inputs, NO_LIMIT) if inputs else np.zeros((0, len(model.classes)))
    return AnsweredPart(part, [rows.example_ids[at].hex() for at in kept], [rows.labels[at] for at in kept], scores)


def _mistakes(test: AnsweredPart, model: AdaptedModel) -> list[Case]:
    wrong = np.flatnonzero(~_right(test, model))
    sure = _sure(test, model)
    order = wrong[np.argsort(-sure[wrong], kind="stable")]
    answers = answers_of(test.scores, model.classes, model.estimator.answered_from)
    return [
        Case(test.example_ids[at], test.part.value, test.labels[at], answers[at], float(sure[at]))
        for at in order.tolist()
    ]


def _doubts(sides: Sequence[AnsweredPart], classes: list[str]) -> list[Case]:
    sides = [side for side in sides if side.labels]
    if not sides:
        return []
    codes = np.concatenate([coded(side.labels, classes, "single") for side in sides])
    places = [(side, at) for side in sides for at in range(len(side.labels))]
    cases = []
    for doubt in doubtful_labels(codes, np.concatenate([side.scores for side in sides])):
        side, at = places[doubt.row]
        cases.append(
            Case(side.example_ids[at], side.part.value, side.labels[at], classes[doubt.suggested], doubt.margin)
        )
    return cases


def _pairs(doubts: Sequence[Case]) -> list[tuple[str, str, int]]:
    """(given, likelier, rows) of the most frequent."""
    counted = Counter((case.label, case.suggested) for case in doubts).most_common(PAIRS)
    return [(given, likelier, rows) for (given, likelier), rows in counted]


def _live(
    backends: Backends,
    request: AnalysisRequest,
    notes: dict[str, str],
    report_progress: Progress,
) -> Live | None:
    report_progress("comparing live answers with the test part")
    try:
        counted = DriftChecker.of(backends).check(request.model, backends.settings.drift.window_hours)
    except KeyUnavailable as error:
        notes["drift"] = f"Live answers cannot be read here: {error}"
        return None
    hours = [one for one in counted.hours if one.version == request.version]
    periods = periods_of(counted, request.version)
    if not periods and not counted.is_complete:
        notes["drift"] = "Live answers are still being counted: a worker continues, or argosy drift."
        return None
    if not hours or not periods:
        notes["drift"] = "This version has answered nothing live yet, so there is nothing to compare."
        return None
    reference, live = counted.references[request.version].profile, total(one.profile for one in hours)
    return Live(
        compare_profiles(reference, live),
        reference.answers,
        live.answers,
        hours[0].started_at,
        hours[-1].started_at,
        periods,
    )


def _fresh(backends: Backends, trained: Trained) -> AdaptedModel:
    """The pair of the version, untrained."""
    adapter, model = trained.definition["adapter"], trained.definition["model"]
    return AdaptedModel(
        backends.registries.adapters.get(adapter["name"]).create(adapter["options"]),
        backends.registries.models.get(model["name"]).create(model["options"]),
    )


def _answerable(inputs: Sequence[Input]) -> tuple[list[Input], list[int]]:
    """Those inputs that a model can be asked about, such as no empty texts, and their places."""
    kept = []
    for at, item in enumerate(inputs):
        try:
            check_input(item, NO_LIMIT)
        except InputInvalid:
            continue
        kept.append(at)
    return [inputs[at] for at in kept], kept


def _right(side: AnsweredPart, model: AdaptedModel) -> NDArray[np.bool_]:
    codes = coded(side.labels, model.classes, model.estimator.label_kind())
    return is_right(side.scores, codes, model.estimator.answered_from)


def _sure(side: AnsweredPart, model: AdaptedModel) -> Floats:
    return model.confidence_of_scores(side.scores)
