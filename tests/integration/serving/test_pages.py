"""The pages for a browser, and what the OpenAPI document says of the loaded models."""

from html.parser import HTMLParser

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class Fetched(HTMLParser):
    """What a page would have a browser fetch, its links, and its tags."""

    def __init__(self, text):
        super().__init__()
        self.fetches, self.links, self.tags = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.add(tag)
        if tag == "a":
            self.links.append(given["href"])
        self.fetches += [given[name] for name in ("src", "action") if name in given]
        if tag == "link" and not given["href"].startswith("data:"):
            self.fetches.append(given["href"])


def test_a_browser_is_shown_a_page_and_a_program_json(shared):
    page = shared.client.get("/", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "topics" in page.text
    assert "champion is 1" in page.text
    assert "/docs" in Fetched(page.text).links
    for accept in ("*/*", "application/json", ""):
        assert shared.client.get("/", headers={"accept": accept}).json()["status"] == "alive"


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_fetch_nothing_and_run_nothing(shared, path):
    answer = shared.client.get(path, headers=BROWSER)
    page = Fetched(answer.text)
    assert page.fetches == []
    assert "script" not in page.tags
    assert all(link.startswith(("/", "#")) for link in page.links)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")


def test_the_docs_have_every_route(shared):
    text = shared.client.get("/docs").text
    document = shared.client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        assert f"<code>{path}</code>" in text
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in text


def test_each_loaded_model_is_described_with_its_own_inputs(of_fields):
    document = of_fields.client.get("/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    for model, bad in (("topics", {"instances": [3]}), ("fields", {"instances": [{"ratio": "a"}]})):
        for path in (f"/v2/models/{model}/infer", f"/v1/models/{model}:predict"):
            body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
            schema = Draft202012Validator({**body["schema"], "components": document["components"]})
            schema.validate(body["example"])
            assert of_fields.client.post(path, json=body["example"]).status_code == 200
            assert not schema.is_valid(bad)
        assert of_fields.client.post(f"/v1/models/{model}:predict", json=bad).status_code == 400


def test_models_are_described_to_those_who_may_ask_them(guarded):
    server, tokens = guarded
    for path in ("/openapi.json", "/docs", "/"):
        assert "topics" not in server.client.get(path, headers=BROWSER).text
        headers = {**BROWSER, "authorization": f"Bearer {tokens['plain']}"}
        assert "topics" in server.client.get(path, headers=headers).text
        unknown = {**BROWSER, "authorization": "Bearer argosy_0"}
        assert server.client.get(path, headers=unknown).status_code == 200
