"""serve, feedback and retrain, one after another."""

import csv
import itertools

import pytest

DRONES = [f"drone {word} hangar rotor {number}" for number in range(30) for word in ("lost", "crashed", "hovers")]


@pytest.fixture(scope="module")
def server(live):
    process, client = live.serve("serve")
    yield client
    client.close()
    assert live.end(process) == 0


@pytest.fixture(scope="module")
def asked(server):
    """The ids of the answers about drones, a class that the champion does not know."""
    body = {"instances": DRONES}
    answer = server.post("/v1/models/tickets:predict", json=body, headers={"argosy-entity": "hangar"}).json()
    return [row["prediction_id"] for row in answer["predictions"]]


def test_the_loop(live, server, asked, until):
    """Each step depends on the previous ones."""
    the_server_answers_both_protocols_with_prediction_ids(server)
    feedback_is_added_once_by_id_and_by_entity(live, asked)
    outcomes_reach_every_prediction_about_an_entity(live, asked, until)
    a_review_goes_out_and_comes_back_corrected(live, server, until)
    a_challenger_that_learned_from_corrections_is_promoted(live, server, asked, until)
    where_nothing_is_new_retraining_refuses(live)
    what_chance_may_explain_is_refused_with_exit_code_1(live)
    a_queued_retraining_is_left_to_other_workers(live)
    doctor_finds_all_of_it_well(live)


def the_server_answers_both_protocols_with_prediction_ids(server):
    body = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["courier lost my parcel"]}]}
    answer = server.post("/v2/models/tickets/infer", json=body)
    outputs = {output["name"]: output["data"] for output in answer.json()["outputs"]}
    assert outputs["label"] == ["delivery"]
    assert outputs["prediction_id"] == [answer.headers["argosy-prediction-id"]]
    answer = server.post("/v1/models/tickets/labels/champion:predict", json={"instances": ["money back on my card"]})
    assert answer.json()["predictions"][0]["label"] == "refund"


def feedback_is_added_once_by_id_and_by_entity(live, asked):
    assert live.json("feedback", "add", asked[0], "--label", "drone", "--uniform")["new"] == 1
    assert "Known already" in live("feedback", "add", asked[0], "--label", "drone", "--uniform")
    contradictory = live.json("feedback", "add", asked[0], "--label", "refund", "--source", "intern")
    assert contradictory["new"] == 1
    live("feedback", "add", asked[0], "--label", "drone", "--source", "chief", "--uniform")
    listed = [(row["source"], row["token"], row["measures"]) for row in live.json("feedback", "list")]
    assert listed == [("chief", "", True), ("intern", "", False), ("analyst", "", True)]
    mistaken = live.mistake("feedback", "add", "0" * 44, "--label", "delivery")
    assert "0" * 44 in mistaken
    assert "PREDICTION_ID" in live.mistake("feedback", "add", "--label", "delivery")
    assert "not a time" in live.mistake("feedback", "add", "--entity", "hangar", "--since", "noon", "--label", "x")


def outcomes_reach_every_prediction_about_an_entity(live, asked, until):
    outcome = ("feedback", "add", "--entity", "hangar", "--kind", "outcome", "--label", "drone")
    until(lambda: live.run(*outcome).code == 0)  # 2 until the spool is drained
    assert sorted(live.json(*outcome)["prediction_ids"]) == sorted(asked)
    assert live.json(*outcome)["new"] == 0
    assert "nothing was predicted" in live.mistake(*outcome, "--until", "2026-01-01")


def a_review_goes_out_and_comes_back_corrected(live, server, until):
    more = [f"{text} again" for text in DRONES[:40]]
    assert server.post("/v1/models/tickets:predict", json={"instances": more}).status_code == 200
    review = ("feedback", "review", "tickets", "--output", "review.csv", "--rows")
    names = (f"all-{number}.csv" for number in itertools.count())  # an existing file is not overwritten
    everything = ("feedback", "review", "tickets", "--rows", 100, "--output")
    until(lambda: live.json(*everything, next(names))["rows"] >= len(more))
    written = live.json(*review, 20)
    with (live.folder / "review.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == written["rows"]
    assert all(0 < float(row["drawn"]) <= 1 for row in rows)
    for row in rows:
        row["correction"] = "drone" if row["text"] in more else "ok"
    rewrite(live.folder / "review.csv", rows)
    back = live.json("feedback", "import", "review.csv")
    assert (back["corrections"], back["skipped"], back["new_labels"]) == (len(rows), 0, ["drone"])
    assert live.json("feedback", "import", "review.csv")["new"] == 0
    rewrite(live.folder / "typo.csv", [{**rows[0], "prediction_id": "no-such-id"}, *rows])
    assert "line 2" in live.mistake("feedback", "import", "typo.csv")
    assert "cannot be read" in live.mistake("feedback", "import", "absent.csv")


def a_challenger_that_learned_from_corrections_is_promoted(live, server, asked, until):
    for prediction in asked:
        answer = server.post("/feedback", json={"prediction_id": prediction, "label": "drone", "uniform": True})
        assert answer.status_code == 201
    retrained = live.json("retrain", "tickets")
    assert retrained["promoted"] is True, retrained
    assert (retrained["champion"], retrained["challenger"]) == (1, 2)
    assert retrained["new_training_rows"] > 0
    assert retrained["verdict"]["low"] > 0
    ask = {"instances": ["drone lost in the hangar"]}
    until(lambda: server.post("/v1/models/tickets:predict", json=ask).headers["argosy-model-version"] == "2")
    [move, _] = live.json("models", "history", "tickets")
    assert (move["action"], move["from_number"], move["to_number"]) == ("promote", 1, 2)
    assert move["evidence"]["low"] > 0


def where_nothing_is_new_retraining_refuses(live):
    ran = live.run("retrain", "tickets")
    assert ran.code == 2
    assert ran.out.startswith("Nothing to learn: tickets: the training part has no example that")
    assert "Error" not in ran.err
    assert "tickts" in live.mistake("retrain", "tickts")


def what_chance_may_explain_is_refused_with_exit_code_1(live):
    live("examples", "import", write(live, "courier parcel late again", "delivery"))
    ran = live.run("retrain", "tickets", "--json")
    assert ran.code == 1
    assert ran.json["promoted"] is False
    assert ran.json["summary"].startswith("Refused: version 2 stays champion")


def a_queued_retraining_is_left_to_other_workers(live):
    live("examples", "import", write(live, "van courier parcel tomorrow", "delivery"))
    queued = live.json("retrain", "tickets", "--detach")
    assert queued["job"].startswith("retrain-tickets-")
    live("worker", "--until-idle")
    assert len(live.json("models", "list")["tickets"]) == 4


def doctor_finds_all_of_it_well(live):
    assert all(finding["ok"] for finding in live.json("doctor"))
    assert "the master keys open 2 data keys" in live("doctor")


def rewrite(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write(live, text, label):
    """A file of a few new examples."""
    return live.write("new.csv", "text,label\n" + "".join(f"{text} {number},{label}\n" for number in range(9)))
