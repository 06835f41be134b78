"""Traces as a collector receives them: a server's requests over each protocol, sent over OTLP/HTTP."""

import http.server
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from grpc_calls import ask, infer_message

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="needs the extra otel")
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SECRET = "a goal in the ninetieth minute"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
INFER = "/v2/models/topics/infer"
BODY = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [SECRET]}]}


@pytest.fixture
def collector():
    """What was received: the bytes, and the spans by trace."""
    received = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    def spans():
        return [
            span
            for path, data in list(received)
            if path == "/v1/traces"
            for of_resource in ExportTraceServiceRequest.FromString(data).resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}", received=received, spans=spans)
        server.shutdown()
        thread.join()


@pytest.fixture
def traced(project, start, collector, monkeypatch):
    """Starts a server that sends what it traces often."""

    def one(share, **also):
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        settings = f"server: {{traces: '{collector.url}', trace_share: {share}}}\n"
        (project.folder / "argosy.yaml").write_text(settings, "utf-8")
        project.promote(project.train())
        return start(**also)

    return one


def attributes(span):
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def header(flags="01", trace=TRACE):
    return f"00-{trace}-{PARENT}-{flags}"


def test_a_request_has_a_span_with_its_parts_and_nothing_of_what_was_asked(traced, collector):
    server = traced(1)
    answer = server.client.post(INFER, json=BODY, headers={"argosy-subject": "ada"})
    server.until(lambda: len(collector.spans()) == 4)
    whole, *parts = sorted(collector.spans(), key=lambda span: (bool(span.parent_span_id), span.start_time_unix_nano))
    assert whole.name == "infer topics"
    assert attributes(whole) == {
        "argosy.model": "topics",
        "argosy.version": 1,
        "argosy.protocol": "v2",
        "argosy.rows": 1,
        "argosy.prediction_id": answer.headers["argosy-prediction-id"],
    }
    assert sorted(part.name for part in parts) == ["queue", "record", "score"]
    for part in parts:
        assert (part.trace_id, part.parent_span_id) == (whole.trace_id, whole.span_id)
        assert (
            whole.start_time_unix_nano
            <= part.start_time_unix_nano
            <= part.end_time_unix_nano
            <= whole.end_time_unix_nano
        )
    sent = b"".join(data for _, data in collector.received)
    assert not any(word in sent for word in (SECRET.encode(), b"ninetieth", b"ada"))


def test_the_callers_trace_goes_on_over_every_protocol(traced, collector):
    server = traced(0, grpc=True)
    headers = {"traceparent": header()}
    server.client.post(INFER, json=BODY).raise_for_status()  # drawn by nobody
    server.client.post(INFER, json=BODY, headers=headers).raise_for_status()
    server.client.post("/v1/models/topics:predict", json={"instances": [SECRET]}, headers=headers).raise_for_status()
    server.client.post("/invocations", json={"inputs": [SECRET]}, headers=headers).raise_for_status()
    ask(server, "ModelInfer", infer_message(SECRET), metadata=[("traceparent", header())])
    server.until(lambda: len(collector.spans()) == 16)
    assert {span.trace_id.hex() for span in collector.spans()} == {TRACE}
    whole = [span for span in collector.spans() if span.name == "infer topics"]
    assert {span.parent_span_id.hex() for span in whole} == {PARENT}
    protocols = [attributes(span)["argosy.protocol"] for span in whole]
    assert sorted(protocols) == ["grpc", "mlflow", "tensorflow", "v2"]


def test_a_caller_that_records_nothing_or_says_nothing_valid_is_not_traced(traced, collector):
    server = traced(0)
    for traceparent in (header("00"), header(trace="0" * 32), "00-abc", "x" * 500):
        server.client.post(INFER, json=BODY, headers={"traceparent": traceparent}).raise_for_status()
    server.client.post(INFER, json=BODY, headers={"traceparent": header()}).raise_for_status()  # is sent after those
    server.until(lambda: len(collector.spans()) == 4)
    assert {span.trace_id.hex() for span in collector.spans()} == {TRACE}


def test_an_answer_does_not_need_the_collector(traced, collector):
    collector.url = "http://127.0.0.1:9"
    assert traced(1).client.post(INFER, json=BODY).status_code == 200


def test_nothing_of_it_is_imported_where_nothing_is_traced():
    program = (
        "import sys; from argosy.serving.tracing import tracing_to; import argosy.app.mounting; "
        "assert tracing_to(None, {}) is None; print([name for name in sys.modules if 'opentelemetry' in name])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert found.stdout.decode().strip() == "[]"
