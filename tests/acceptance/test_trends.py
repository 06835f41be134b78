"""Trends as commands: rows in a file, rows in a topic, the job for Flink."""

import json
import random
import time
from contextlib import closing

import pytest

from argosy.app.backends import event_log

TREND = """\
stream: clicks
key: product
where: "kind = 'view'"
aggregate: {views: count, spent: sum(price)}
window: 2m
every: 30s
lateness: 5s
top: 2
to: trending
"""


@pytest.fixture
def shell(make_project):
    shell = make_project("")
    (shell.folder / "trends").mkdir()
    shell.write("trends/products.yaml", TREND)
    return shell


@pytest.fixture
def log(shell):
    with closing(event_log(shell.environment.get("ARGOSY_LOG", "file:.argosy/events"), shell.folder)) as log:
        yield log


def append(log, begin, count):
    """Of products in both partitions: an empty one would hold up every window until it is idle."""
    draw = random.Random(5)
    rows = [
        {"at": begin + number, "product": draw.choice("uvwxyz"), "kind": draw.choice(["view", "order"]), "price": 0.1}
        for number in range(count)
    ]
    log.append("clicks", [(row["product"], json.dumps(row).encode()) for row in rows])


def test_rows_of_a_file(shell, log):
    log.create("clicks", 2)
    append(log, 1_777_629_600, 600)
    log.append("clicks", [("", b"no JSON")])
    printed = shell("features", "trends", "run", "products", "--until-idle", "--out", "rows.jsonl")
    rows = [json.loads(line) for line in (shell.folder / "rows.jsonl").read_text("utf-8").splitlines()]
    assert (rows[0]["at"], rows[0]["trend"], rows[0]["rank"]) == ("2026-05-01T10:00:30Z", "products", 1)
    assert list(rows[0]) == ["at", "trend", "rank", "product", "views", "spent"]
    assert printed.startswith(f"products: {len(rows)} rows from ")
    assert "1 event: no JSON object" in printed
    assert shell.json("features", "trends", "list") == [
        {
            "trend": "products",
            "stream": "clicks",
            "key": "product",
            "by": "views",
            "top": 2,
            "window": 120,
            "every": 30,
            "to": "trending",
        }
    ]


@pytest.mark.parametrize("kind", ["folder", "Kafka"])
def test_rows_of_a_topic(kind, request, make_project, monkeypatch, until):
    if kind == "Kafka":
        monkeypatch.setenv("ARGOSY_LOG", request.getfixturevalue("kafka_url"))
    shell = make_project("")
    (shell.folder / "trends").mkdir()
    shell.write("trends/products.yaml", TREND)
    with closing(event_log(shell.environment.get("ARGOSY_LOG", "file:.argosy/events"), shell.folder)) as log:
        log.create("clicks", 2)
        log.create("trending", 1)
        append(log, time.time() - 600, 300)
        shell("features", "trends", "run", "products", "--until-idle", "--out", "rows.jsonl")
        wanted = [json.loads(line) for line in (shell.folder / "rows.jsonl").read_text("utf-8").splitlines()]
        found = []
        for _ in range(2):  # the second finds its rows there
            running = shell.start("features", "trends", "run", "products")
            until(lambda: found.__setitem__(slice(None), rows_of(log)) or len(found) >= len(wanted) - 12)
            shell.end(running)
        assert found == wanted[: len(found)]


def rows_of(log):
    with closing(log.reader("trending", {0: 0})) as reader:
        end, rows = reader.ends()[0], []
        while end and (not rows or rows[-1].following < end):
            rows += reader.read(1000, 0.1)
        return [json.loads(record.event) for record in rows]


def test_the_job_for_flink_can_be_seen(shell):
    job = shell("features", "trends", "show-job", "products")
    compile(job, "job.py", "exec")
    assert "HOP(TABLE `on_time`" in job


def test_mistakes_are_one_line(shell, log):
    log.create("clicks", 1)
    for arguments, message in (
        (("product", "--until-idle", "--out", "x"), "no trend is called 'product' (did you mean 'products'?)"),
        (("products", "--until-idle"), "--until-idle makes rows of windows that are not over: give --out FILE"),
        (("products", "--engine", "flink", "--out", "x"), "give --until-idle too"),
        (("products", "--engine", "flink"), "Flink reads the files of a log to their ends"),
        (("products", "--engine", "flink", "--until-idle", "--out", "x"), "No module named 'pyflink'"),
    ):
        ran = shell.run("features", "trends", "run", *arguments)
        assert ran.code == 2, arguments
        assert message in ran.err
        assert len(ran.err.strip().splitlines()) == 1
    (shell.folder / "trends" / "products.yaml").unlink()
    assert "there is no trend: write one as trends/NAME.yaml" in shell.run("features", "trends", "list").err
