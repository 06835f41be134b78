"""What a server counts of each model, version and protocol, and that Prometheus's own checker finds no fault in it."""

import re
import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

VERSION = {"model": "topics", "version": "1"}
UNITS = ("_ms", "_milliseconds", "_minutes", "_hours", "_days", "_kb", "_kilobytes", "_megabytes", "_percent")
INFER = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [2], "data": ["a goal", "a match"]}]}
ASKED = {
    "v2": ("/v2/models/topics/infer", INFER),
    "tensorflow": ("/v1/models/topics:predict", {"instances": ["a goal", "a match"]}),
    "mlflow": ("/invocations", {"inputs": ["a goal", "a match"]}),
}


def metrics(server):
    return server.client.get("/metrics").text


def found(server, name, **labels):
    """The value of one sample; 0 where there is none."""
    wanted = {**VERSION, **labels}
    return next(
        (
            sample.value
            for family in text_string_to_metric_families(metrics(server))
            for sample in family.samples
            if sample.name == name and sample.labels == wanted
        ),
        0,
    )


@pytest.mark.parametrize("protocol", ASKED)
def test_requests_and_rows_are_counted_by_protocol(shared, protocol):
    path, body = ASKED[protocol]

    def counted():
        answered = found(shared, "argosy_model_requests_total", protocol=protocol, result="answered")
        return answered, found(shared, "argosy_predictions_total", protocol=protocol)

    before = counted()
    shared.client.post(path, json=body).raise_for_status()
    assert counted() == (before[0] + 1, before[1] + 2)


def test_a_batch_is_counted_with_its_size_and_times(shared):
    names = ("argosy_batch_rows", "argosy_queue_seconds", "argosy_inference_seconds", "argosy_model_request_seconds")
    before = {name: found(shared, f"{name}_count") for name in names}
    rows, seconds = found(shared, "argosy_batch_rows_sum"), found(shared, "argosy_model_request_seconds_sum")
    shared.client.post(*ASKED["v2"][:1], json=INFER).raise_for_status()
    assert {name: found(shared, f"{name}_count") for name in names} == {name: n + 1 for name, n in before.items()}
    assert found(shared, "argosy_batch_rows_sum") == rows + 2
    assert found(shared, "argosy_model_request_seconds_sum") > seconds


def test_label_values_do_not_come_from_callers(shared):
    for path in ("/v2/models/invented/infer", "/v2/models/topics/versions/invented/infer", "/invented"):
        assert shared.client.post(path, json=INFER).status_code == 404
    assert "invented" not in metrics(shared)


def test_names_follow_prometheus_rules(shared):
    shared.client.post(*ASKED["v2"][:1], json=INFER).raise_for_status()
    text = metrics(shared)
    helped = set(re.findall(r"^# HELP (\S+) \S", text, re.MULTILINE))
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert name in helped
        assert not name.endswith(UNITS)
        assert name.endswith("_total") == (kind == "counter")
        assert not re.search(r"_(count|sum|bucket|info|gauge|counter|histogram)(_|$)", name)


@pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool here: it is in Debian's package prometheus")
def test_promtool_finds_no_fault(shared):
    for path, body in ASKED.values():
        shared.client.post(path, json=body)
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics(shared).encode(), capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout.decode(), checked.stderr.decode()) == (0, "", "")
