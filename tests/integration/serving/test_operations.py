"""The description of the routes, the metrics, and the server as a process."""

import signal

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from prometheus_client.parser import text_string_to_metric_families

from argosy.app.mounting import http_server
from argosy.errors import AddressInvalid, PortInUse
from argosy.http.listening import listen
from argosy.serving.reloading import Reloading
from argosy.testing.waiting import PATIENCE


def test_the_openapi_document_is_valid_and_has_every_route(shared):
    document = shared.client.get("/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    project = shared.project
    reloading = Reloading(project.settings(), project.settings)
    app = http_server(project.store, project.vault, project.spool, reloading=reloading).app
    served = {(route.path, method) for route in app.routes for method in route.methods - {"HEAD"}}
    served = {one for one in served if ":{verb}" not in one[0]}  # answers that there is no such method
    loaded = {"/v2/models/topics/infer", "/v1/models/topics:predict"}  # of its own inputs
    assert loaded < set(document["paths"])
    described = {
        (path, method.upper())
        for path, methods in document["paths"].items()
        for method in methods
        if path not in loaded
    }
    assert served == described
    assert len(served) > 15


def test_what_the_document_promises_of_answers_is_so(shared):
    from jsonschema import Draft202012Validator

    document = shared.client.get("/openapi.json").json()
    shared.predict("a goal")
    digest = shared.project.store.stored_version("topics@1").artifact
    paths = {"model": "topics", "version": "1", "label": "canary", "digest": digest}
    for path, methods in document["paths"].items():
        if "get" not in methods or "application/json" not in methods["get"]["responses"]["200"]["content"]:
            continue
        answer = shared.client.get(path.format(**paths), headers={"accept": "application/json"})
        schema = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert answer.status_code == 200, path
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json())


def test_the_models_are_listed_with_what_answers_by_default(shared):
    home = shared.client.get("/").json()
    assert home["places"]["models"] == "GET /v2/models"
    [model] = shared.client.get("/v2/models").json()["models"]
    assert (model["name"], model["versions"], model["default"]) == ("topics", ["1", "2"], "1")
    assert model["default_is"] == ("champion" if "champion" in model["aliases"] else "newest")
    assert shared.client.get("/v1/models").json() == {"models": ["topics"]}


@pytest.mark.parametrize("model", ["topics", "topics/versions/1", "topics/labels/canary"])
def test_another_verb_is_answered_with_those_there_are(shared, model):
    answer = shared.client.post(f"/v1/models/{model}:train", json={"instances": ["a"]})
    assert answer.status_code == 404
    assert answer.json()["error"] == "a model has no verb 'train': there are predict, classify and regress"
    refused = shared.client.post(f"/v1/models/{model}:explain", json={"instances": ["a"]})
    assert (refused.status_code, "explains" in refused.json()["error"]) == (404, True)


def samples(server):
    text = server.client.get("/metrics").text
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_requests_predictions_and_states(shared):
    key = ("argosy_predictions_total", ("model", "topics"), ("protocol", "tensorflow"), ("version", "1"))
    ok = ("argosy_requests_total", ("route", "v1_predict"), ("status", "200"))
    missing = ("argosy_requests_total", ("route", "v1_predict"), ("status", "404"))
    shared.predict("a")
    before = samples(shared)
    shared.predict("a", "b")
    shared.predict("a", path="/v1/models/none")
    after = samples(shared)
    assert after[key] - before[key] == 2
    assert after[ok] - before[ok] == 1
    assert after[missing] - before.get(missing, 0) == 1
    state = ("argosy_servable_state", ("model", "topics"), ("state", "AVAILABLE"), ("version", "1"))
    assert after[state] == 1
    form = ("argosy_servable_form", ("form", "sparse_linear"), ("model", "topics"), ("version", "1"))
    assert after[form] == 1
    metadata = shared.client.get("/v2/models/topics/versions/1").json()
    assert metadata["parameters"]["form"] == "sparse_linear"
    assert not any("none" in str(name) for name in after)


def test_a_port_in_use_is_reported():
    taken = listen("127.0.0.1", 0)
    with taken, pytest.raises(PortInUse, match="another program listens"):
        listen("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "said"),
    [("no-such-host.invalid", "no machine is known as"), ("192.0.2.1", "no address of this machine")],
)
def test_an_address_that_is_none_is_no_port_in_use(host, said):
    with pytest.raises(AddressInvalid, match=said):
        listen(host, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_cleanly(project, start, number):
    project.promote(project.train())
    server = start()
    answered = server.predict("a goal").headers["argosy-prediction-id"]
    server.process.send_signal(number)
    assert server.process.wait(PATIENCE) == 0
    assert project.predictions.get(answered).input == "a goal"
    assert list(project.spool.iterdir()) == []
