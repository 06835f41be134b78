"""Streams of events as columns: the same from a folder and a database, and from Kafka and Redis."""

import json
import random
import signal
import time
from contextlib import closing

import pytest

from argosy.app.backends import event_log

SERVICE = """\
service: offers
accepts: {user: category, price: number}
features:
  clicks:
    stream: clicks
    key: user
    where: "kind = 'view'"
    aggregate: {views: count, spent: sum(price), dearest: max(price), newest: last(price)}
    window: 1d
model: offers@champion
"""
USERS_TABLE = """\
  person: {table: users, key: user, columns: [age], default: {age: 30}}
"""
NONE = {"views": 0, "spent": 0.0, "dearest": None, "newest": None}
USERS = ("ana", "bo", "cy", "Ünal 日本")


@pytest.fixture(params=["folder and database", "Kafka and Redis"])
def shell(request, make_project, monkeypatch):
    if request.param != "folder and database":
        monkeypatch.setenv("ARGOSY_CACHE", request.getfixturevalue("redis_url"))
        monkeypatch.setenv("ARGOSY_LOG", request.getfixturevalue("kafka_url"))
    shell = make_project("")
    (shell.folder / "services").mkdir()
    shell.write("services/offers.yaml", SERVICE)
    return shell


@pytest.fixture
def log(shell):
    with closing(event_log(shell.environment.get("ARGOSY_LOG", "file:.argosy/events"), shell.folder)) as log:
        yield log


def rows(count, now):
    draw = random.Random(3)
    for number in range(count):
        kind = "view" if draw.random() < 0.8 else "order"
        price = draw.choice([None, 2, 0.5, 7])
        yield {"user": draw.choice(USERS), "kind": kind, "price": price, "at": now - 30 + number * 0.01}


def append(log, some):
    log.append("clicks", [(row["user"], json.dumps(row).encode()) for row in some])


def wanted(some, user):
    own = [row for row in some if row["user"] == user and row["kind"] == "view"]
    prices = [row["price"] for row in own if row["price"] is not None]
    return {"views": len(own), "spent": sum(prices), "dearest": max(prices), "newest": prices[-1]}


def test_columns_are_those_of_all_events_and_go_on_where_they_were(shell, log, until):
    log.create("clicks", 3)
    now = time.time()
    some = list(rows(600, now))
    append(log, some[:400])
    ran = shell.run("features", "show", "clicks", "ana")
    assert (ran.code, ran.err) == (1, "'clicks' was not counted yet: argosy features run\n")
    said = shell.mistake("features", "show", "click", "ana")
    assert "no table and no stream is called 'click' (did you mean 'clicks'?); there are: offers.clicks" in said
    log.append("clicks", [("", b"no JSON"), ("", json.dumps({"kind": "view", "at": now + 3600, "user": "a"}).encode())])
    shell("features", "run", "--until-idle")
    assert {user: shell.json("features", "show", "clicks", user) for user in USERS} == {
        user: wanted(some[:400], user) for user in USERS
    }
    running = shell.start("features", "run")
    append(log, some[400:])
    until(lambda: shell.json("features", "show", "offers.clicks", "ana") == wanted(some, "ana"))
    until(lambda: not any(one["behind"] for one in shell.json("features", "status")))
    status = shell.json("features", "status")
    assert [one["partition"] for one in status] == [0, 1, 2]
    assert sum(one["events"] for one in status) == 602
    assert sum(one["ahead"] for one in status) == 1
    assert sum(one["poison"].get("no JSON object", 0) for one in status) == 1
    assert all(one["runner"] and one["age"] < 60 for one in status)
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 0
    assert all(one["runner"] == "" for one in shell.json("features", "status"))
    assert "no JSON object: 1" in shell("features", "status")
    assert "spent" in shell("features", "show", "clicks", "bo")
    assert shell.json("features", "show", "clicks", "nobody") == NONE


def test_all_is_counted_anew_as_it_was(shell, log):
    log.create("clicks", 2)
    some = list(rows(300, time.time()))
    append(log, some)
    shell("features", "run", "--until-idle")
    assert shell("features", "backfill", "clicks") == "offers.clicks: 300 events counted anew.\n"
    assert {user: shell.json("features", "show", "clicks", user) for user in USERS} == {
        user: wanted(some, user) for user in USERS
    }
    shell("features", "backfill")
    assert shell.json("features", "show", "clicks", "ana") == wanted(some, "ana")


def test_examples_are_completed_as_of_their_moments(shell, log):
    shell.write("services/offers.yaml", SERVICE.replace("model:", USERS_TABLE + "model:"))
    shell.write("users.csv", "user,age\nana,41\n")
    shell("features", "put", "users", "users.csv", "--key", "user")
    log.create("clicks", 2)
    now = time.time() - 3600
    some = [row for row in rows(300, now) if row["user"] in ("ana", "bo")]
    append(log, some)
    moments = [now - 30 + number * 0.5 for number in (0, 1, 3)] + [now + 1]
    shell.write("seen.csv", "user,seen_at,spent\n" + "".join(f"ana,{moment},\nbo,{moment},3\n" for moment in moments))
    said = shell("features", "join", "seen.csv", "--service", "offers", "--at", "seen_at", "--out", "rows.jsonl")
    assert said.startswith("rows.jsonl: 8 rows.\n")
    found = [json.loads(line) for line in (shell.folder / "rows.jsonl").read_text("utf-8").splitlines()]
    for row in found:
        before = [one for one in some if one["at"] <= float(row["seen_at"])]
        own = [one for one in before if one["user"] == row["user"] and one["kind"] == "view"]
        assert row["views"] == len(own)
        if row["user"] == "ana":
            assert row["spent"] == sum(one["price"] or 0 for one in own)
            assert row["age"] == 41
        else:
            assert (row["spent"], row["age"]) == (3, 30)
    asked = ("features", "join", "seen.csv", "--service", "offers", "--at", "seen_at", "--out", "rows.csv")
    assert shell.json(*asked)["known"]["age"] == 4
    assert (shell.folder / "rows.csv").read_text("utf-8").splitlines()[0].startswith("user,seen_at,spent,views,")


def test_joined_rows_are_prepared_as_a_service_does(shell, log):
    shell.write("services/offers.yaml", SERVICE.replace("model:", "prepare: shop.prepare\nmodel:"))
    shell.write("shop.py", "def prepare(rows):\n    return [{'is_dear': one['price'] > 5, **one} for one in rows]\n")
    log.create("clicks", 1)
    shell.write("seen.csv", "user,price,seen_at,label\nana,7,2026-01-01,bought\nbo,2.5,2026-01-02,not_bought\n")
    join = ("features", "join", "seen.csv", "--service", "offers", "--at", "seen_at", "--out", "rows.jsonl")
    shell(*join)
    found = [json.loads(line) for line in (shell.folder / "rows.jsonl").read_text("utf-8").splitlines()]
    assert [(one["is_dear"], one["price"], one["label"]) for one in found] == [
        (True, 7, "bought"),
        (False, 2.5, "not_bought"),
    ]
    shell.write("shop.py", "def prepare(rows):\n    return rows[1:]\n")
    ran = shell.run(*join)
    assert (ran.code, ran.err) == (1, "Failed: shop.prepare was given 2 rows and returned 1\n")
    assert len((shell.folder / "rows.jsonl").read_text("utf-8").splitlines()) == 2


def test_a_join_that_cannot_be_made_leaves_the_file_as_it_was(shell, log):
    log.create("clicks", 1)
    shell.write("seen.csv", "user,seen_at\nana,2026-01-01\nbo,yesterday\n")
    shell.write("rows.jsonl", "as it was")
    join = ("features", "join", "seen.csv", "--service")
    assert "line 3: " in shell.mistake(*join, "offers", "--at", "seen_at", "--out", "rows.jsonl")
    assert "line 2: it has no 'at'" in shell.mistake(*join, "offers", "--at", "at", "--out", "rows.jsonl")
    assert "no service is called 'ofers' (did" in shell.mistake(*join, "ofers", "--at", "seen_at", "--out", "r.jsonl")
    assert ".jsonl or .csv" in shell.mistake(*join, "offers", "--at", "seen_at", "--out", "rows.txt")
    assert (shell.folder / "rows.jsonl").read_text("utf-8") == "as it was"


def test_a_check_says_what_will_not_be_counted(shell, log):
    ran = shell.run("features", "check")
    assert ran.code == 1
    assert "has no topic" in ran.out
    log.create("clicks", 2)
    [found] = json.loads(shell.run("features", "check", "--json").out)
    assert (found["problems"], found["notes"]) == ([], ["the topic 'clicks' has no event yet"])
    append(log, [{"user": "ana", "kind": "view", "at": time.time() * 1000}])
    [found] = json.loads(shell.run("features", "check", "--json").out)
    assert found["problems"][0].endswith("no time in 'at': write seconds since 1970, not milliseconds, or ISO 8601")
    append(log, [{"user": "ana", "kind": "view", "at": time.time()}])
    assert "offers.clicks: can be counted; 1 of 2 events read count." in shell("features", "check")


def test_mistakes_are_said_in_one_line(shell):
    assert "no topic" in shell.mistake("features", "run", "--until-idle")
    assert "no stream is called 'cliks'" in shell.mistake("features", "show", "cliks", "ana")
    shell.write("services/offers.yaml", SERVICE.replace("window: 1d", "window: 1y"))
    assert "offers.yaml:9: features.clicks.window: '1y' is no duration" in shell.mistake("features", "run")
    (shell.folder / "services" / "offers.yaml").unlink()
    assert "no service has a stream" in shell.mistake("features", "status")
