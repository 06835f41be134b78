"""Versions change under load, processes die, artifacts break: no request fails and no answer is lost."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from argosy.predictions import segments
from argosy.predictions.drain import drain_once
from argosy.testing.waiting import PATIENCE


def keep_asking(url, stop, answers):
    """One client that sends requests without pauses, and records (status, version, id)."""
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        while not stop.is_set():
            try:
                answer = client.post("/v1/models/topics:predict", json={"instances": ["a goal for the team"]})
            except httpx.TransportError:
                if not stop.is_set():
                    answers.append((0, 0, ""))
                return
            headers = answer.headers
            answers.append((answer.status_code, int(headers["argosy-model-version"]), headers["argosy-prediction-id"]))


def test_swaps_under_load_fail_no_request(project, start):
    versions = [project.train(suffix=str(n), words=20_000) for n in range(3)]
    project.promote(versions[0])
    server = start()
    stop, answers = threading.Event(), []
    with ThreadPoolExecutor(3) as pool:
        clients = [pool.submit(keep_asking, server.url, stop, answers) for _ in range(3)]
        for version in [*versions[1:], *versions[:2]]:
            project.promote(version)
            server.until(lambda version=version: server.version() == version)
        stop.set()
        for client in clients:
            client.result()
    assert {status for status, _, _ in answers} == {200}
    assert {version for _, version, _ in answers} == set(versions)
    assert len(project.predictions.get_many([one for _, _, one in answers])) == len(answers)


def test_an_alias_moves_to_a_version_that_is_not_loaded_in_one_step(project, start):
    """Each client sees the old version's answers, then the new one's, and nothing else."""
    old, new = project.train(), project.train(suffix="!", words=20_000)
    project.promote(old)
    project.promote(old, alias="stable")
    server = start()
    stop = threading.Event()

    def ask():
        seen = []
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            while not stop.is_set():
                answer = client.post("/v1/models/topics/labels/stable:predict", json={"instances": ["a goal"]})
                assert answer.status_code == 200, answer.text
                label = answer.json()["predictions"][0]["label"]
                seen.append((int(answer.headers["argosy-model-version"]), label.endswith("!")))
        return seen

    with ThreadPoolExecutor(3) as pool:
        clients = [pool.submit(ask) for _ in range(3)]
        project.promote(new, alias="stable")
        server.until(lambda: server.version("/v1/models/topics/labels/stable") == new)
        stop.set()
        for client in clients:
            seen = client.result()
            assert set(seen) <= {(old, False), (new, True)}
            assert seen == sorted(seen)
    assert server.version() == old


def test_a_killed_server_loses_nothing_that_it_answered(project, start):
    project.promote(project.train())
    server = start()
    stop, answers = threading.Event(), []
    with ThreadPoolExecutor(3) as pool:
        clients = [pool.submit(keep_asking, server.url, stop, answers) for _ in range(3)]
        drained = 0
        while len(answers) < 200:
            drained += drain_once(project.spool, project.database)
        stop.set()
        server.process.kill()
        for client in clients:
            client.result()
    server.process.wait()
    drained += drain_once(project.spool, project.database)
    answered = [one for status, _, one in answers if status == 200]
    assert len(answered) >= 200
    assert len(project.predictions.get_many(answered)) == len(answered)
    assert drained == project.predictions.count()
    assert segments.segments_in(project.spool) == []


def test_an_alias_is_followed(project, start):
    first, second = project.train(), project.train(suffix="2")
    project.promote(first)
    server = start()
    project.promote(second)
    server.until(lambda: server.version() == second)
    states = server.client.get("/v1/models/topics").json()["model_version_status"]
    assert (str(second), "AVAILABLE") in {(one["version"], one["state"]) for one in states}


def test_an_alias_given_while_running_is_served_and_left_ones_are_not(project, start):
    first, second = project.train(), project.train(suffix="2")
    project.promote(first)
    server = start()
    assert server.predict("a", path=f"/v1/models/topics/versions/{second}").status_code == 404
    project.promote(second, alias="canary")
    server.until(lambda: server.predict("a", path="/v1/models/topics/labels/canary").status_code == 200)
    assert server.version() == first
    project.promote(first, alias="canary")
    server.until(lambda: server.predict("a", path=f"/v1/models/topics/versions/{second}").status_code == 404)
    assert server.version("/v1/models/topics/labels/canary") == first


def test_a_corrupt_artifact_leaves_the_old_version_serving(project, start):
    first, second = project.train(), project.train(suffix="2")
    project.promote(first)
    server = start()
    path = project.store.artifacts.path(project.store.stored_version(f"topics@{second}").artifact)
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    project.promote(second)

    def status():
        return {one["version"]: one for one in server.client.get("/v1/models/topics").json()["model_version_status"]}

    server.until(lambda: status().get(str(second), {}).get("state") == "END")
    assert "digest" in status()[str(second)]["status"]["error_message"]
    assert server.version() == first
    assert server.client.get(f"/v2/models/topics/versions/{second}/ready").status_code == 503


def test_a_server_started_before_any_model_serves_the_first(project, start):
    server = start()
    assert "none yet" in server.predict("a").json()["error"]
    project.promote(project.train())
    server.until(lambda: server.predict("a").status_code == 200)
