"""A web page cannot make a visitor's browser use an open server on the visitor's machine."""

import pytest

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
REBOUND = {"host": "evil.example:8080", "origin": "http://evil.example:8080", "sec-fetch-site": "same-origin"}
FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:1"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "http://localhost:1"},
]


def bodies(server):
    prediction_id = server.predict("a goal").headers["argosy-prediction-id"]
    return {
        "/feedback": f'{{"prediction_id": "{prediction_id}", "label": "money"}}',
        "/v1/models/topics:predict": '{"instances": ["a goal"]}',
    }


def test_a_name_that_was_made_to_lead_here_is_not_answered(shared):
    predicted = bodies(shared)
    for path in ("/", "/v2", "/v2/models", "/metrics", "/openapi.json", "/v2/health/ready"):
        answer = shared.client.get(path, headers=REBOUND)
        assert answer.status_code == 421, path
        assert "topics" not in answer.text
    for path, body in predicted.items():
        assert shared.client.post(path, content=body, headers={**JSON, **REBOUND}).status_code == 421


@pytest.mark.parametrize("fields", FOREIGN)
@pytest.mark.parametrize("kind", [JSON, FORM, {}, {"content-type": "text/plain"}], ids=["json", "form", "none", "text"])
def test_another_sites_page_changes_nothing(shared, fields, kind):
    for path, body in bodies(shared).items():
        answer = shared.client.post(path, content=body, headers={**kind, **fields})
        assert (answer.status_code, "another site" in answer.json()["error"]) == (403, True), path


@pytest.mark.parametrize("kind", [JSON, FORM, {}], ids=["json", "form", "none"])
def test_programs_give_feedback_as_curl_does(shared, kind):
    assert shared.client.post("/feedback", content=bodies(shared)["/feedback"], headers=kind).status_code == 201


def test_names_in_the_settings_are_served(project, start):
    project.promote(project.train())
    server = start(hosts=["Models.Example"])
    for name in ("models.example", "localhost:1", "[::1]:8080"):
        assert server.client.get("/v2/models", headers={"host": name}).status_code == 200
    own = {"host": "models.example", "origin": "https://models.example", "sec-fetch-site": "same-origin"}
    assert server.predict("a goal", **own).status_code == 200
    assert server.client.get("/v2/models", headers={"host": "other.example"}).status_code == 421


def test_a_server_that_requires_tokens_answers_under_any_name(project, start):
    project.promote(project.train())
    headers = {"authorization": f"Bearer {project.tokens.create('all', ['predict'])}", "host": "models.example"}
    server = start()
    assert server.client.get("/v2/models", headers=headers).status_code == 200
    assert server.client.get("/v2/models", headers={"host": "models.example"}).status_code == 401
    assert server.predict("a goal", **headers, origin="http://evil.example").status_code == 403
