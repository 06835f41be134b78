"""The project that `benchmarks.services` serves: a shop with users, products and clicks, and the service `offers`."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.server_process import ROOT

USERS, PRODUCTS, EXAMPLES, CLICKS, BODIES = 10_000, 2_000, 4_000, 20_000, 2_000
SORTS: Final = ("tea", "book", "toy", "tool", "coat")
SERVICE: Final = """\
service: offers
accepts: {user: category, product: category, price: number}
features:
  history: {table: users, key: user, columns: [age_days, bought_total, likes]}
  goods: {table: products, key: product, columns: [sort, margin]}
  clicks: {stream: clicks, key: user, where: "kind = 'view'", aggregate: {views: count, spent: sum(price)}, window: 1h}
model: offers@champion
positive: bought
decide:
  - mix: {score: "0.8*probability + 0.2*margin"}
  - threshold: {at: 0.5, yes: recommend, no: pass}
"""
PLAN: Final = """\
name: offers
dataset: {name: all, options: {training_ratio: 0.7, seed: 1}}
adapter: {name: numeric}
model: {name: logistic}
"""


@dataclass(frozen=True)
class ServiceProject:
    """`asked` are bodies for the service, `whole` the same rows complete, for the route of TensorFlow."""

    folder: Path
    asked: Path
    whole: Path
    examples: Path
    """What the model learned from, one JSON object a line."""


def argosy(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a command of the project to its end."""
    given = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **(environment or {})}
    subprocess.run(
        [sys.executable, "-m", "argosy", *arguments], cwd=folder, env=given, check=True, stdout=subprocess.DEVNULL
    )


def prepare_services(folder: Path) -> ServiceProject:
    """Made anew, with a trained model, and files of what its cache is to hold."""
    draw = random.Random(7)
    argosy(folder, "init", "shop")
    shop = folder / "shop"
    users = {
        f"u{n}": {"age_days": draw.randrange(1, 900), "bought_total": draw.randrange(20), "likes": draw.choice(SORTS)}
        for n in range(USERS)
    }
    products = {f"p{n}": {"sort": draw.choice(SORTS), "margin": round(draw.random(), 2)} for n in range(PRODUCTS)}
    _write_table(shop / "users.jsonl", "user", users)
    _write_table(shop / "products.jsonl", "product", products)
    rows = list(_rows(draw, users, products))
    examples = shop / "examples.jsonl"
    examples.write_text("".join(json.dumps(_example(draw, row)) + "\n" for row in rows[:EXAMPLES]))
    (shop / "plan.yaml").write_text(PLAN)
    (shop / "services").mkdir()
    (shop / "services" / "offers.yaml").write_text(SERVICE)
    _write_clicks(shop / ".argosy" / "events" / "clicks", draw)
    argosy(shop, "examples", "import", "examples.jsonl")
    argosy(shop, "train", "plan.yaml", "--processes", "1")
    argosy(shop, "models", "promote", "offers@1")
    asked, whole = shop / "asked.jsonl", shop / "whole.jsonl"
    questions = rows[EXAMPLES:]
    sent = ("user", "product", "price")
    asked.write_text("".join(json.dumps({"inputs": [{name: row[name] for name in sent}]}) + "\n" for row in questions))
    whole.write_text("".join(json.dumps(_instance(row)) + "\n" for row in questions))
    return ServiceProject(shop, asked, whole, examples)


def _write_table(path: Path, key: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps({key: name, **row}) + "\n" for name, row in rows.items()))


def _rows(draw: random.Random, users: Mapping[str, Any], products: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for _ in range(EXAMPLES + BODIES):
        user, product = draw.choice(list(users)), draw.choice(list(products))
        made = {"user": user, "product": product, "price": draw.randrange(1, 60), **users[user], **products[product]}
        yield {**made, "views": draw.randrange(4), "spent": draw.randrange(100)}


def _example(draw: random.Random, row: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in row.items() if name not in ("user", "product")}
    score = 2.5 * (row["likes"] == row["sort"]) + 0.1 * row["bought_total"] - 0.06 * row["price"] + draw.gauss(0, 0.7)
    return {"input": given, "label": "bought" if score > 0 else "not_bought"}


def _instance(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"instances": [{name: value for name, value in row.items() if name not in ("user", "product")}]}


def _write_clicks(topic: Path, draw: random.Random) -> None:
    """The last half hour's."""
    topic.mkdir(parents=True)
    now = time.time()
    events = (
        {
            "user": f"u{draw.randrange(USERS)}",
            "kind": draw.choice(("view", "buy")),
            "price": draw.randrange(60),
            "at": now - 1800 * (1 - n / CLICKS),
        }
        for n in range(CLICKS)
    )
    (topic / "0.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
