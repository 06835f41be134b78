"""The claims of feedback with a token, and the predictions that it applies to, on a running server."""

from dataclasses import dataclass

import pytest

from argosy.predictions.feedback_log import ENTITY_PREDICTIONS
from argosy.predictions.giver import MEASURED_SHARE
from argosy.predictions.ids import PredictionIds


@dataclass
class Caller:
    """Anyone who has one of the server's tokens."""

    server: object
    token: str

    @property
    def headers(self):
        return {"authorization": f"Bearer {self.token}"}

    def predict(self, *texts, **headers):
        answer = self.server.predict(*texts or ("a goal",), **self.headers, **headers)
        return [row["prediction_id"] for row in answer.json()["predictions"]]

    def give(self, **body):
        return self.server.client.post("/feedback", json={"label": "money", **body}, headers=self.headers)


@pytest.fixture
def callers(guarded):
    """A caller with each of the server's tokens: `plain` claims nothing, `sure` that it measures, `wide` entities."""
    server, tokens = guarded
    return {name: Caller(server, token) for name, token in tokens.items()}


@pytest.fixture
def project(callers):
    return callers["plain"].server.project


def test_without_claims_only_corrections_are_accepted_and_they_do_not_measure(callers, project):
    [one] = callers["plain"].predict()
    for claimed, said in (({"kind": "outcome"}, "--claim outcome"), ({"uniform": True}, "--claim uniform")):
        refused = callers["plain"].give(prediction_id=one, **claimed)
        assert (refused.status_code, said in refused.json()["error"]) == (403, True), refused.text
    assert project.feedback.of(one) == []
    assert callers["plain"].give(prediction_id=one).status_code == 201
    [kept] = project.feedback.of(one)
    assert (kept.kind, kept.token, kept.measures) == ("correction", "plain", False)


def test_the_source_is_the_tokens(callers, project):
    [one] = callers["plain"].predict()
    assert callers["plain"].give(prediction_id=one).status_code == 201
    assert callers["sure"].give(prediction_id=one, source="sure-source").status_code == 201
    for name, source in (("plain", "analyst"), ("plain", "sure-source"), ("sure", "sure")):
        refused = callers[name].give(prediction_id=one, source=source)
        assert refused.status_code == 403
        assert "leave the source out" in refused.json()["error"]
    assert [(kept.source, kept.token) for kept in project.feedback.of(one)] == [
        ("plain", "plain"),
        ("sure-source", "sure"),
    ]


@pytest.mark.parametrize("claimed", [{"kind": "outcome"}, {"uniform": True}])
def test_evidence_was_drawn_by_the_server_and_no_answer_shows_it(callers, project, claimed):
    ids = callers["sure"].predict(*(f"goal {n}" for n in range(40)))
    answers = [callers["sure"].give(prediction_id=one, **claimed) for one in ids for _ in range(2)]
    assert {(answer.status_code, answer.json()["added"]) for answer in answers[::2]} == {(201, 1)}
    assert {(answer.status_code, answer.json()["added"]) for answer in answers[1::2]} == {(200, 0)}
    assert {tuple(answer.json()) for answer in answers} == {("added", "prediction_ids")}
    assert len({len(answer.content) for answer in answers}) == 1
    draws = PredictionIds(project.vault.scope("predictions"))
    measured = [project.feedback.of(one)[0].measures for one in ids]
    assert measured == [draws.draw(one) < MEASURED_SHARE for one in ids]
    assert 5 < sum(measured) < 35


def test_an_idempotency_key_is_the_tokens_own(callers, project):
    [one] = callers["plain"].predict()
    [other] = callers["sure"].predict()
    assert callers["plain"].give(prediction_id=one, idempotency_key="sale 1").status_code == 201
    assert callers["sure"].give(prediction_id=other, idempotency_key="sale 1").status_code == 201
    assert callers["sure"].give(prediction_id=other, idempotency_key="sale 1").status_code == 200
    changed = callers["sure"].give(prediction_id=other, idempotency_key="sale 1", uniform=True)
    assert (changed.status_code, "idempotency key" in changed.json()["error"]) == (400, True)
    assert [len(project.feedback.of(prediction_id)) for prediction_id in (one, other)] == [1, 1]


def test_an_entity_selects_the_callers_own_predictions_without_ids(callers, project):
    about = {"argosy-entity": "order 7"}
    [mine], [other] = callers["plain"].predict(**about), callers["sure"].predict(**about)
    span = {"entity": "order 7", "start": 0}
    assert callers["plain"].give(**span).json() == {"added": 1, "matched": 1}
    assert (len(project.feedback.of(mine)), len(project.feedback.of(other))) == (1, 0)
    assert callers["wide"].give(**span, kind="outcome").json() == {"added": 2, "matched": 2}
    assert len(project.feedback.of(other)) == 1


def test_an_entity_of_other_callers_is_answered_like_an_unknown_one(callers):
    callers["sure"].predict(**{"argosy-entity": "secret order"})
    answers = [callers["plain"].give(entity=one, start=0) for one in ("secret order", "no order")]
    assert [(answer.status_code, answer.content) for answer in answers] == [(404, answers[0].content)] * 2
    assert "nothing was predicted" in answers[0].json()["error"]


def test_an_entity_reaches_a_stated_number_of_predictions(callers, project):
    for _ in range(ENTITY_PREDICTIONS // 100):
        callers["wide"].predict(*["a goal"] * 100, **{"argosy-entity": "everything"})
    span = {"entity": "everything", "start": 0}
    assert callers["wide"].give(**span).json() == {"added": ENTITY_PREDICTIONS, "matched": ENTITY_PREDICTIONS}
    [more] = callers["wide"].predict(**{"argosy-entity": "everything"})
    refused = callers["wide"].give(**span, kind="outcome")
    assert (refused.status_code, "narrow the time" in refused.json()["error"]) == (400, True)
    assert project.feedback.of(more) == []


def test_the_caller_is_logged_whatever_the_request_states(callers, project):
    [one] = callers["plain"].predict(**{"argosy-client": "sure", "argosy-token": "sure"})
    body = {
        "inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a goal"]}],
        "parameters": {"client": "sure", "token": "sure"},
    }
    plain = callers["plain"]
    other = plain.server.client.post("/v2/models/topics/infer", json=body, headers=plain.headers).json()["id"]
    assert [project.predictions.get(asked).token for asked in (one, other)] == ["plain", "plain"]
    assert project.predictions.get(other).client == "sure"


def test_on_a_server_without_tokens_only_drawn_predictions_measure(shared):
    ids = [row["prediction_id"] for row in shared.predict(*["a goal"] * 40).json()["predictions"]]
    for one in ids:
        body = {"prediction_id": one, "label": "money", "kind": "outcome", "source": "anybody"}
        assert shared.client.post("/feedback", json=body).json()["added"] == 1
    kept = [shared.project.feedback.of(one)[0] for one in ids]
    draws = PredictionIds(shared.project.vault.scope("predictions"))
    assert [one.measures for one in kept] == [draws.draw(one) < MEASURED_SHARE for one in ids]
    assert {(one.source, one.token) for one in kept} == {("anybody", "")}
    assert {shared.project.predictions.get(one).token for one in ids} == {""}
