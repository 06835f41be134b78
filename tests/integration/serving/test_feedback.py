"""Feedback over HTTP."""

import pytest


def give(server, **body):
    return server.client.post("/feedback", json=body)


def predicted(server, **headers):
    return server.predict("a goal", **headers).headers["argosy-prediction-id"]


def test_feedback_by_id_counts_once(shared):
    prediction_id = predicted(shared)
    first = give(shared, prediction_id=prediction_id, label="money", kind="correction", source="analyst")
    again = give(shared, prediction_id=prediction_id, label="money", kind="correction", source="analyst")
    other = give(shared, prediction_id=prediction_id, label="sport", kind="outcome", source="shop")
    assert [(one.status_code, one.json()["added"]) for one in (first, again, other)] == [(201, 1), (200, 0), (201, 1)]
    kept = shared.project.feedback.of(prediction_id)
    assert [(one.kind, one.label, one.source) for one in kept] == [
        ("correction", "money", "analyst"),
        ("outcome", "sport", "shop"),
    ]


def test_feedback_by_entity_reaches_what_was_just_predicted(shared):
    ids = [predicted(shared, **{"argosy-entity": "order 99"}) for _ in range(2)]
    answer = give(shared, entity="order 99", start="2020-01-01", label="money", kind="outcome")
    assert answer.json() == {"added": 2, "matched": 2}
    assert [len(shared.project.feedback.of(one)) for one in ids] == [1, 1]


def test_a_label_is_trimmed_as_everywhere(shared):
    prediction_id = predicted(shared)
    assert give(shared, prediction_id=prediction_id, label=" sport ").json()["added"] == 1
    assert give(shared, prediction_id=prediction_id, label="sport").json()["added"] == 0
    assert [one.label for one in shared.project.feedback.of(prediction_id)] == ["sport"]


def test_an_idempotency_key_comes_in_the_body_or_a_header(shared):
    prediction_id = predicted(shared)
    body = {"prediction_id": prediction_id, "label": "money"}
    assert give(shared, **body, idempotency_key="k1").json()["added"] == 1
    assert shared.client.post("/feedback", json=body, headers={"idempotency-key": "k1"}).json()["added"] == 0
    assert give(shared, **body | {"label": "sport"}, idempotency_key="k1").status_code == 400


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"prediction_id": "00" * 22, "label": "money"}, 404, "no prediction with the id"),
        ({"entity": "nobody", "start": 0, "label": "money"}, 404, "nothing was predicted"),
        ({"entity": "nobody", "label": "money"}, 400, "needs start"),
        ({"entity": "nobody", "start": "soon", "label": "money"}, 400, "start is 'soon'"),
        ({"label": "money"}, 400, "either prediction_id, or entity"),
        ({"prediction_id": "a", "entity": "b", "label": "money"}, 400, "either prediction_id, or entity"),
        ({"prediction_id": "a"}, 400, "label"),
        ({"prediction_id": "a", "label": "b", "kind": "guess"}, 400, "guess"),
        ({"prediction_id": "a", "label": "b", "lable": "c"}, 400, "lable"),
    ],
)
def test_bad_feedback_gets_one_clear_line(shared, body, status, said):
    answer = give(shared, **body)
    assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text
