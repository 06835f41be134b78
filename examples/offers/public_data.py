"""Decisions on two public data sets of outcomes, in the folder `outcomes` of what ARGOSY_DATA names.

Shopping sessions of a year, by month: who buys? An e-mail campaign that was randomised: who visits the shop if
the model chooses who is written to, against a coin?
"""

from __future__ import annotations

import csv
import gzip
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from argosy import AdaptedModel

DATA = Path(os.environ.get("ARGOSY_DATA", ".")) / "outcomes"
ARMS = ("control", "mens_email", "womens_email")
ABOUT = ("recency", "history", "mens", "womens", "zip_code", "newbie", "channel")
MONTHS = ("Feb", "Mar", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
RESAMPLES = 1000
Row = dict[str, Any]


def main() -> None:
    shoppers(read_rows(DATA / "online_shoppers.csv.gz"))
    campaign(read_rows(DATA / "hillstrom_email.csv.gz"))


def shoppers(rows: list[Row]) -> None:
    """Learn from the first seven tenths of the year; who of the others are likeliest to buy?"""
    rows = [_without(row, "Month") for row in sorted(rows, key=lambda row: MONTHS.index(row["Month"]))]
    cut = len(rows) * 7 // 10
    model = _fitted(rows[:cut], "Revenue")
    later = rows[cut:]
    scores = _scores(model, [_without(row, "Revenue") for row in later], "TRUE")
    best = sorted(range(len(later)), key=lambda place: -scores[place])[: len(later) // 10]
    bought = [float(row["Revenue"] == "TRUE") for row in later]
    chosen = [bought[place] for place in best]
    print(f"Online shoppers: learned from {cut:,} sessions, asked about the {len(later):,} after them")
    print(f"  {_mean(bought):.1%} buy; of the likeliest tenth {_interval(chosen, _mean)}")


def campaign(rows: list[Row]) -> dict[str, float]:
    """Learn from half of the customers, and choose the mail of the others; the uplift of each way to choose.

    It is measured on those who happened to get what would have been chosen: a third, drawn at random by the shop.
    """
    random.Random(1).shuffle(rows)
    half = len(rows) // 2
    model = _fitted([{**_crossed(row, row["segment"]), "visit": row["visit"]} for row in rows[:half]], "visit")
    tested = rows[half:]
    by_arm = {arm: _scores(model, [_crossed(row, arm) for row in tested], "1") for arm in ARMS}
    policies: dict[str, Callable[[int], str]] = {
        "the model's choice": lambda place: max(ARMS, key=lambda arm: by_arm[arm][place]),
        "men's e-mail to all": lambda _: "mens_email",
        "women's e-mail to all": lambda _: "womens_email",
        "no e-mail": lambda _: "control",
    }
    coin = [float(row["visit"]) for row in tested]
    print(f"Hillstrom's e-mails: learned from {half:,} customers, {len(tested):,} others")
    print(f"  {'a coin (any of the three)':<28}{_interval(coin, _mean)} visit")
    uplifts = {}
    for name, choose in policies.items():
        got = [row["segment"] == choose(place) for place, row in enumerate(tested)]
        pairs = list(zip(got, coin, strict=True))
        uplifts[name] = _uplift(pairs)
        print(f"  {name:<28}{_interval(pairs, _of_those)} visit, uplift {_interval(pairs, _uplift)}")
    return uplifts


def _crossed(row: Row, arm: str) -> Row:
    """What is known of a customer, and each of it together with the mail."""
    about = {name: row[name] for name in ABOUT}
    crossed = {f"{name}_of_{arm}": row[name] for name in ("mens", "womens", "newbie", "channel")}
    none = dict.fromkeys(f"{name}_of_{other}" for other in ARMS for name in ("mens", "womens", "newbie", "channel"))
    return {**none, **about, **{name: f"is {value}" for name, value in crossed.items()}, "arm": arm}


def _fitted(rows: Sequence[Row], label: str) -> AdaptedModel:
    model = AdaptedModel.from_names("numeric", {}, "logistic", {"C": 0.1})
    model.fit([_without(row, label) for row in rows], [row[label] for row in rows])
    return model


def _scores(model: AdaptedModel, rows: Sequence[Row], label: str) -> list[float]:
    answers = model.predict_proba(rows)
    found: list[float] = answers[:, model.classes.index(label)].tolist()
    return found


def _without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def _of_those(pairs: Sequence[tuple[bool, float]]) -> float:
    return _mean([visit for got, visit in pairs if got])


def _uplift(pairs: Sequence[tuple[bool, float]]) -> float:
    """Against the coin."""
    return _of_those(pairs) - _mean([visit for _, visit in pairs])


def _interval(values: Sequence[Any], figure: Callable[[Sequence[Any]], float]) -> str:
    """The figure with its 95 % interval, by drawing the rows again."""
    draw = random.Random(2)
    drawn = sorted(figure(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return f"{figure(values):.1%} ({drawn[RESAMPLES // 40]:.1%} … {drawn[-RESAMPLES // 40]:.1%})"


def read_rows(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
