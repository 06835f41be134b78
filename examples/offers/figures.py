"""What was offered to whom, as figures. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from running import Answers
from shop import LIKE_X, NAMED, PRODUCTS, Customer, X

Table = dict[str, dict[str, Any]]
RESAMPLES = 2000


def own_decision(answer: dict[str, Any]) -> bool:
    """Whether the model would recommend it: a decision that was changed by chance is unlikely."""
    is_by_chance: bool = answer["propensity"] < 0.5
    is_offered: bool = answer["decision"] == "recommend"
    return is_offered != is_by_chance


def offers_of(answers: Answers, name: str) -> list[str]:
    """What the model recommends to a customer, the best first."""
    own = [product for product in PRODUCTS if own_decision(answers[name, product])]
    return sorted(own, key=lambda product: -answers[name, product]["score"])


def of_named(answers: Answers) -> Table:
    """What P, Q and R are offered; how the model takes X and the products like it."""
    found = {}
    for who in NAMED:
        offers = offers_of(answers, who.name)
        others = [product for product in LIKE_X if product != X]
        found[who.name] = {
            "offers": offers,
            "like_x": sum(product in LIKE_X for product in offers),
            "x": answers[who.name, X]["score"],
            "others_like_x": sum(answers[who.name, product]["score"] for product in others) / len(others),
            "others": {product: answers[who.name, product]["score"] for product in others},
        }
    return found


def by_chance(answers: Answers, booked: set[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Offers and bookings, of what the model recommended and of what chance did: measured without knowing the truth."""
    found = {"the model": {"offers": 0, "bookings": 0}, "chance": {"offers": 0, "bookings": 0}}
    for pair, answer in answers.items():
        if answer["decision"] == "recommend":
            row = found["the model" if own_decision(answer) else "chance"]
            row["offers"] += 1
            row["bookings"] += pair in booked
    return found


def uplift(
    answers: Answers, customers: Sequence[Customer], buys: Callable[[Customer, str], bool], seed: int
) -> dict[str, Any]:
    """Bookings among what is recommended, against as many random offers to the same customers.

    The interval is that of customers drawn again and again.
    """
    draw, rows = random.Random(seed), list[tuple[int, int, int]]()
    for who in customers:
        offers = offers_of(answers, who.name)
        drawn = draw.sample(list(PRODUCTS), len(offers))
        recommended, chance = (sum(buys(who, product) for product in some) for some in (offers, drawn))
        rows.append((len(offers), recommended, chance))
    rate, random_rate = _rates(rows)
    pairs = [_rates(draw.choices(rows, k=len(rows))) for _ in range(RESAMPLES)]
    uplifts = sorted(one - other for one, other in pairs)
    return {
        "offers": sum(one[0] for one in rows),
        "bookings": sum(one[1] for one in rows),
        "rate": rate,
        "random_rate": random_rate,
        "uplift": rate - random_rate,
        "interval": [uplifts[RESAMPLES // 40], uplifts[-RESAMPLES // 40]],
    }


def _rates(rows: Sequence[tuple[int, int, int]]) -> tuple[float, float]:
    """Bookings an offer, of what was recommended and of what was drawn."""
    offers = max(1, sum(one[0] for one in rows))
    return sum(one[1] for one in rows) / offers, sum(one[2] for one in rows) / offers
