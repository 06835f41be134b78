"""A day on the embedded backends, and on PostgreSQL, Kafka, Redis and S3: the same decisions, the same outcomes."""

import json
import random
import sqlite3
import time
from contextlib import closing

import pytest

from argosy.app.backends import event_log

SERVICE = """\
service: offers
accepts: {customer: category, product: category, price: number}
features:
  person: {table: people, key: customer, columns: [likes, bought_total], default: {bought_total: 0}}
  goods: {table: products, key: product, columns: [sort, margin]}
  clicks:
    stream: clicks
    key: customer
    where: "kind = 'view'"
    aggregate: {views: count, spent: sum(price)}
    window: 1d
model: offers@champion
positive: bought
decide:
  - correct: {bias: measured}
  - mix: {score: "0.8*score + 0.1*coalesce(margin, 0) + 0.01*min(views, 10)"}
  - threshold: {at: 0.4, yes: recommend, no: pass, unsure: {below: 0.45, say: review}}
  - top: {k: 2, within: candidates}
outcomes:
  bought:
    query: "SELECT customer, product, at FROM bookings WHERE at > :since"
    database: bookings
    entity: [customer, product]
    within: 7d
    otherwise: not_bought
"""
PLAN = "name: offers\ndataset: {name: all, options: {training_ratio: 0.6}}\nadapter: {name: numeric}\nmodel: logistic\n"
SORTS = ("tea", "book", "toy")
PEOPLE = {f"c{n}": {"likes": SORTS[n % 3], "bought_total": n % 5} for n in range(12)}
PRODUCTS = {f"p{n}": {"sort": SORTS[n % 3], "margin": n / 10} for n in range(9)}


@pytest.fixture(scope="module")
def version(make_project):
    """The file of a trained version: a project of its own would split its rows otherwise."""
    draw, shell = random.Random(2), make_project(PLAN)
    rows = []
    for _ in range(300):
        person, product = draw.choice(list(PEOPLE.values())), draw.choice(list(PRODUCTS.values()))
        given = {**person, **product, "price": draw.randrange(40), "views": draw.randrange(9), "spent": 0}
        bought = person["likes"] == product["sort"] and given["price"] < 30
        rows.append(json.dumps({"input": given, "label": "bought" if bought else "not_bought"}))
    shell.write("examples.jsonl", "\n".join(rows))
    shell("examples", "import", "examples.jsonl")
    shell("train", "plan.yaml", "--processes", 1)
    shell("models", "export", "offers@1", "offers.argosy")
    return shell.folder / "offers.argosy"


def decisions_of_a_day(shell, version, bookings, moment):
    """Every answer, and what outcomes then taught, by whom they are about."""
    shell.write("argosy.yaml", f"name: shop\ndatabases: {{bookings: '{bookings}'}}\n")
    (shell.folder / "services").mkdir()
    shell.write("services/offers.yaml", SERVICE)
    shell.write("people.jsonl", "\n".join(json.dumps({"customer": name, **row}) for name, row in PEOPLE.items()))
    shell.write("products.jsonl", "\n".join(json.dumps({"product": name, **row}) for name, row in PRODUCTS.items()))
    shell("models", "import", version, "--as", "offers")
    shell("models", "promote", "offers@1")
    shell("features", "put", "people", "people.jsonl", "--key", "customer")
    shell("features", "put", "products", "products.jsonl", "--key", "product")
    record_clicks(shell, moment)
    shell("features", "run", "--until-idle")
    process, client = shell.serve("serve")
    answers = []
    for question in questions():
        answer = client.post("/services/offers", json=question)
        assert answer.status_code == 200, answer.text
        for one in answer.json()["results"]:
            del one["prediction_id"]
            answers.append(one)
    shell.end(process)
    shell("outcomes", "run", "--until-idle")
    [state] = shell.json("outcomes", "status")
    shell("examples", "export", "--output", "learned.jsonl")
    lines = (shell.folder / "learned.jsonl").read_text("utf-8").splitlines()
    unasked = sorted(json.dumps(json.loads(line)["text"], sort_keys=True) for line in lines)
    return (
        answers,
        unasked,
        {name: state[name] for name in ("taken", "matched", "unmatched", "joined", "otherwise", "poison")},
    )


def record_clicks(shell, moment):
    """The same events in every log, some late by a little, in any order across customers."""
    draw = random.Random(4)
    url = shell.environment.get("ARGOSY_LOG", "file:.argosy/events")
    with closing(event_log(url, shell.folder)) as log:
        log.create("clicks", 3)
        for number in range(600):
            event = {
                "customer": draw.choice([*PEOPLE, "stranger"]),
                "kind": draw.choice(["view", "view", "order"]),
                "price": draw.choice([1, 2.5, None]),
                "at": moment - 3600 + number * 5 + draw.uniform(-20, 20),
            }
            log.append("clicks", [(event["customer"], json.dumps(event).encode())])


def questions():
    draw = random.Random(6)
    for _ in range(40):
        chosen = draw.sample(list(PRODUCTS), 3)
        candidates = [{"product": name, "price": draw.randrange(40)} for name in chosen]
        yield {"inputs": [{"customer": draw.choice([*PEOPLE, "stranger"]), "candidates": candidates}]}


def bookings_after(moment):
    """Who booked what, some of it twice, some of it never offered."""
    draw = random.Random(8)
    rows = [(draw.choice([*PEOPLE, "stranger"]), draw.choice(list(PRODUCTS)), moment + 600 + n) for n in range(60)]
    return rows + rows[:5]


TABLE = "CREATE TABLE bookings (customer TEXT, product TEXT, at DOUBLE PRECISION)"


def test_both_columns_decide_and_learn_the_same(request, make_project, version, monkeypatch, tmp_path):
    moment = time.time()
    with closing(sqlite3.connect(tmp_path / "bookings.db")) as own, own:
        own.execute(TABLE)
        own.executemany("INSERT INTO bookings VALUES (?, ?, ?)", bookings_after(moment))
    embedded = decisions_of_a_day(make_project(PLAN), version, f"sqlite:///{tmp_path}/bookings.db", moment)

    shop, theirs = request.getfixturevalue("migrated_postgresql_url"), request.getfixturevalue("postgresql_url")
    import psycopg

    with psycopg.connect(theirs) as connection:
        connection.execute(TABLE)
        connection.cursor().executemany("INSERT INTO bookings VALUES (%s, %s, %s)", bookings_after(moment))
    monkeypatch.setenv("ARGOSY_DATABASE", shop)
    monkeypatch.setenv("ARGOSY_CACHE", request.getfixturevalue("redis_url"))
    monkeypatch.setenv("ARGOSY_LOG", request.getfixturevalue("kafka_url"))
    monkeypatch.setenv("ARGOSY_ARTIFACTS", request.getfixturevalue("bucket").url)
    production = decisions_of_a_day(make_project(PLAN), version, theirs, moment)

    assert production == embedded
    answers, unasked, outcomes = embedded
    assert 10 < len(unasked) <= outcomes["unmatched"]  # the same input twice is one example
    known = [json.loads(one) for one in unasked if "stranger" not in one]
    assert all(one["sort"] in SORTS and one["likes"] in SORTS and one["views"] > 0 for one in known)
    assert {one["decision"] for one in answers} >= {"recommend", "pass"}
    assert len(answers) == 120
    assert outcomes["taken"] == 60
    assert outcomes["matched"] > 0 < outcomes["unmatched"]
