"""Hundreds of requests generated from the server's OpenAPI document: none is answered with a 5xx."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error

QUICK = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

REAL = {"model": "topics", "version": "1", "label": "champion", "digest": "0" * 64}


def routes(schema):
    return {operation.ok().label: operation.ok() for operation in schema.get_all_operations()}


@pytest.mark.parametrize("token", [False, True], ids=["open", "with tokens"])
def test_no_request_that_the_description_allows_or_forbids_is_a_server_error(project, start, token):
    project.promote(project.train())
    headers = {}
    if token:
        headers["authorization"] = f"Bearer {project.tokens.create('all', ['predict', 'feedback', 'admin'])}"
    server = start()
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    schema.config.generation.update(modes=list(schemathesis.GenerationMode))
    found = routes(schema)
    assert len(found) > 15
    seen = set()
    for operation in found.values():
        ask(server, operation, headers, seen)
        assert (
            server.client.post("/v2/repository/models/topics/load", headers=headers).status_code == 200
        )  # or it stays out
        assert server.process.poll() is None, operation.label
    assert {200, 400} <= seen
    assert server.predict("a goal", **headers).status_code == 200


def ask(server, operation, headers, seen):
    """Each generated request twice: unchanged, and for an existing model."""

    @QUICK
    @given(case=operation.as_strategy())
    def one(case):
        for names in (case.path_parameters, {name: REAL[name] for name in case.path_parameters or {}}):
            case.path_parameters = names
            response = case.call(base_url=server.url, headers=headers)
            seen.add(response.status_code)
            case.validate_response(response, checks=[not_a_server_error])

    one()
