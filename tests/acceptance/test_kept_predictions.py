"""predictions.keep: doctor shows what will be deleted, and an idle worker deletes it."""

import pytest


@pytest.fixture
def answered(live, copy_of):
    """The project with a served prediction that is kept for one minute."""
    shell = copy_of(live)
    process, client = shell.serve("serve")
    body = {"instances": ["my parcel is late"]}
    given = client.post("/v1/models/tickets:predict", json=body).json()["predictions"][0]["prediction_id"]
    client.close()
    shell.end(process)
    return shell, given


def found_by_doctor(shell):
    findings = shell.run("doctor", "--json", "--quick").json
    return next(one["found"] for one in findings if one["check"] == "prediction log")


def test_a_setting_keeps_young_predictions_and_is_shown(answered):
    shell, given = answered
    assert found_by_doctor(shell) == "kept for ever"
    shell.write("argosy.yaml", "name: shop\npredictions: {keep: 90d, models: {tickets: 1h}}\n")
    assert found_by_doctor(shell) == "kept for 90d, 1h of tickets; none is older"
    assert shell.json("lineage", given)["answered"][0]["days"]


def test_a_wrong_setting_is_one_line(empty):
    empty.write("argosy.yaml", "name: shop\npredictions: {keep: long}\n")
    assert "predictions.keep: expected a duration such as 90d or 12h" in empty.mistake("examples", "count")
