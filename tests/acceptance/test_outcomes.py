"""A service learns by itself from what then happens in the database of a shop."""

import json
import random
import time

import pytest

from stored.bookings import Bookings

PLAN = """\
name: offers
dataset: {name: all, options: {training_ratio: 0.6, seed: 1}}
adapter: {name: numeric}
model: {name: logistic}
"""
SERVICE = """\
service: offers
accepts: {customer: category, product: category, price: number}
model: offers@champion
positive: bought
decide:
  - threshold: {at: 0.5, yes: recommend, no: pass}
outcomes:
  bought:
    query: "SELECT customer, product, price, at FROM bookings WHERE at > :since"
    database: bookings
    entity: [customer, product]
    within: 2s
    otherwise: not_bought
    every: 1s
"""
SETTINGS = """\
name: offers
databases: {bookings: "sqlite:///shop.db"}
retrain: {corrections: 100}
gate: {minimum_rows: 20, confidence: 0.9, cooldown_seconds: 0}
"""
CUSTOMERS = [f"c{number}" for number in range(60)]


def examples():
    """Tea is bought at any price; of kites only dear ones were offered, and nobody bought them."""
    draw = random.Random(7)
    for number in range(400):
        product = "kite" if number % 4 == 0 else "tea"
        label = "bought" if product == "tea" else "not_bought"
        price = 9 if product == "kite" else draw.randrange(1, 10)
        given = {"customer": draw.choice(CUSTOMERS), "product": product, "price": price}
        yield json.dumps({"input": given, "label": label})


@pytest.fixture(scope="module")
def shop(make_project):
    shell = _with_service(make_project)
    shell.write("examples.jsonl", "\n".join(examples()) + "\n")
    shell.write("plan.yaml", PLAN)
    shell("examples", "import", "examples.jsonl")
    shell("train", "plan.yaml")
    shell("models", "promote", "offers@1")
    return shell


def _with_service(make_project):
    shell = make_project("")
    shell.write("argosy.yaml", SETTINGS)
    (shell.folder / "services").mkdir()
    shell.write("services/offers.yaml", SERVICE)
    return shell


def test_the_loop_closes_by_itself(shop, until):
    bookings = Bookings(f"sqlite:///{shop.folder}/shop.db")
    _, client = shop.serve("up", "--workers", "1")

    def ask(product):
        rows = [{"customer": customer, "product": product, "price": 5} for customer in CUSTOMERS]
        return client.post("/services/offers", json={"inputs": rows}).json()

    before = ask("kite")
    assert {one["decision"] for one in before["results"]} == {"pass"}
    ask("tea")
    now = time.time()
    bookings.book(*((customer, "kite", now) for customer in CUSTOMERS), ("new", "kite", now), (None, "kite", now))
    bookings.book(*((customer, "tea", now + 0.5) for customer in CUSTOMERS[:50]))
    bookings.book(("late", "tea", now + 3))
    until(lambda: shop.json("outcomes", "status")[0]["otherwise"] == 10)
    [status] = shop.json("outcomes", "status")
    counts = {name: status[name] for name in ("taken", "matched", "unmatched", "joined", "poison", "problem")}
    assert counts == {
        "taken": 112,
        "matched": 110,
        "unmatched": 2,
        "joined": 110,
        "poison": {"no entity": 1},
        "problem": "",
    }
    until(lambda: shop.json("models", "show", "offers@champion")["number"] > 1)
    after = ask("kite")
    assert {one["decision"] for one in after["results"]} == {"recommend"}
    said = {
        (row["label"], row["source"], row["kind"]) for row in shop.json("feedback", "list", "offers", "--rows", 500)
    }
    assert said == {(label, "outcome:offers.bought", "outcome") for label in ("bought", "not_bought")}
    sources = shop.json("examples", "count")
    assert "unasked:offers.bought" in str(sources)


def test_what_is_wrong_is_one_line(make_project):
    shop = _with_service(make_project)
    Bookings(f"sqlite:///{shop.folder}/shop.db")
    shop.write("services/offers.yaml", SERVICE.replace("FROM bookings", "FROM sales"))
    ran = shop.run("outcomes", "run", "--until-idle")
    assert ran.code == 1
    assert "no such table: sales" in ran.err
    assert "trying again" not in ran.err
    ran = shop.run("outcomes", "status")
    assert ran.code == 1
    assert "no such table: sales" in ran.out
    shop.write("services/offers.yaml", SERVICE.replace("database: bookings", "database: booking"))
    assert shop.run("outcomes", "run", "--until-idle").code == 1
    assert "no database is called 'booking' (did you mean 'bookings'?)" in shop.run("outcomes", "status").out


@pytest.mark.parametrize("command", [["analyse"], ["outcomes", "run"], ["worker", "--in-process"]])
def test_outcomes_are_read_by_each_process_that_stands(make_project, until, command):
    shell = _with_service(make_project)
    bookings = Bookings(f"sqlite:///{shell.folder}/shop.db")
    assert shell.json("outcomes", "status")[0]["taken"] == 0
    process = shell.start(*command)
    for number in range(2):
        bookings.book(("ana", "tea", time.time()))
        until(lambda wanted=number + 1: shell.json("outcomes", "status")[0]["taken"] == wanted)
    assert shell.json("outcomes", "status")[0]["waiting"] == 2
    assert "2 rows wait to become examples: the model has no champion yet" in shell("outcomes", "status")
    assert shell.end(process) == 0
