"""A simulated shop: what it sells, who comes, what they look at, and what they buy of what they are shown.

Every draw is a hash of the seed and of what it is about: P buys the same thing on the same day whatever is offered to
the others.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

# fmt: off
GOODS = {
    "tea": ["lapsang", "assam", "sencha", "rooibos", "jasmine", "darjeeling"],
    "coffee": ["espresso", "mocha", "arabica", "robusta", "harrar", "bourbon"],
    "books": ["novel", "atlas", "memoir", "thriller", "poems", "essays"],
    "music": ["quartet", "opera", "ballads", "blues", "nocturnes", "marches"],
    "toys": ["kite", "blocks", "puzzle", "marbles", "robot", "puppet"],
    "garden": ["trowel", "seeds", "lantern", "hose", "bench", "shears"],
}
# fmt: on
STYLES = ("smoky", "gentle", "classic")
SEGMENTS = {"gourmets": "tea", "readers": "books", "families": "toys"}
"""What three in four of a segment like. Everybody likes another category too."""
X = "lapsang"
RARELY = -3.2
"""The logit of buying what is of no interest: four in a hundred do."""


class Product(NamedTuple):
    product: str
    title: str
    category: str
    price: float


class Customer(NamedTuple):
    """`likes` and `style` are what the shop never sees; `searches` is how likely they find what is not offered."""

    name: str
    segment: str
    budget: float
    likes: tuple[str, ...]
    style: str
    searches: float = 0.5


PRODUCTS = {
    name: Product(name, f"{STYLES[place % 3]} {name} {category}", category, 4.0 + 3 * place)
    for category, names in GOODS.items()
    for place, name in enumerate(names)
}
LIKE_X = tuple(name for name, one in PRODUCTS.items() if one.category == PRODUCTS[X].category)
NAMED = (
    Customer("P", "gourmets", 30.0, ("tea", "coffee"), "smoky", searches=0.9),
    Customer("Q", "gourmets", 30.0, ("toys", "music"), "classic"),
    Customer("R", "families", 30.0, ("tea",), "smoky", searches=0.9),
)
"""P has the taste of the segment. Q has not, nor has R, who knows how to search."""


class Shop:
    def __init__(self, url: str, folder: Path, seed: int) -> None:
        self._url, self._topic, self._seed = url, folder / ".argosy" / "events" / "clicks", seed

    def customers(self, count: int, prefix: str) -> list[Customer]:
        draw, found = random.Random(f"{self._seed}/{prefix}"), []
        for number in range(count):
            segment = draw.choice(list(SEGMENTS))
            first = SEGMENTS[segment] if draw.random() < 0.75 else draw.choice(list(GOODS))
            likes = (first, draw.choice([one for one in GOODS if one != first]))
            found.append(Customer(f"{prefix}{number}", segment, draw.uniform(8, 30), likes, draw.choice(STYLES)))
        return found

    def buys(self, who: Customer, product: str, day: int) -> bool:
        """Whether a customer who sees the product buys it."""
        return self._chance("buys", who.name, product, day) < willingness(who, PRODUCTS[product])

    def finds(self, who: Customer, product: str, day: int) -> bool:
        """Whether a customer to whom the product was not offered comes across it."""
        return self._chance("finds", who.name, product, day) < who.searches

    def purchases(self, who: Customer, offered: Sequence[str], day: int) -> list[str]:
        """What a customer buys: of what was offered, and of what they came across."""
        seen = [one for one in PRODUCTS if one in offered or self.finds(who, one, day)]
        return [product for product in seen if self.buys(who, product, day)]

    def some_products(self, who: Customer, count: int) -> list[str]:
        return random.Random(f"{self._seed}/some/{who.name}").sample(list(PRODUCTS), count)

    def look_around(self, customers: Iterable[Customer], views: int, at: float, day: int) -> int:
        """Each views some products, six in ten of a liked category; into the topic `clicks`. How many views."""
        draw, lines = random.Random(f"{self._seed}/views/{day}"), []
        for who in customers:
            for _ in range(views):
                category = draw.choice(who.likes) if draw.random() < 0.6 else draw.choice(list(GOODS))
                event = {"customer": who.name, "kind": "view", "category": category}
                lines.append(json.dumps({"at": _iso(at), "product": draw.choice(GOODS[category]), **event}))
        self._topic.mkdir(parents=True, exist_ok=True)
        with (self._topic / "0.jsonl").open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
        return len(lines)

    def open(self, customers: Sequence[Customer]) -> None:
        """Make the tables of the shop, in a database that has none of them."""
        known = [(one.name, one.segment, one.budget) for one in customers]
        self._write("CREATE TABLE customers (customer TEXT PRIMARY KEY, segment TEXT, budget DOUBLE PRECISION)")
        self._write("CREATE TABLE products (product TEXT PRIMARY KEY, title TEXT, category TEXT, price FLOAT)")
        self._write("CREATE TABLE bookings (customer TEXT, product TEXT, at DOUBLE PRECISION)")
        self._write("INSERT INTO customers VALUES (?, ?, ?)", known)
        self._write("INSERT INTO products VALUES (?, ?, ?, ?)", list(PRODUCTS.values()))

    def book(self, bookings: Sequence[tuple[str, str, float]]) -> None:
        """Rows of customer, product and time."""
        self._write("INSERT INTO bookings VALUES (?, ?, ?)", bookings)

    def _write(self, statement: str, rows: Sequence[Sequence[Any]] | None = None) -> None:
        with closing(self._connect()) as connection:
            cursor = connection.cursor()
            if rows is None:
                cursor.execute(statement)
            else:
                is_sqlite = self._url.startswith("sqlite:")
                cursor.executemany(statement if is_sqlite else statement.replace("?", "%s"), rows)
            connection.commit()

    def _connect(self) -> Any:
        if self._url.startswith("sqlite:///"):
            return sqlite3.connect(self._url.removeprefix("sqlite:///"))
        import psycopg

        return psycopg.connect(self._url)

    def _chance(self, *about: object) -> float:
        digest = hashlib.sha256(json.dumps([self._seed, *about]).encode()).digest()
        return int.from_bytes(digest[:7]) / 256**7


def willingness(who: Customer, product: Product) -> float:
    """How likely a customer who sees a product buys it: the truth that no model is told."""
    logit = RARELY + 4.5 * (product.category in who.likes) + 1.2 * product.title.startswith(who.style)
    return 1 / (1 + math.exp(-(logit - 1.0 * (product.price > who.budget))))


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
