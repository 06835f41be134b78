"""Support tickets by templates and a seed, wrong on purpose: `python tickets.py FILE`.

They are synthetic: short English sentences with slots, seven categories of which one is rare, and fields next to the
text. What somebody's own file suffers from is planted, and written next to it, so that a report can be held to it:
wrong labels, tickets that came in twice, and the same text under two labels.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHARES = {
    "delivery": 0.32,
    "refund": 0.22,
    "account": 0.17,
    "technical": 0.13,
    "subscription": 0.09,
    "praise": 0.06,
    "privacy": 0.01,
}
"""How often each category comes up."""

# fmt: off
LINES = {
    "delivery": [
        "my parcel with the {product} has not arrived", "the courier left the {product} at the wrong door",
        "tracking for order {number} has not moved since {day}", "only half of order {number} was in the box",
        "the {product} was shipped to my old address", "when will the {product} be delivered",
        "the box was open and the {product} is missing", "the driver said nobody was home on {day}",
    ],
    "refund": [
        "please send the money for order {number} back", "i returned the {product} and was not paid back",
        "my card was charged twice for the {product}", "the invoice for {number} has the wrong amount",
        "i cancelled on {day} and still paid for the {product}", "the voucher was not taken off the price",
        "i want my money back for the broken {product}", "the refund of {number} is too low",
    ],
    "account": [
        "i cannot log in since {day}", "the password reset mail never comes", "please change the e-mail of my account",
        "my account is locked after three tries", "the code for signing in does not arrive",
        "there are two profiles with my name", "somebody else's orders are in my profile",
        "how do i change my phone number",
    ],
    "technical": [
        "the {product} does not turn on any more", "the app closes when i open order {number}",
        "the {product} shows error {number}", "after the update of {day} the {product} is slow",
        "the {product} does not connect to the wifi", "the battery of the {product} lasts an hour",
        "the screen of my {product} flickers", "pairing the {product} fails each time",
    ],
    "subscription": [
        "please end my plan on {day}", "i want to move from the monthly to the yearly plan",
        "the trial turned into a paid plan", "can two people share one plan", "my plan was renewed without asking",
        "what does the family plan cost", "pause my plan until {day}", "the student price is not on my plan",
    ],
    "praise": [
        "thank you for the quick answer about {number}", "the {product} is wonderful", "great service on {day}",
        "your colleague was very kind", "best {product} that i ever had", "well done with the new app",
    ],
    "privacy": [
        "please delete everything that you know about me", "which data do you keep of me",
        "i do not agree to my data being passed on", "send me a copy of my personal data",
    ],
}
CHATTER = [
    "hello", "good morning", "i have been a customer for years", "order {number}", "i bought the {product} on {day}",
    "please answer soon", "this is the second time i write", "i hope you can help", "thanks", "kind regards",
    "it is about my {product}", "my account is in my partner's name", "i paid by card", "the parcel came on {day}",
    "i use the app", "i am on the yearly plan",
]
VAGUE = ["a question", "help please", "order {number}", "my {product}", "urgent", "it happened again", "complaint"]
"""What people write into the subject line when they are in a hurry."""
PRODUCTS = ["headphones", "kettle", "desk lamp", "router", "watch", "speaker", "scale", "tablet"]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DRONES = [
    "the drone does not lift off", "a propeller of the drone is broken", "the drone's camera shows nothing",
    "the drone lost the signal of its remote", "the drone drifts to the left", "the drone's gimbal shakes",
]
# fmt: on
BEGINNING = 1_767_225_600  # 2026-01-01


@dataclass(frozen=True)
class Ticket:
    """A row, the category that is right for it, and what was done to it: nothing, wrong, twice or contradicted."""

    row: dict[str, Any]
    truth: str
    planted: str = ""


def tickets(count: int, seed: int = 1, wrong: float = 0.05) -> list[Ticket]:
    """This many tickets; `wrong` is the share of labels that are not right."""
    draw = random.Random(seed)
    rows = [_ticket(draw, number, category) for number, category in enumerate(_categories(draw, count))]
    spoilt = set(draw.sample(range(count), round(wrong * count)))
    rows = [_mislabelled(draw, one) if at in spoilt else one for at, one in enumerate(rows)]
    for at in draw.sample([at for at in range(count) if at not in spoilt], count // 50):
        copied = draw.choice([one for one in rows if not one.planted])
        row = {**copied.row, "id": rows[at].row["id"], "created_at": rows[at].row["created_at"]}
        contradicts = draw.random() < 0.5
        row["category"] = _other(draw, copied.truth) if contradicts else copied.truth
        rows[at] = Ticket(row, copied.truth, "contradicted" if contradicts else "twice")
    return rows


def drones(count: int, seed: int = 2) -> list[dict[str, Any]]:
    """Tickets about a product that no ticket was about before: they are technical, and live."""
    draw = random.Random(seed)
    found = []
    for number in range(count):
        row = _ticket(draw, 100_000 + number, "technical").row
        lines = [draw.choice(DRONES), *_chatter(draw, 2)]
        found.append({**row, "subject": lines[0], "body": ". ".join(lines), "product": "drone"})
    return found


def write(path: Path, rows: list[Ticket]) -> None:
    """The file that a team would have, and next to it the truth, which a team would not."""
    path.write_text("".join(json.dumps(one.row) + "\n" for one in rows), "utf-8")
    truth = [{"id": one.row["id"], "truth": one.truth, "planted": one.planted} for one in rows]
    path.with_suffix(".truth.jsonl").write_text("".join(json.dumps(one) + "\n" for one in truth), "utf-8")


def _categories(draw: random.Random, count: int) -> Iterator[str]:
    yield from draw.choices(list(SHARES), list(SHARES.values()), k=count)


def _ticket(draw: random.Random, number: int, category: str) -> Ticket:
    product = draw.choice(PRODUCTS)
    subject = _filled(draw, draw.choice(VAGUE if draw.random() < 0.6 else LINES[category]), product)
    about = draw.choice(LINES[category])
    before, after = _chatter(draw, draw.randint(0, 3)), _chatter(draw, draw.randint(1, 4))
    if draw.random() < 0.3:  # something else comes up too
        after.append(draw.choice(LINES[_other(draw, category)]))
    return Ticket(
        {
            "id": f"T{number:06d}",
            "subject": subject,
            "body": ". ".join(_filled(draw, line, product) for line in (*before, about, *after)),
            "product": product,
            "priority": draw.choices([1, 2, 3], [1, 3, 6] if category != "privacy" else [6, 3, 1])[0],
            "created_at": BEGINNING + number * 900,
            "customer": f"C{draw.randrange(1500):04d}",
            "category": category,
        },
        category,
    )


def _chatter(draw: random.Random, lines: int) -> list[str]:
    return draw.sample(CHATTER, lines)


def _filled(draw: random.Random, line: str, product: str) -> str:
    return line.format(product=product, number=draw.randrange(1000, 10_000), day=draw.choice(DAYS))


def _mislabelled(draw: random.Random, ticket: Ticket) -> Ticket:
    return Ticket({**ticket.row, "category": _other(draw, ticket.truth)}, ticket.truth, "wrong")


def _other(draw: random.Random, category: str) -> str:
    """Another one, the frequent ones more often: people err towards what they see most."""
    others = {name: share for name, share in SHARES.items() if name != category}
    return draw.choices(list(others), list(others.values()))[0]


if __name__ == "__main__":
    write(Path(sys.argv[1]), tickets(3000))
