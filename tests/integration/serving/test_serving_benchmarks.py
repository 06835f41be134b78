"""The clients of the serving benchmarks on a real server, and what is made of their figures."""

import asyncio
import json

import pytest
from benchmarks import dispatch
from benchmarks.fairness import MODELS
from benchmarks.grpc_load import load, message_of
from benchmarks.open_loop import Answer, Schedule, figures_of, requests_of
from benchmarks.peers import PEERS, REQUIREMENTS
from benchmarks.served_models import as_pipeline
from benchmarks.server_process import descendants, pss_mb
from benchmarks.serving import keys_of, medians, table
from benchmarks.swap import large, wrong_versions
from serving_project import MONEY, SPORT

from argosy.models.adapted_model import AdaptedModel


def body(text):
    tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [text]}
    return json.dumps({"inputs": [tensor]}).encode()


def test_an_open_loop_client_receives_every_answer(over_grpc):
    url = f"{over_grpc.url}/v2/models/topics/infer"
    address, requests = requests_of(url, [body(text) for text in SPORT])
    schedule = Schedule(address, requests, 4)
    answers = schedule.run(500, 0.5)
    schedule.close()
    assert len(answers) == 250
    assert {(one.status, one.version) for one in answers} == {(200, 1)}
    assert all(one.due <= one.sent <= one.ended for one in answers)
    assert figures_of(answers)["failed"] == 0


def test_an_open_loop_client_counts_refusals_and_lost_connections(over_grpc):
    address, requests = requests_of(f"{over_grpc.url}/v2/models/nothing/infer", [body("a goal")])
    schedule = Schedule(address, requests, 2)
    answers = schedule.run(100, 0.2)
    schedule.close()
    assert {one.status for one in answers} == {404}
    assert figures_of(answers)["failed"] == 20
    bad = Schedule(address, [b"POST / HTTP/9.9\r\n\r\n"], 2)
    assert len(bad.run(100, 0.2)) == 20
    bad.close()


def test_a_grpc_client_counts_answers_and_errors(over_grpc):
    host, port = over_grpc.grpc_address.rsplit(":", 1)
    messages = [message_of("topics", text) for text in SPORT]
    right = load(host, int(port), messages, 0.5, connections=2, streams=3)
    assert sum(len(one.latencies) for one in right) > 6
    assert sum(one.failed for one in right) == 0
    wrong = load(host, int(port), [message_of("nothing", "a goal")], 0.2, connections=1, streams=1)
    assert wrong[0].failed == len(wrong[0].latencies) > 0


def test_memory_is_that_of_the_process_and_its_children(over_grpc):
    pid = over_grpc.process.pid
    assert pss_mb(pid) > 10
    assert pid not in descendants(pid)


def test_an_answer_is_wrong_whose_version_was_replaced_before_it_was_asked():
    def answer(sent, ended, version):
        return Answer(sent, sent, ended, 200, version)

    moves = [(0.0, 1), (10.0, 2), (20.0, 1)]
    right = [answer(1, 2, 1), answer(10, 11, 1), answer(11, 12, 2), answer(11.5, 13, 1), answer(21, 22, 2)]
    assert wrong_versions(right, moves) == 0
    assert wrong_versions([*right, answer(12.5, 13, 1)], moves) == 1
    assert wrong_versions([*right, answer(5, 6, 2)], moves) == 1
    assert wrong_versions([answer(21, 22, 1), answer(23, 24, 2)], moves) == 1


def test_a_large_version_answers_as_the_small_one():
    three = AdaptedModel.from_names("tfidf", {}, "logistic", {})
    three.fit([*SPORT, *MONEY, "rain"], ["sport"] * 4 + ["money"] * 4 + ["rain"])
    big = large(three, 5000, 10, 2)
    assert big.classify(SPORT + MONEY) == three.classify(SPORT + MONEY)
    assert len(big.classes) == 10


def test_scikit_learns_pipeline_has_an_adapted_models_answers():
    texts, labels = [*SPORT, *MONEY, "rain and wind"], ["sport"] * 4 + ["money"] * 4 + ["weather"]
    ours = AdaptedModel.from_names("tfidf", {"max_features": 12}, "logistic", {}).fit(texts, labels)
    assert as_pipeline(ours, texts).predict_proba(texts) == pytest.approx(ours.predict_proba(texts), abs=1e-9)


def test_figures_of_peers_that_are_missing_are_null():
    argosy = {"noop_16": 10.0, "noop_64": 30.0, "text_16": 5.0, "text_64": 20.0, "text_p99_ms": 2.0, "plain_64": 4.0}
    rounds = {
        "argosy": [{**argosy, "grpc": 3.0, "pss_mb": 100.0, "failed": failed} for failed in (1, 2)],
        "asgi": [{"noop_16": 5.0, "noop_64": noop, "failed": 0} for noop in (5.0, 15.0, 10.0)],
        "triton": [],
    }
    figures = medians(rounds)
    found = keys_of(figures)
    assert found["noop_vs_asgi"] == 3.0
    assert found["failed"] == 3
    assert found["text_vs_triton_batched"] is found["text_vs_mlserver"] is found["grpc_vs_mlserver"] is None
    assert len(table(figures).splitlines()) == 5


def test_dispatch_is_measured_with_a_log_and_without(tmp_path):
    found = asyncio.run(dispatch.run(tmp_path, 1, 0.01, 10, is_profiled=False))
    assert {f"{name}_rps" for name in ("bare", "dispatch", "logged")} < found.keys()
    assert len(list((tmp_path / "spool").iterdir())) > 0


def test_every_peer_has_an_environment():
    of_others = {"handwritten", "feast"}  # benchmarks.services and benchmarks.streams
    assert {peer.environment for peer in PEERS.values()} | of_others == set(REQUIREMENTS)
    assert set(MODELS) == {"text", "neighbour"}
