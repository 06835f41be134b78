"""Triton's statistics of one version."""

import threading

from argosy.serving.version_statistics import VersionStatistics


def test_stages_are_counted_by_the_size_of_the_batch():
    statistics = VersionStatistics()
    for rows in (1, 1, 64, 65, 128, 129):
        statistics.executed(rows, 0.25, 0.5, 1.0)
    found = statistics.counted()
    assert [(one["batch_size"], one["compute_infer"]["count"]) for one in found["batch_stats"]] == [
        (1, 2),
        (64, 1),
        (128, 2),
        (256, 1),
    ]
    assert found["batch_stats"][0]["compute_input"] == {"count": 2, "ns": 1_000_000_000}
    assert found["inference_stats"]["compute_output"] == {"count": 6, "ns": 6_000_000_000}
    assert (found["execution_count"], found["inference_count"]) == (6, 0)


def test_requests_are_counted_apart_from_calls():
    statistics = VersionStatistics()
    statistics.executed(5, 0.5)
    for rows in (2, 3):
        statistics.queued(0.125)
        statistics.answered(rows, 1.0, now=1234.5678)
    statistics.failed(2.0)
    found = statistics.counted()
    assert (found["execution_count"], found["inference_count"], found["last_inference"]) == (1, 5, 1_234_568)
    assert found["inference_stats"]["success"] == {"count": 2, "ns": 2_000_000_000}
    assert found["inference_stats"]["queue"] == {"count": 2, "ns": 250_000_000}
    assert found["inference_stats"]["fail"] == {"count": 1, "ns": 2_000_000_000}


def test_threads_lose_no_count():
    statistics = VersionStatistics()

    def add():
        for _ in range(2000):
            statistics.executed(1, 1e-9)
            statistics.answered(1, 1e-9, 0.0)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = statistics.counted()
    assert (found["execution_count"], found["inference_count"]) == (8000, 8000)
