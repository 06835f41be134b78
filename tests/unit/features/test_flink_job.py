"""A trend as a job of Flink: where it reads and writes, what moves windows on, and what is not in it."""

import ast
from pathlib import Path

import pytest

from argosy.definitions.trends import parse_trend
from argosy.errors import DefinitionInvalid, FeaturesInvalid
from argosy.features.flink_job import flink_job
from argosy.features.flink_places import PASSWORD_MARK, cluster_of, flink_options, flink_places
from argosy.features.trending import TrendWindows

ROOT = Path("/shop")


def trend(**changes):
    values = {
        "stream": "clicks",
        "key": "user",
        "aggregate": {"views": "count", "spent": "sum(price)"},
        "window": "5m",
        "every": "1m",
        "to": "trending",
        **changes,
    }
    return parse_trend(values, "users")


def job(url, one=None, is_bounded=True, to_file=True, windows="local:", jars=()):
    one = one or trend()
    places = flink_places(url, ROOT, one, is_bounded, to_file)
    return flink_job(one, places, flink_options(windows, jars, is_bounded))


def values_of(text):
    """The constants of the job's file."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def test_a_folder_is_read_to_its_end_with_a_watermark_that_stands_still():
    found = values_of(job("file:.argosy/events"))
    source, *_ = found["STATEMENTS"]
    assert "'path' = '/shop/.argosy/events/clicks'" in source
    assert "WATERMARK FOR `ts` AS TO_TIMESTAMP_LTZ(0, 3)" in source
    assert "HOP(TABLE `on_time`, DESCRIPTOR(`ts`), INTERVAL '0 00:01:00.000' DAY(3) TO SECOND(3)," in found["ROWS"]
    assert found["COLUMNS"] == ["at", "trend", "rank", "user", "views", "spent"]
    assert found["OPTIONS"] == {
        "table.local-time-zone": "UTC",
        "parallelism.default": "1",
        "pipeline.name": "Argosy trend users",
    }
    assert "TUMBLE(TABLE" in values_of(job("file:/x", trend(every="5m")))["ROWS"]


def test_a_topic_of_kafka_is_read_on_and_rows_go_to_another():
    found = values_of(job("kafka://a:1,b:2?prefix=shop.", is_bounded=False, to_file=False))
    source, *_, sink = found["STATEMENTS"]
    assert "'properties.bootstrap.servers' = 'a:1,b:2'" in source
    assert "'topic' = 'shop.clicks'" in source
    assert "'scan.watermark.idle-timeout' = '30 s'" in source
    assert "THEN `ts` - INTERVAL '0 00:01:00.001' DAY(3) TO SECOND(3) END" in source
    assert "'topic' = 'shop.trending'" in sink
    assert "`views` BIGINT,\n  `spent` DOUBLE" in sink
    assert found["ROWS"].splitlines()[0].endswith(" INTO `rows`")
    assert found["OPTIONS"]["execution.checkpointing.interval"] == "10 s"
    bounded = values_of(job("kafka://a:1"))
    assert "'scan.bounded.mode' = 'latest-offset'" in bounded["STATEMENTS"][0]


def test_a_password_is_not_in_the_job():
    text = job("kafka://ana:s3cret%27@a:1?sasl.mechanism=SCRAM-SHA-256&ssl.ca.location=/ca.pem", None, False, False)
    source = values_of(text)["STATEMENTS"][0]
    assert "s3cret" not in text
    assert f'ScramLoginModule required username="ana" password="{PASSWORD_MARK}";' in source
    assert "'properties.ssl.truststore.location' = '/ca.pem'" in source
    assert 'os.environ["ARGOSY_LOG_PASSWORD"]' in text
    assert "os.environ" not in job("kafka://a:1", None, False, False)


def test_a_password_is_escaped_when_the_job_runs():
    ran = []
    text = job("kafka://ana:x@a:1", is_bounded=False, to_file=False)
    begin, end = text.index("password = "), text.index("\nresult = ")
    environment = {"ARGOSY_LOG_PASSWORD": "a\"b'c\\d"}
    given = {
        "os": type("os", (), {"environ": environment}),
        "STATEMENTS": [PASSWORD_MARK],
        "environment": type("environment", (), {"execute_sql": staticmethod(ran.append)}),
    }
    exec(compile(text[begin:end], "job", "exec"), given)  # these lines alone
    assert ran == ["a\\\"b''c\\\\d"]


def test_columns_may_have_any_name_that_a_trend_allows():
    names = dict.fromkeys(("ts", "of_key", "is_0", "window_start", "select", "line"), "count")
    one = trend(key="partition", aggregate=names, by="select")
    found = values_of(job("file:x", one))
    assert "`is_4` AS `select`" in found["ROWS"]
    assert found["COLUMNS"] == list(one.columns)
    assert TrendWindows(one, [0]).counts.events == 0


def test_only_what_is_looked_at_is_taken_from_events():
    events = values_of(job("file:x", trend(where="kind = 'view'")))["STATEMENTS"][1]
    assert "`kind_text`" in events
    assert "`price_number`" in events
    assert "`price_text`" not in events


def test_a_cluster_and_jars_are_options(tmp_path):
    assert flink_options("flink://there:8081", [tmp_path / "a.jar"], True) == {
        "pipeline.jars": (tmp_path / "a.jar").as_uri(),
        "execution.target": "remote",
        "rest.address": "there",
        "rest.port": "8081",
    }
    assert (cluster_of("local:"), cluster_of("flink:")) == (None, None)


@pytest.mark.parametrize("url", ["flink", "flink://", "flink://there", "spark://a:1", "flink://u:p@a:1", "flink://a:x"])
def test_engines_that_are_none_are_refused(url):
    with pytest.raises(
        DefinitionInvalid, match=r"windows: '.*' is no engine of windows: write local:, flink: or flink"
    ):
        cluster_of(url)


@pytest.mark.parametrize(
    ("url", "changes", "is_bounded", "to_file", "message"),
    [
        ("file:x", {}, False, False, "Flink reads the files of a log to their ends: give --until-idle and --out FILE"),
        ("kafka://a:1", {}, True, False, "--until-idle makes rows of windows that are not over: give --out FILE"),
        ("kafka://a:1", {"to": None}, False, False, "the trend 'users' has no `to`"),
        ("memory:", {}, True, True, "log: Flink reads logs of file: and kafka://, and not 'memory:'"),
        ("kafka://a:1?ssl.key.location=/k", {}, True, True, "log: Flink cannot be given 'ssl.key.location'"),
    ],
)
def test_what_flink_cannot_do_is_said(url, changes, is_bounded, to_file, message):
    values = {"aggregate": {"views": "count"}, "stream": "clicks", "key": "user", "window": "5m", "to": "t", **changes}
    one = parse_trend({name: value for name, value in values.items() if value is not None}, "users")
    with pytest.raises((DefinitionInvalid, FeaturesInvalid)) as caught:
        flink_places(url, ROOT, one, is_bounded, to_file)
    assert message in str(caught.value)
