"""A live server with a canary and a shadow: who is answered by which version, and what the log says of it."""

import re

import pytest

from argosy.predictions.drain import drain_once
from argosy.predictions.shadows import shadow_agreement
from stored.rows import count

CUSTOMERS = [f"customer-{number}" for number in range(60)]


@pytest.fixture
def configured(project, start):
    """Versions 1 (champion) and 2 (alias `next`, other answers), served as settings say."""
    project.promote(project.train())
    project.promote(project.train(suffix="!"), alias="next")

    def served(settings):
        (project.folder / "argosy.yaml").write_text(f"name: shop\nserver: {{models: {{topics: {settings}}}}}\n")
        return start()

    return served


def versions(server, **headers):
    return [
        int(server.predict("a goal", **{**headers, "argosy-entity": customer}).headers["argosy-model-version"])
        for customer in CUSTOMERS
    ]


def results(server):
    text = server.client.get("/metrics").text
    found = re.findall(r'argosy_shadow_answers_total\{.*result="(\w+)".*\} (\S+)', text)
    return {name: float(value) for name, value in found}


def test_a_canary_answers_a_share_of_the_entities_the_same_ones_on_every_server(configured, start):
    server = configured("{canary: {alias: next, share: 0.3}}")
    by = versions(server)
    assert set(by) == {1, 2}
    assert by.count(1) > by.count(2)
    assert versions(server) == by
    assert versions(start()) == by
    assert versions(server, **{"argosy-client": "app", "argosy-subject": "ann"}) == by
    assert server.version("/v1/models/topics/labels/champion") == 1
    answer = server.predict("a goal", **{"argosy-entity": CUSTOMERS[by.index(2)]}).json()["predictions"][0]
    assert answer["label"] == "sport!"
    assert server.client.get("/v2/models/topics").json()["versions"] == ["1", "2"]


def test_a_canary_begins_and_ends_with_a_reload(configured, project):
    server = configured("{}")
    assert set(versions(server)) == {1}
    (project.folder / "argosy.yaml").write_text(
        "name: shop\nserver: {models: {topics: {canary: {alias: next, share: 1}}}}\n"
    )
    assert server.client.post("/admin/reload").status_code == 200
    server.until(lambda: server.version() == 2)
    (project.folder / "argosy.yaml").write_text("name: shop\nserver: {models: {topics: {}}}\n")
    assert server.client.post("/admin/reload").status_code == 200
    server.until(lambda: server.version() == 1)


def test_a_shadow_is_logged_next_to_the_answers_and_never_returned(configured, project):
    server = configured("{shadow: {alias: next, share: 1}}")
    for customer in CUSTOMERS[:20]:
        answer = server.predict("a goal", "the bank", **{"argosy-entity": customer})
        assert answer.headers["argosy-model-version"] == "1"
        assert {one["label"] for one in answer.json()["predictions"]} <= {"sport", "money"}
    server.predict("a goal", path="/v1/models/topics/versions/1")
    server.until(lambda: sum(results(server).values()) == 40)
    assert results(server) == {"different": 40}
    drain_once(project.spool, project.database)
    assert (project.predictions.count(), count(project.database, "shadow_predictions")) == (41, 40)
    [found] = shadow_agreement(project.database, "topics")
    assert (found.version, found.served, found.rows, found.same) == (2, 1, 40, 0)
    by_entity = {"entity": CUSTOMERS[0], "start": 0, "label": "sport", "kind": "correction"}
    assert server.client.post("/feedback", json=by_entity).json()["matched"] == 2


def test_half_of_the_requests_have_a_shadow(configured):
    server = configured("{shadow: {alias: next, share: 0.5}}")
    assert set(versions(server)) == {1}
    server.until(lambda: 10 < sum(results(server).values()) < 50)
