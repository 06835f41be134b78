"""Offers that learn from bookings: a shop asks what to offer to whom, and its booking database is all that it says.

`python offers.py` makes a project in `tea_shop/`, prints what each step comes to, and writes the figures to
`tea_shop/figures.json`. The database is SQLite, or what the variable ARGOSY_DATABASE_SHOP names.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import figures
from running import AT_ONCE, Answers, Running, wait_until
from shop import GOODS, LIKE_X, NAMED, PRODUCTS, Customer, Shop, X

import argosy

HERE = Path(__file__).parent
OFFERED_LAST_YEAR = 15
VIEWS = 15
DAY_SECONDS = 4.0
"""`within` of the service: what is booked within a day belongs to its offers."""
MOST_DAYS = 4
Pairs = set[tuple[str, str]]
"""Of a customer and a product."""


class Crowd(NamedTuple):
    live: Sequence[Customer]
    """Those who come: P, Q, R and others."""
    held_out: Sequence[Customer]
    """Those who are asked about at the end alone, and of whom no booking is known."""
    panel: Sequence[Customer]
    """Those of last year."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=Path("tea_shop"), help="Where the project goes.")
    parser.add_argument("--customers", type=int, default=200, help="How many come each day, P, Q and R among them.")
    parser.add_argument("--seed", type=int, default=1, help="Of the customers and of all that they do.")
    options = parser.parse_args()
    started, folder = time.monotonic(), options.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    shop = Shop(os.environ.get("ARGOSY_DATABASE_SHOP") or f"sqlite:///{folder / 'shop.db'}", folder, options.seed)
    count = options.customers
    crowd = Crowd(
        [*NAMED, *shop.customers(count - len(NAMED), "c")],
        shop.customers(max(60, count // 2), "h"),
        shop.customers(count, "y"),
    )

    step("A shop opens")
    make_project(folder, shop, crowd)
    first = learn_from_last_year(folder, shop, crowd.panel)
    with Running(folder) as running:
        found = days(shop, running, crowd)
        step("What recommending is worth, from the decisions that were made by chance: argosy service value offers")
        say(running.value())
        found["held_out"] = measure(shop, running, crowd.held_out, [first, found["version"]], options.seed)
    (folder / "figures.json").write_text(json.dumps(found, indent=1), "utf-8")
    say(f"\nDone in {time.monotonic() - started:.0f} s. The project is in {folder.name}, the figures in figures.json.")


def make_project(folder: Path, shop: Shop, crowd: Crowd) -> None:
    """The folder `project`, with a database, and a retraining as soon as a day's outcomes are there."""
    with argosy.open(folder, create=True):
        pass
    shutil.copytree(HERE / "project", folder, dirs_exist_ok=True)
    settings = folder / "argosy.yaml"
    answers = len(crowd.live) * len(PRODUCTS)
    settings.write_text(settings.read_text("utf-8").replace("corrections: 1000", f"corrections: {answers}"), "utf-8")
    shop.open([*crowd.live, *crowd.held_out])
    say(f"{len(crowd.live)} customers, P, Q and R among them; {len(PRODUCTS)} products, {len(LIKE_X)} of them teas.")


def learn_from_last_year(folder: Path, shop: Shop, panel: Sequence[Customer]) -> int:
    """Version 1: of other customers, some products offered to each by chance. Nobody's clicks were recorded then."""
    prepare = runpy.run_path(str(folder / "tastes.py"))["prepare"]
    unknown: dict[str, Any] = dict.fromkeys(["views", *(f"{category}_views" for category in GOODS)])
    rows, labels = list[dict[str, Any]](), list[str]()
    for who in panel:
        for product in shop.some_products(who, OFFERED_LAST_YEAR):
            known = {"customer": who.name, "segment": who.segment, "budget": who.budget}
            rows.append({**known, **unknown, **PRODUCTS[product]._asdict()})
            labels.append("bought" if shop.buys(who, product, day=0) else "not_bought")
    with argosy.open(folder) as project:
        added = project.examples.add(list(zip(prepare(rows), labels, strict=True))).added
        project.plans.train(folder / "plan.yaml")
        version = project.models.promote("offers@best", reason="learned from last year")
    bought = labels.count("bought")
    say(f"{added:,} offers of last year to {len(panel)} others, {bought:,} bought: {version.reference}.")
    return version.number


def days(shop: Shop, running: Running, crowd: Crowd) -> dict[str, Any]:
    """Days pass, until Argosy has put another version in the place of the first."""
    first, days = running.champion(), list[dict[str, Any]]()
    before: Answers = {}
    while running.champion() == first:
        if len(days) == MOST_DAYS:
            raise SystemExit(f"after {MOST_DAYS} days no version was better: see {running.log}")
        step(f"Day {len(days) + 1}: offers by version {first}, and what is booked")
        answers, booked = one_day(shop, running, crowd.live, len(days) + 1)
        before = before or answers
        days.append({"by_chance": figures.by_chance(answers, booked), "booked": named_pairs(booked)})
        wait_for_the_gate(running, len(days))
    version = running.champion()
    step(f"The next morning: version {version} answers")
    running.wait_for_version(version)
    after = shown_to(shop, running, crowd.live, len(days) + 1)[0]
    tables = figures.of_named(before), figures.of_named(after)
    for who in NAMED:
        for when, table in zip(("before", "after"), tables, strict=True):
            row = table[who.name]
            scores = f"{X} {row['x']:.2f}, other teas {row['others_like_x']:.2f}"
            say(f"  {who.name} {when:<7}{scores}: {in_words(row['offers'])}")
    return {"version": version, "days": days, "before": tables[0], "after": tables[1]}


def one_day(shop: Shop, running: Running, customers: Sequence[Customer], day: int) -> tuple[Answers, Pairs]:
    """Everybody looks around and is offered something; what they buy goes into the booking database, no more."""
    answers, booked = shown_to(shop, running, customers, day, is_booked=True)
    found = figures.by_chance(answers, booked)
    for name, row in found.items():
        share = row["bookings"] / max(1, row["offers"])
        say(f"{row['offers']:,} offers by {name}, {row['bookings']:,} of them booked ({share:.0%}).")
    searched = sum(answers[pair]["decision"] != "recommend" for pair in booked)
    say(f"{searched:,} bookings by searching.")
    for who in NAMED:
        answer = answers[who.name, X]
        is_offered = answer["decision"] == "recommend"
        way = "was offered it" if is_offered else "was not offered it"
        why = "" if figures.own_decision(answer) == is_offered else " (by chance)"
        say(f"{X}: {who.name} {way}{why}, and {'bought it' if (who.name, X) in booked else 'did not buy it'}.")
    time.sleep(DAY_SECONDS)
    shop.book([("guest", X, time.time())])  # somebody books after closing time: the source was read past the day
    return answers, booked


def shown_to(
    shop: Shop, running: Running, customers: Sequence[Customer], day: int, *, is_booked: bool = False
) -> tuple[Answers, Pairs]:
    """What is offered to them after they have looked around, and what they buy."""
    shop.look_around(customers, VIEWS, time.time(), day)
    running.wait_for_views()
    answers: Answers = {}
    booked: Pairs = set()
    for at in range(0, len(customers), AT_ONCE):
        some = customers[at : at + AT_ONCE]
        offered = running.ask(some)
        now, new = time.time(), set()
        for who in some:
            new |= {(who.name, product) for product in shop.purchases(who, offered_to(offered, who), day)}
        if is_booked:
            shop.book([(*one, now) for one in sorted(new)])
        answers |= offered
        booked |= new
    return answers, booked


def offered_to(answers: Answers, who: Customer) -> list[str]:
    return [product for product in PRODUCTS if answers[who.name, product]["decision"] == "recommend"]


def wait_for_the_gate(running: Running, count: int) -> None:
    """Outcomes are joined, a challenger is trained and judged; nobody asks for it."""
    wait_until(lambda: len(running.verdicts()) >= count, "the gate")
    found = running.outcomes()
    say(f"Outcomes: {found['joined']:,} bookings of what the service had decided about, offered or not,")
    say(f"{found['unmatched']:,} of what nobody had asked about, {found['otherwise']:,} answers with no booking.")
    judged = running.verdicts()[0]
    ending = "replaces" if judged["promoted"] else "does not replace"
    say(f"Version {judged['challenger']} {ending} {judged['champion']}, {judged['verdict']['reason']}.")


def in_words(offers: Sequence[str]) -> str:
    """The best first, by category."""
    by_category: dict[str, list[str]] = {}
    for product in offers:
        by_category.setdefault(PRODUCTS[product].category, []).append(product)
    return ", ".join(f"{category} ({', '.join(some)})" for category, some in by_category.items()) or "nothing"


def measure(
    shop: Shop, running: Running, customers: Sequence[Customer], versions: Sequence[int], seed: int
) -> dict[int, dict[str, Any]]:
    """What both versions offer to customers of whom nothing was learned, and what these would book of it."""
    step(f"Uplift: {len(customers)} customers of whom no booking is known")
    day = MOST_DAYS + 2
    shop.look_around(customers, VIEWS, time.time(), day)
    running.wait_for_views()
    found = {}
    for version in versions:
        answers: Answers = {}
        for at in range(0, len(customers), AT_ONCE):
            answers |= running.ask(customers[at : at + AT_ONCE], f"offers@{version}")
        found[version] = row = figures.uplift(
            answers, customers, lambda who, product: shop.buys(who, product, day), seed
        )
        low, high = row["interval"]
        say(
            f"version {version}: {row['bookings']} of {row['offers']} offers booked, {row['rate']:.0%}; "
            f"of random ones {row['random_rate']:.0%}: uplift {row['uplift']:+.0%} ({low:+.0%} … {high:+.0%})"
        )
    return found


def named_pairs(booked: Pairs) -> list[tuple[str, str]]:
    return sorted(one for one in booked if one[0] in {who.name for who in NAMED})


def step(title: str) -> None:
    say(f"\n{title}")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
