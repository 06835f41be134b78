"""A model on another server becomes a version: served with the answers of that server, and with 503 without it."""

import signal

import pytest


def test_a_model_of_another_server_is_imported_served_and_missed(live, imported, copy_of):
    there, here = copy_of(live), copy_of(imported)
    server, theirs = there.serve("serve")
    url = f"{str(theirs.base_url).rstrip('/')}/v2/models/tickets"
    asked = ("models", "import", url, "--as", "tickets")
    assert "the settings do not permit calls of http://127.0.0.1" in here.run(*asked, "--json").mistake
    settings = (here.folder / "argosy.yaml").read_text("utf-8")
    here.write("argosy.yaml", f"{settings}\nremote_servers: [{{url: '{theirs.base_url}'}}]\n")
    found = here.json(*asked)
    assert found["version"] == "tickets@1"
    assert found["probabilities"]
    here("models", "promote", "tickets@1")
    ours, client = here.serve("serve")
    instances = {"instances": ["parcel late", "card charged twice"]}
    answers = [one.post("/v1/models/tickets:predict", json=instances).json()["predictions"] for one in (client, theirs)]
    for mine, other in zip(*answers, strict=True):
        assert mine["label"] == other["label"]
        assert mine["probabilities"] == pytest.approx(other["probabilities"], abs=1e-12)
    assert "remote" in here("models", "show", "tickets@1")
    there.end(server, signal.SIGKILL)
    missed = client.post("/v1/models/tickets:predict", json=instances)
    assert missed.status_code == 503
    assert "cannot be asked" in missed.text
    here.end(ours)
