"""A service as its users meet it: from a file, checked, drawn, served, and explained."""

import json
import random
import re
import time

import numpy as np
import pytest

from argosy.models.signature import DTYPES

PLAN = """\
name: offers
dataset: {name: all, options: {training_ratio: 0.6, seed: 1}}
adapter: {name: numeric}
model: {name: logistic}
"""
SERVICE = """\
service: offers
accepts: {user: category, product: category, price: number}
features:
  history: {table: users, key: user, columns: [likes, bought_total], default: {bought_total: 0}}
  goods: {table: products, key: product, columns: [category, margin]}
prepare: shop.prepare
model: offers@champion
positive: bought
decide:
  - correct: {bias: measured}
  - clamp: {min: 0, max: 1}
  - mix: {score: "0.8*score + 0.2*coalesce(margin, 0)"}
  - threshold: {at: 0.5, yes: recommend, no: pass}
  - top: {k: 2, within: candidates}
outcomes:
  bought: {posted: true, entity: [user, product], within: 7d, otherwise: not_bought}
"""
SHOP = """\
def prepare(rows):
    return [{**row, "is_liked": row["likes"] == row["category"]} for row in rows]
"""
OFFERS = "/services/offers"
QUESTION = {
    "inputs": [
        {"user": "ana", "candidates": [{"product": p, "price": 5} for p in ("lapsang", "ulysses", "kite")]},
        {"user": "bo", "product": "ulysses", "price": 5},
    ],
    "client": "tests",
    "explain": True,
}
LIKES = ("tea", "book", "toy")


def examples():
    """Who likes a category buys what is cheap of it."""
    draw = random.Random(5)
    for number in range(400):
        likes, category, price = draw.choice(LIKES), draw.choice(LIKES), draw.randrange(1, 40)
        bought = likes == category and price < 25
        given = {"user": f"u{number % 30}", "product": f"p{number % 20}", "price": price, "likes": likes}
        given |= {"category": category, "margin": 0.5, "bought_total": number % 7, "is_liked": likes == category}
        yield json.dumps({"input": given, "label": "bought" if bought else "not_bought"})


@pytest.fixture(scope="module")
def shop(make_project):
    shell = make_project("")
    shell.write("examples.jsonl", "\n".join(examples()))
    shell.write("plan.yaml", PLAN)
    shell.write("shop.py", SHOP)
    shell.write("users.csv", "user,likes,bought_total\nana,tea,3\nbo,book,\n")
    shell.write("products.csv", "product,category,margin\nlapsang,tea,0.5\nulysses,book,0.1\nkite,toy,0.4\n")
    shell("examples", "import", "examples.jsonl")
    shell("train", "plan.yaml")
    shell("models", "promote", "offers@1")
    shell("features", "put", "users", "users.csv", "--key", "user")
    shell("features", "put", "products", "products.csv", "--key", "product")
    (shell.folder / "services").mkdir()
    shell.write("services/offers.yaml", SERVICE)
    return shell


@pytest.fixture(scope="module")
def served(shop):
    """A client, and the address of gRPC."""
    process, client = shop.serve("serve", "--grpc-port", 0)
    return client, re.search(r"grpc://(\S+)", process.stdout.readline())[1]


@pytest.fixture(scope="module")
def client(served):
    return served[0]


def test_a_service_is_checked_before_it_is_served(shop):
    found = shop.json("service", "check", "offers")["offers"]
    assert {one["subject"]: one["state"] for one in found} == {
        "accepts": "ok",
        "history": "ok",
        "goods": "ok",
        "shop.prepare": "ok",
        "offers@champion": "warning",  # is_liked is for `prepare` to make
        "bought": "ok",
    }
    assert "is_liked: neither accepted nor filled in" in found[-2]["problem"]
    assert shop.run("service", "check").out.endswith("It can be served.\n")


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("table: users", "table: user", "there is no table 'user' (did you mean 'users'?)"),
        ("table: users", "table: user", "argosy features put user FILE --key user"),
        ("[category, margin]", "{category: category, margin: margn}", "no column 'margn' (did you mean 'margin'?)"),
        ("shop.prepare", "shop.prepar", "the module 'shop' has no function 'prepar' (did you mean 'prepare'?)"),
        ("shop.prepare", "shp.prepare", "there is no shp.py in "),
        ("positive: bought", "positive: bougt", "no label 'bougt' (did you mean 'bought'?)"),
        ("offers@champion", "offers@canary", "has no version or alias 'canary'"),
        ("posted: true", "files: bookings", "there is no folder and no file"),
        ("coalesce(margin, 0)", "category", "takes a number and not a text"),
        ("within: candidates", "within: candidates, by: likes", "'likes' is a text and no number"),
        ("{bought_total: 0}", "{bought_total: none}", "the default of 'bought_total' is a text, and the column"),
    ],
)
def test_what_would_keep_it_from_being_served_is_named(shop, before, after, problem):
    shop.write("services/offers.yaml", SERVICE.replace(before, after, 1))
    try:
        ran = shop.run("service", "check", "offers")
    finally:
        shop.write("services/offers.yaml", SERVICE)
    assert ran.code == 1
    assert problem in " ".join(ran.out.split())


@pytest.mark.parametrize("before", ["bought: {posted", "otherwise: not_bought"])
def test_an_outcome_that_is_no_label_of_the_model_is_a_warning(shop, before):
    shop.write("services/offers.yaml", SERVICE.replace(before, before.replace("bought", "bougt")))
    try:
        ran = shop.run("service", "check", "offers")
    finally:
        shop.write("services/offers.yaml", SERVICE)
    assert ran.code == 0
    assert "bougt' is no label of 'offers' (did you mean '" in " ".join(ran.out.split())


def test_the_doctor_looks_at_services_too(shop):
    shop.write("services/offers.yaml", SERVICE.replace("table: users", "table: user"))
    try:
        found = {one["check"]: one for one in shop.run("doctor", "--quick", "--json").json}
    finally:
        shop.write("services/offers.yaml", SERVICE)
    assert not found["services"]["ok"]
    assert "argosy service check offers" in str(found["services"])


def test_a_version_that_learned_from_other_features_is_named(shop):
    """What the services looked up when it was trained is recorded with it."""
    assert shop.json("lineage", "offers@1")["environment"]["features"] == {}  # there was no service yet
    shop.write("second.yaml", PLAN.replace("seed: 1", "seed: 2"))
    shop("train", "second.yaml")
    learned = shop.json("lineage", "offers@2")["environment"]["features"]
    assert list(learned) == ["offers.history", "offers.goods"]
    changed = SERVICE.replace("offers@champion", "offers@2")
    shop.write("services/offers.yaml", changed.replace("default: {bought_total: 0}", "default: {bought_total: 1}"))
    try:
        findings = shop.json("service", "check", "offers")["offers"]
    finally:
        shop.write("services/offers.yaml", SERVICE)
    [found] = [one for one in findings if one["subject"] == "offers@2"]
    assert found["state"] == "warning"
    assert "it learned from other definitions of history" in found["problem"]


def test_a_service_is_listed_and_drawn(shop):
    assert [one["service"] for one in shop.json("service", "list")] == ["offers"]
    drawn = shop("service", "graph", "offers")
    assert "history: table 'users' by user: likes, bought_total" in drawn
    assert "score = 0.8*score + 0.2*coalesce(margin, 0)" in drawn
    assert "no service is called 'ofers' (did you mean 'offers'?)" in shop.mistake("service", "graph", "ofers")


def test_an_answer_is_decided_logged_and_explained(shop, client):
    answer = client.post(OFFERS, json=QUESTION).json()
    lapsang, ulysses, kite, for_bo = answer["results"]
    assert (answer["service"], answer["model"], answer["version"]) == ("offers", "offers", 1)
    assert [one["decision"] for one in answer["results"]] == ["recommend", "pass", "pass", "recommend"]
    assert (lapsang["rank"], for_bo["rank"]) == (1, 1)
    assert "rank" not in ulysses
    assert ulysses["explained"]["inputs"]["is_liked"] is False
    assert lapsang["explained"]["features"]["history"]["from"] == "cache"
    told = shop.json("service", "explain", kite["prediction_id"])
    assert told["entity"] == '["ana","kite"]'
    assert told["client"] == "tests"
    assert told["decision"] == "pass"
    assert told["given"] == {"user": "ana", "product": "kite", "price": 5}
    assert told["inputs"]["category"] == "toy"
    assert [one["step"] for one in told["steps"]] == ["correct", "clamp", "mix", "threshold", "top"]
    assert told["steps"][0]["set"]["bias"] is not None
    assert "kite" in shop("service", "explain", kite["prediction_id"])


def tensor(name, datatype, *values):
    return {"name": name, "datatype": datatype, "shape": [len(values)], "data": list(values)}


def asked_over_v2(client, body, path="service.offers", status=200):
    answer = client.post(f"/v2/models/{path}/infer", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_it_answers_over_v2_and_tensorflows_route_too(shop, client):
    rows = [{"user": "ana", "product": "lapsang", "price": 5}, {"user": "ana", "product": "kite", "price": 5}]
    own = client.post(OFFERS, json={"inputs": rows}).json()["results"]
    body = {
        "inputs": [
            tensor("user", "BYTES", "ana", "ana"),
            tensor("product", "BYTES", "lapsang", "kite"),
            tensor("price", "FP64", 5.0, 5.0),
        ]
    }
    found = {one["name"]: one["data"] for one in asked_over_v2(client, body)["outputs"]}
    assert found["decision"] == ["recommend", "pass"] == [one["decision"] for one in own]
    assert found["score"] == [one["score"] for one in own]
    assert found["label"] == [one["label"] for one in own]
    [only] = asked_over_v2(client, {**body, "outputs": [{"name": "prediction_id"}]})["outputs"]
    assert shop.json("service", "explain", only["data"][1])["decision"] == "pass"
    predicted = client.post("/v1/models/service.offers:predict", json={"instances": rows}).json()["predictions"]
    assert [one["decision"] for one in predicted] == ["recommend", "pass"]
    described = client.get("/v2/models/service.offers").json()
    assert [one["name"] for one in described["inputs"]] == ["user", "product", "price"]
    assert client.get("/v2/models/service.offers/ready").json()["ready"]
    numbered = {"inputs": [tensor("user", "INT64", 7, 8), *body["inputs"][1:]]}
    assert asked_over_v2(client, numbered)["outputs"][0]["shape"] == [2]
    wrong = {"inputs": [*body["inputs"][:2], tensor("price", "BYTES", "dear", "dear")]}
    assert "the input 'price' is BYTES: the model takes FP64" in asked_over_v2(client, wrong, status=400)["error"]
    refused = asked_over_v2(client, {"inputs": body["inputs"][:2]}, status=400)
    assert "the input 'price' is missing" in refused["error"]
    canary = asked_over_v2(client, body, "service.offers/versions/canary", 404)
    assert "canary" in canary["error"]
    assert asked_over_v2(client, body, "service.offers/versions/1")["model_version"] == "1"


@pytest.mark.parametrize("datatype", ["FP64", "FP32", "INT64", "UINT8"])
@pytest.mark.parametrize("library", ["http", "grpc"])
def test_the_client_of_another_server_asks_it(served, library, datatype):
    """Triton's, over REST with binary tensors and over gRPC; a number may come in any datatype of numbers."""
    triton = pytest.importorskip(f"tritonclient.{library}")
    rest, grpc_address = served
    address = grpc_address if library == "grpc" else str(rest.base_url).removeprefix("http://").rstrip("/")
    columns = {"user": ["ana", "bo"], "product": ["lapsang", "ulysses"], "price": [5, 5]}
    inputs = []
    for name, values in columns.items():
        is_number = name == "price"
        inputs.append(triton.InferInput(name, [2], datatype if is_number else "BYTES"))
        inputs[-1].set_data_from_numpy(np.array(values, DTYPES[datatype] if is_number else object))
    with triton.InferenceServerClient(address) as client:
        answer = client.infer("service.offers", inputs)
    assert [one.decode() for one in answer.as_numpy("decision").tolist()] == ["recommend", "recommend"]
    assert (answer.as_numpy("score") > 0.4).all()


def test_it_is_listed_among_the_models_with_the_versions_of_its_own(client):
    listed = {one["name"]: one for one in client.get("/v2/models").json()["models"]}
    own, model = listed["service.offers"], listed["offers"]
    assert own == {**model, "name": "service.offers"}
    assert "service.offers" in client.get("/v1/models").json()["models"]
    index = {(one["name"], one["version"]): one["state"] for one in client.post("/v2/repository/index").json()}
    assert index["service.offers", "1"] == "READY"
    assert client.get("/v2/models/service.offers").json()["versions"] == model["versions"]
    status = client.get("/v1/models/service.offers").json()
    assert ("1", "AVAILABLE") in [(one["version"], one["state"]) for one in status["model_version_status"]]
    assert status["ready"] is True
    part = client.get("/v1/models/service.offers.decide").json()
    assert [(one["version"], one["state"]) for one in part["model_version_status"]] == [("0", "AVAILABLE")]
    assert client.post("/v2/models/service.offers/stats").status_code == 405
    assert client.get("/v2/models/service.offers/stats").json() == {"model_stats": []}
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/v2/models/service.offers/infer", "/v1/models/service.offers:predict", "/services/{service}"} <= set(paths)


@pytest.mark.parametrize(
    "path",
    [
        "/v2/models/service.offers/versions/77",
        "/v2/models/service.offers/versions/77/ready",
        "/v2/models/service.offers.prepare/versions/77/ready",
        "/v1/models/service.offers/versions/77",
        "/v1/models/service.offers/versions/77/metadata",
        "/v1/models/service.offers.prepare/versions/77",
    ],
)
def test_a_version_that_its_model_has_not_is_not_there(client, path):
    answer = client.get(path)
    assert answer.status_code == 404, answer.text
    assert "77" in answer.json()["error"] or "has no versions" in answer.json()["error"]
    named = path.replace("77", "0" if "prepare" in path else "1")
    assert client.get(named).status_code == 200


def test_mlflows_route_refuses_such_a_version_in_its_own_form(client):
    body = {"dataframe_records": [{"user": "ana", "product": "lapsang", "price": 5.0}]}
    asked = client.post("/invocations?model=service.offers@1", json=body)
    assert asked.status_code == 200, asked.text
    refused = client.post("/invocations?model=service.offers@77", json=body)
    assert (refused.status_code, refused.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_clients_of_grpc_see_the_same(served):
    triton = pytest.importorskip("tritonclient.grpc")
    with triton.InferenceServerClient(served[1]) as client:
        assert client.is_model_ready("service.offers")
        assert client.is_model_ready("service.offers", "1")
        with pytest.raises(triton.InferenceServerException, match="its model's: 'offers' serves no version"):
            client.get_model_metadata("service.offers", "77")
        with pytest.raises(triton.InferenceServerException, match="serves no version '77'"):
            client.is_model_ready("service.offers", "77")
        assert "1" in client.get_model_metadata("service.offers").versions
        index = {(one.name, one.version): one.state for one in client.get_model_repository_index().models}
    assert index["service.offers", "1"] == "READY"
    assert index["service.offers.decide", ""] == "READY"


def test_it_is_ready_when_its_models_are(shop, copy_of):
    alone = copy_of(shop)
    alone.write("services/second.yaml", "accepts: {price: number}\nmodel: [offers@1, offers2@champion]\n")
    _, client = alone.serve("serve")
    assert client.get("/v2/models/service.offers/ready").status_code == 200
    assert client.get("/v2/models/service.second/ready").status_code == 503
    assert client.get("/v1/models/service.second").json()["ready"] is False


def test_who_is_not_known_is_said(client):
    [one] = client.post(OFFERS, json={"inputs": [{"user": "cy", "product": "kite", "price": 5}]}).json()["results"]
    assert one["missing"] == ["history"]


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        (b"{", 400, "the body is not JSON"),
        (b"[]", 400, "the body is no question: expected `object`"),
        (
            b'{"input": [{"user": "ana"}]}',
            400,
            "unknown field `input` (did you mean 'inputs'?); there are: inputs, fill",
        ),
        (b'{"explain": true}', 400, "missing required field `inputs`; there are: inputs, fill, model"),
        (b'{"inputs": []}', 400, "the request has no inputs"),
        (b'{"inputs": [{"user": "a", "user": "b"}]}', 400, "the key 'user' is given twice"),
        (b'{"inputs": [{}], "inputs": [{}]}', 400, "the key 'inputs' is given twice"),
        (b'{"inputs": [{"user": "a", "product": "b"}]}', 400, "row 1: 'price' is missing"),
        (b'{"inputs": [{"user": "a", "product": "b", "price": 1}], "fil": []}', 400, "unknown field `fil`"),
        (b'{"inputs": [{"user": "a", "product": "b", "price": 1}], "model": "topics"}', 404, "no model is called"),
        (b'{"inputs": [{}], "fill": ["%s"]}' % (b"x" * 99), 400, "called 'xx"),
        (b'{"inputs": [{"user": "a\\u0000", "product": "b", "price": 1}]}', 400, "NUL"),
    ],
)
def test_a_bad_question_is_refused(client, body, status, problem):
    answer = client.post(OFFERS, content=body)
    assert answer.status_code == status
    assert problem in answer.json()["error"]


def test_a_service_that_is_not_there_is_named(client):
    answer = client.post(f"{OFFERS}s", json={"inputs": [{}]})
    assert answer.status_code == 404
    assert "no service is called 'offerss' (did you mean 'offers'?)" in answer.json()["error"]
    listed = client.get("/services").json()["services"]
    assert [one["service"] for one in listed] == ["offers"]


def test_a_service_that_cannot_be_served_keeps_the_server_from_starting(shop):
    shop.write(
        "services/second.yaml", SERVICE.replace("service: offers", "service: second").replace("shop.prepare", "x.y")
    )
    try:
        assert "service second: prepare: there is no x.py in " in shop.mistake("serve", "--port", "0")
    finally:
        (shop.folder / "services" / "second.yaml").unlink()


def test_its_parts_may_be_on_other_servers(shop, client, copy_of):
    """One server prepares and decides, another computes; what is decided is the same as by one for all."""
    whole = client.post(OFFERS, json=QUESTION).json()
    front = copy_of(shop)
    place = f"place: {{prepare: '{client.base_url}', compute: '{client.base_url}', decide: '{client.base_url}'}}\n"
    front.write("services/offers.yaml", SERVICE + place)
    for name in ("users", "products"):
        front("features", "remove", name)
    _, asked = front.serve("serve")
    apart = asked.post(OFFERS, json=QUESTION).json()
    for one, other in zip(apart["results"], whole["results"], strict=True):
        own = {name: value for name, value in one.items() if name not in ("prediction_id", "explained")}
        assert own == {name: value for name, value in other.items() if name not in ("prediction_id", "explained")}
        assert one["explained"]["inputs"] == other["explained"]["inputs"]
        assert [each["step"] for each in one["explained"]["steps"]] == [
            each["step"] for each in other["explained"]["steps"]
        ]
    told = front.json("service", "explain", apart["results"][2]["prediction_id"])
    assert (told["decision"], told["entity"]) == ("pass", '["ana","kite"]')
    refused = asked.post(OFFERS, json={"inputs": [{"user": "ana", "product": "kite"}]})
    assert (refused.status_code, refused.json()["error"]) == (400, "row 1: 'price' is missing")


@pytest.mark.parametrize("score", ["{}", '{"score": "high"}', '{"score": [1]}', '{"score": true}'])
def test_a_part_refuses_what_it_cannot_decide(client, score):
    answers = [["offers", "offers", 1, "bought", 0.5, 0.5]]
    row = {"values": {"margin": 1, **json.loads(score)}, "answers": answers, "group": 0}
    refused = asked_over_v2(
        client, {"inputs": [tensor("rows", "BYTES", json.dumps(row))]}, "service.offers.decide", status=400
    )
    assert refused["error"] in ("row 1: correct: 'score' is no number", "row 1: mix of 'score': there is no 'score'")


def test_a_part_that_is_away_makes_the_service_unavailable(shop, copy_of):
    alone = copy_of(shop)
    alone.write("services/offers.yaml", SERVICE + "place: {prepare: 'http://127.0.0.1:1'}\n")
    _, asked = alone.serve("serve")
    answer = asked.post(OFFERS, json=QUESTION)
    assert answer.status_code == 503
    assert "http://127.0.0.1:1 cannot be asked: Connection refused" in answer.json()["error"]


def test_what_decisions_are_worth_is_measured_where_they_were_made_by_chance(shop, copy_of):
    """Recommending lets every third buy, whoever it is; the policy alone would say nothing about that."""
    explored = copy_of(shop)
    steps = "decide:\n  - threshold: {at: 0.5, yes: recommend, no: pass}\n  - explore: 0.6\n"
    outcome = "outcomes:\n  bought: {posted: true, label: what, entity: [user, product], within: 7d}\n"
    head = SERVICE[: SERVICE.index("decide:")]
    explored.write("services/offers.yaml", head + steps + outcome)
    process, asked = explored.serve("serve")
    people = [
        {"user": f"u{n}", "product": ("lapsang", "ulysses")[n % 2], "price": 5, "likes": "tea"} for n in range(300)
    ]
    results = asked.post(OFFERS, json={"inputs": people}).json()["results"]
    assert {(one["decision"], one["propensity"]) for one in results} == {
        ("recommend", 0.7),
        ("pass", 0.3),
        ("pass", 0.7),
        ("recommend", 0.3),
    }
    rows = [
        {
            "service": "offers",
            "outcome": "bought",
            "inputs": {"user": row["user"], "product": row["product"]},
            "label": "bought" if one["decision"] == "recommend" and number % 3 == 0 else "not_bought",
            "at": time.time(),
        }
        for number, (row, one) in enumerate(zip(people, results, strict=True))
    ]
    sent = asked.post("/outcomes", json=rows)
    assert sent.status_code in (200, 201), sent.text
    explored.end(process)
    explored("outcomes", "run", "--until-idle")
    found = explored.json("service", "value", "offers")
    assert (found["rows"], found["waiting"]) == (300, 0)
    for one in found["policies"]:
        assert one["no"]["value"] == 0
        yes = one["yes"]
        assert abs(yes["value"] - 1 / 3) < yes["high"] - yes["low"]  # some four standard deviations
        assert one["uplift"]["low"] > 0
    assert "bought if recommend" in explored("service", "value", "offers")
    explored("report", "offers@1", "--output", "report.html")
    report = (explored.folder / "report.html").read_text("utf-8")
    assert "What decisions are worth" in report
    assert "bought if recommend, %" in report
    assert "it decides nothing by chance" in shop.mistake("service", "value", "offers")
