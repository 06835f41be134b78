"""How often the gate is wrong, and how often it sees a better challenger: by simulation.

Wrong: sequences of ten retrainings of one champion, each with new reviews and another challenger that is no better. A
sequence counts where any of them is promoted. Three kinds: challengers that are right as often as the champion
everywhere; as often over all, but better where reviews are drawn most and worse where they are drawn least; and worse
by a point. Nothing vetoes here, so that live rows alone are tried.

Right: TREC's coarse classes with 97 % of the numeric questions missing from the champion's examples. 2,000 questions
come live, some are reviewed, a challenger learns from the reviews, and the gate judges: as it does now, and as it did
when only a sixth of the reviews were drawn uniformly and a fifth of these measured. Each trial draws anew which
questions are known, live and reviewed.

    python -m benchmarks.gate [--sequences 2000] [--trials 60] [--write]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # read when numpy is imported

import numpy as np
from scipy.stats import beta

from argosy.datasets.split import fractions, id_words
from argosy.evaluation.decision import PairedAnswers, judge_challenger
from argosy.evaluation.evidence import weights_of
from argosy.evaluation.gate import Policy, judge
from argosy.feedback.review import draw_review
from argosy.models.adapted_model import AdaptedModel
from argosy.predictions.measures import Measure
from argosy.predictions.review_pool import Reviewable

DATA = Path(os.environ.get("ARGOSY_DATA", Path(__file__).parents[2] / "shared" / "data"))
RESULTS = Path(__file__).parent / "results" / "gate.md"
POLICY = Policy()
RETRAININGS, ARRIVING, REVIEWED = 10, 400, 60
LIVE, REVIEWS = 2_000, (100, 300, 600)
FOLDS = 5
HOPELESS = 1.5
"""Leads of fewer standard errors are never promoted: they are counted as refused without being judged."""
KINDS = {
    "as good everywhere": (0.0, 0.0, 0.0),
    "as good over all, better where reviews are drawn most": (0.06, 0.0, -0.03),
    "worse by a point": (-0.01, -0.01, -0.01),
}
"""What a challenger gains where the champion is least certain (a quarter), where rather uncertain (a quarter), else."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--write", action="store_true", help="keep the result in results/gate.md")
    given = parser.parse_args()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        wrong = {kind: sum(pool.map(is_wrong, [(kind, seed) for seed in range(given.sequences)], chunksize=20))
                 for kind in KINDS}  # fmt: skip
        found = list(pool.map(trial, range(given.trials)))
    rates = {kind: (count, upper(count, given.sequences)) for kind, count in wrong.items()}
    powers = {f"{way}_{rows}": float(np.mean([one[way, rows] for one in found])) for rows in REVIEWS
              for way in ("power", "before")}  # fmt: skip
    accuracy = {name: float(np.mean([one[name] for one in found])) for name in ("champion", "challenger")}
    text = table(given.sequences, rates, given.trials, powers, accuracy)
    print(text)
    if given.write:
        RESULTS.write_text(text)
    print(json.dumps({
        "false_promotion_upper": max(bound for _, bound in rates.values()),
        "power_600": powers["power_600"],
        "power_600_before": powers["before_600"],
        **powers,
        **accuracy,
    }))  # fmt: skip


def upper(count: int, of: int) -> float:
    """The one-sided upper 95 % bound of a share (Clopper and Pearson 1934)."""
    return float(beta.ppf(0.95, count + 1, of - count))


def is_wrong(asked: tuple[str, int]) -> bool:
    """Whether a sequence of retrainings promotes a challenger that is no better."""
    kind, seed = asked
    random, gains = np.random.default_rng([seed, *kind.encode()]), KINDS[kind]
    certain, number, right = np.empty(0), np.empty(0), np.empty(0, bool)
    measured, chances = np.empty(0, bool), np.empty(0)
    for tests in range(RETRAININGS):
        certain = np.append(certain, random.random(ARRIVING))
        number = np.append(number, random.random(ARRIVING))
        right = np.append(right, random.random(ARRIVING) < accuracy_at(certain[-ARRIVING:]))
        measured, chances = (np.append(old, np.zeros(ARRIVING, old.dtype)) for old in (measured, chances))
        review(certain, number, measured, chances)
        gain = np.select([certain < 0.25, certain < 0.5], gains[:2], gains[2])
        challenger = rival(right, accuracy_at(certain), gain, random)
        live = PairedAnswers(
            right[measured], challenger[measured], weights_of([Measure(one) for one in chances[measured]])
        )
        if promotes(live, tests):
            return True
    return False


def accuracy_at(certain: np.ndarray) -> np.ndarray:
    """How often the champion is right, by how certain it is."""
    return 0.6 + 0.38 * np.sqrt(certain)


def rival(right: np.ndarray, accuracy: np.ndarray, gain: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A challenger that agrees with the champion on most rows and is right as often as it, plus the gain."""
    drawn = np.where(random.random(len(right)) < 0.7, right, random.random(len(right)) < accuracy)
    better = (gain > 0) & ~drawn & (random.random(len(right)) < gain / np.maximum(1 - accuracy, 1e-9))
    worse = (gain < 0) & drawn & (random.random(len(right)) < -gain / accuracy)
    return (drawn | better) & ~worse


def review(certain: np.ndarray, number: np.ndarray, measured: np.ndarray, chances: np.ndarray) -> None:
    """Review the next rows, in place: as `feedback review` draws them."""
    rows = zip(certain.tolist(), number.tolist(), measured.tolist(), strict=True)
    drawn = draw_review([Reviewable(f"{place}", c, u, m, m) for place, (c, u, m) in enumerate(rows)], REVIEWED)
    for name, chance in drawn.chances.items():
        chances[int(name)] = max(chances[int(name)], chance)
    measured[[int(name) for name in drawn.prediction_ids]] = True


def promotes(live: PairedAnswers, tests: int) -> bool:
    """Whether the gate promotes, by live rows alone."""
    outcomes = live.challenger.astype(float) - live.champion.astype(float)
    lead, spread = float(outcomes @ live.weights), float(np.linalg.norm(outcomes * live.weights))
    if lead < HOPELESS * max(spread, 1e-9):
        return False
    nothing = np.zeros(0, bool)
    return judge_challenger(live, PairedAnswers(nothing, nothing, np.zeros(0)), tests, POLICY).promote


def trial(seed: int) -> dict:
    """One champion, its live answers, and for each number of reviews a challenger judged in both ways."""
    random = np.random.default_rng(seed)
    texts, labels = trec()
    order = random.permutation(len(texts))
    live, known = order[:LIVE], order[LIVE:]
    known = known[(labels[known] != "NUM") | (random.random(len(known)) < 0.03)]
    part = random.random(len(known))
    train, test = known[part < 0.8], known[part >= 0.8]
    champion = fitted(texts[train], labels[train])
    answers, certain = np.array(champion.classify(texts[live])), champion.confidence(texts[live])
    right = answers == labels[live]
    number = random.random(LIVE)
    found: dict = {}
    for rows in REVIEWS:
        measured, chances = np.zeros(LIVE, bool), np.zeros(LIVE)
        drawn = draw_review([Reviewable(f"{at}", certain[at], number[at]) for at in range(LIVE)], rows)
        places = np.array([int(name) for name in drawn.prediction_ids])
        measured[places] = True
        chances[places] = [drawn.chances[f"{place}"] for place in places]
        answered, final = held_out(texts, labels, train, live, places, random)
        weights = weights_of([Measure(chance) for chance in chances[places]])
        rows_live = PairedAnswers(right[places], answered == labels[live[places]], weights)
        old = PairedAnswers(
            correct(champion, texts, labels, test), correct(final, texts, labels, test), np.ones(len(test))
        )
        found["power", rows] = judge_challenger(rows_live, old, 0, POLICY).promote
        found["before", rows] = before(texts, labels, train, test, live, certain, champion, rows, random)
    found["champion"], found["challenger"] = (
        float(np.mean(correct(model, texts, labels, live[~measured]))) for model in (champion, final)
    )
    return found


def held_out(texts, labels, train, live, places, random) -> tuple[np.ndarray, AdaptedModel]:  # noqa: ANN001  # arrays all
    """Of the reviewed rows, the answers of fits that lack them; and the challenger, which learns from four fifths."""
    teaches = random.random(len(places)) < 0.8
    final = fitted(*both(texts, labels, train, live[places[teaches]]))
    answers = np.empty(len(places), object)
    answers[~teaches] = final.classify(texts[live[places[~teaches]]])
    fold = fractions(id_words([random.bytes(16) for _ in places]), 0) * FOLDS
    for k in range(FOLDS):
        held = teaches & (fold.astype(int) == k)
        if held.any():
            model = fitted(*both(texts, labels, train, live[places[teaches & ~held]]))
            answers[held] = model.classify(texts[live[places[held]]])
    return answers.astype(str), final


def before(texts, labels, train, test, live, certain, champion, rows, random) -> bool:  # noqa: ANN001  # arrays all
    """The gate as it was: the least certain, and a fifth as many uniformly, of which a fifth measures."""
    uniform = random.permutation(LIVE)[: rows // 6]
    rest = np.setdiff1d(np.argsort(certain, kind="stable"), uniform, assume_unique=True)
    picked = np.array([one for one in np.argsort(certain, kind="stable") if one in set(rest.tolist())])[
        : rows - rows // 6
    ]
    teaches = {name: random.random(len(places)) < 0.8 for name, places in (("uniform", uniform), ("picked", picked))}
    learned = np.concatenate([uniform[teaches["uniform"]], picked[teaches["picked"]]])
    final = fitted(*both(texts, labels, train, live[learned]))
    measuring = np.concatenate([test, live[uniform[~teaches["uniform"]]]])
    return judge(correct(champion, texts, labels, measuring), correct(final, texts, labels, measuring)).promote


def both(texts, labels, train, more) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN001  # arrays all
    every = np.concatenate([train, more])
    return texts[every], labels[every]


def correct(model: AdaptedModel, texts: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.array(model.classify(texts[rows])) == labels[rows] if len(rows) else np.zeros(0, bool)


def fitted(texts: np.ndarray, labels: np.ndarray) -> AdaptedModel:
    model = AdaptedModel.from_names("tfidf", {"sublinear": True}, "logistic", {"C": 10.0})
    return model.fit(list(texts), [str(label) for label in labels])


def trec() -> tuple[np.ndarray, np.ndarray]:
    with gzip.open(DATA / "text" / "trec.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return np.array([row["text"] for row in rows], object), np.array([row["label"] for row in rows])


def table(sequences: int, rates: dict, trials: int, powers: dict, accuracy: dict) -> str:
    lines = [
        "# The gate: how often it is wrong, and how often it sees what is better",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, `python -m benchmarks.gate --write`.",
        "",
        f"{sequences:,} sequences of {RETRAININGS} retrainings, before each {REVIEWED} reviews and {ARRIVING} answers:",
        "",
        "| challengers | sequences with a false promotion | upper 95 % bound |",
        "|---|---|---|",
        *(f"| {kind} | {count / sequences:.1%} | {bound:.1%} |" for kind, (count, bound) in rates.items()),
        "",
        f"TREC without 97 % of its numeric questions, {LIVE:,} live answers, {trials} trials; on those not reviewed",
        f"the champion is right on {accuracy['champion']:.1%}, the challenger of {REVIEWS[-1]} reviews on"
        f" {accuracy['challenger']:.1%}:",
        "",
        "| reviews | promoted now | promoted before |",
        "|---|---|---|",
        *(f"| {rows} | {powers[f'power_{rows}']:.0%} | {powers[f'before_{rows}']:.0%} |" for rows in REVIEWS),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
