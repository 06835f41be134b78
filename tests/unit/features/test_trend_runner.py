"""Trends in a process: rows come when windows are over, once, whatever fails and however often it is started."""

import json
import random
import threading

import pytest

from argosy.definitions.trends import parse_trend
from argosy.errors import EventLogUnavailable, FeaturesInvalid, TopicNotFound
from argosy.features import trend_runner as module
from argosy.features.trend_runner import TrendRunner
from argosy.features.trend_sinks import RowFile, RowTopic
from argosy.streaming.logs.folder import FolderLog
from argosy.testing.waiting import until

NOW = 1_790_000_000.0
NEVER = threading.Event()


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(module, "READ_SECONDS", 0.01)
    monkeypatch.setattr(module, "PAUSES", (0.01, 0.05))


@pytest.fixture
def log(tmp_path):
    log = FolderLog(f"file:{tmp_path}/events")
    log.create("clicks", 2)
    return log


def trend(**changes):
    values = {
        "stream": "clicks",
        "key": "user",
        "aggregate": {"views": "count", "spent": "sum(price)"},
        "window": "60s",
        "every": "20s",
        "to": "trending",
        "top": 3,
        **changes,
    }
    return parse_trend(values, "users")


def append(log, first, last, seed=3):
    draw = random.Random(seed)
    rows = [
        {"at": NOW - 5000 + number, "user": draw.choice("abcdef"), "price": draw.choice([1, 0.1, None])}
        for number in range(first, last)
    ]
    log.append("clicks", [(row["user"], json.dumps(row).encode()) for row in rows])


def all_rows(log, path, one=None):
    file = RowFile(path)
    TrendRunner(one or trend(), log, file, lambda: NOW).run(NEVER, until_idle=True)
    file.close()
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def topic_rows(log):
    try:
        reader = log.reader("trending", dict.fromkeys(range(log.partitions("trending")), 0))
    except TopicNotFound:
        return []
    rows = [json.loads(record.event) for record in reader.read(100_000, 0)]
    reader.close()
    return rows


class Running:
    """A runner in a thread, to the topic."""

    def __init__(self, log, sink_log=None, **more):
        self.stop = threading.Event()
        self.runner = TrendRunner(trend(), log, RowTopic(sink_log or log, "trending", "users"), lambda: NOW, **more)
        self._thread = threading.Thread(target=self.runner.run, args=(self.stop,))

    def __enter__(self):
        self._thread.start()
        return self.runner

    def __exit__(self, *_):
        self.stop.set()
        self._thread.join()


def test_all_windows_are_rows_of_a_file(log, tmp_path):
    append(log, 0, 900)
    rows = all_rows(log, tmp_path / "rows.jsonl")
    assert len(rows) == 3 * len({row["at"] for row in rows})
    assert [row["rank"] for row in rows[:6]] == [1, 2, 3, 1, 2, 3]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


def test_windows_that_are_over_are_rows_of_the_topic_and_no_row_comes_twice(log, tmp_path):
    append(log, 0, 600)
    wanted = all_rows(log, tmp_path / "rows.jsonl")
    with Running(log) as runner:
        until(lambda: runner.counts.counted == 600 and runner.rows)
    first = topic_rows(log)
    assert 0 < len(first) < len(wanted)
    append(log, 600, 1200, seed=4)
    with Running(log) as runner:
        until(lambda: runner.counts.counted == 1200 and runner.rows > len(first))
    again = topic_rows(log)
    assert again == all_rows(log, tmp_path / "rows.jsonl")[: len(again)]
    assert len(again) > len(first)


def test_trends_may_share_a_topic(log):
    log.create("trending", 2)
    log.append("trending", [("x", b"no JSON"), ("y", b'{"trend": "users"}'), ("z", b"[1]")])
    log.append("trending", [("other", b'{"at": "9999-01-01T00:00:00Z", "trend": "other", "rank": 1}')])
    append(log, 0, 600)
    with Running(log) as runner:
        until(lambda: runner.rows > 3)


def test_an_idle_partition_is_not_waited_for(log):
    log.append("clicks", [("a", json.dumps({"at": NOW - 900 + number, "user": "a"}).encode()) for number in range(300)])
    with Running(log) as runner:
        until(lambda: runner.counts.counted == 300)
        assert runner.rows == 0
    with Running(log, idle_seconds=0.0) as runner:
        until(lambda: runner.rows > 3)


class Marked:
    """A log whose partitions end with offsets that have no event, as after a transaction."""

    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        return getattr(self._real, name)

    def reader(self, topic, positions):
        return Marked(self._real.reader(topic, positions))

    def ends(self):
        return {number: end + 1 for number, end in self._real.ends().items()}


def test_an_end_without_an_event_before_it_is_not_waited_for(log, tmp_path, monkeypatch):
    append(log, 0, 900)
    wanted = all_rows(log, tmp_path / "rows.jsonl")
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.0)
    assert all_rows(Marked(log), tmp_path / "rows.jsonl") == wanted


class Failing:
    """A log whose calls fail now and then, having done what they were to do or not."""

    def __init__(self, log):
        self._log, self._draw, self.failures = log, random.Random(2), 0

    def __getattr__(self, name):
        return getattr(self._log, name)

    def _fail(self):
        if self._draw.random() < 0.3:
            self.failures += 1
            raise EventLogUnavailable("the log is away")

    def append(self, topic, events):
        self._fail()
        some = list(events)
        if self._draw.random() < 0.3:
            self._log.append(topic, some[:1])
            raise EventLogUnavailable("not all events were appended")
        self._log.append(topic, some)

    def reader(self, topic, positions):
        self._fail()
        return self._log.reader(topic, positions)


def test_outages_lose_nothing_and_repeat_nothing(log, tmp_path):
    append(log, 0, 900)
    wanted = all_rows(log, tmp_path / "rows.jsonl")
    failing = Failing(log)
    with Running(failing, failing) as runner:
        until(lambda: runner.counts.counted == 900 and runner.rows > 90)
    found = topic_rows(log)
    assert found == wanted[: len(found)]
    assert failing.failures > 3


def test_what_is_missing_is_said(log, tmp_path):
    with pytest.raises(TopicNotFound, match="has no topic 'lost'"):
        TrendRunner(trend(stream="lost"), log, RowTopic(log, "trending", "users"))
    with pytest.raises(FeaturesInvalid, match="cannot be written: Is a directory"):
        RowFile(tmp_path)
