"""A service from a call to its answer and record: alone, many at once, and where something is missing or fails."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argosy.errors import (
    CacheUnavailable,
    FeatureUnavailable,
    InputInvalid,
    ModelNotFound,
    RequestInvalid,
    RequestTooLarge,
    ServiceStepFailed,
)
from argosy.services import given_rows
from argosy.services.calls import ServiceCall
from argosy.testing.waiting import PATIENCE

HISTORY = {"table": "users", "key": "user", "columns": ["age", "city"], "default": {"city": "nowhere"}}
YES = {"threshold": {"at": 0.5, "yes": "offer", "no": "pass"}}


def call(*inputs, **how):
    return ServiceCall(list(inputs), **how)


def row(answer, number=0):
    return answer.rows[number]


def test_features_are_filled_in_a_decision_made_and_all_of_it_logged(opened):
    service = opened(
        features={"history": HISTORY}, positive="bought", decide=[{"mix": {"score": "probability + age"}}, YES]
    )
    service.put("users", "user", ("age", "city", "more"), ("ana", 0.25, "Bern", 1), ("bo", 0.75, None, 2))
    [answer] = service.ask(
        call({"user": "ana", "price": 10}, {"user": "bo", "price": 10}, {"user": "cy", "price": 60, "age": 0.125})
    )
    assert [one.values["score"] for one in answer.rows] == [0.35, 0.85, 0.725]
    assert [one.decision for one in answer.rows] == ["pass", "offer", "offer"]
    assert [one.values["city"] for one in answer.rows] == ["Bern", "nowhere", "nowhere"]
    assert [one.features["history"].source for one in answer.rows] == ["cache", "cache", "default"]
    logged = service.logged()
    assert [one.id for one, _ in logged] == list(answer.prediction_ids)
    assert [one.input for one, _ in logged] == [
        {"user": "ana", "price": 10, "age": 0.25, "city": "Bern"},
        {"user": "bo", "price": 10, "age": 0.75, "city": "nowhere"},
        {"user": "cy", "price": 60, "age": 0.125, "city": "nowhere"},
    ]
    account = logged[0][1]
    assert (account.service, account.digest, account.decision) == ("offers", service.plane.service.digest, "pass")
    assert account.given == {"user": "ana", "price": 10}
    assert [name for name, _ in account.steps] == ["mix", "threshold"]
    assert (account.answers[0].model, account.answers[0].version, account.answers[0].number) == ("offers", 1, 0.1)
    assert account.features["history"].age >= 0


def test_a_table_that_is_put_again_is_read_from_then_on(opened):
    service = opened(features={"history": {**HISTORY, "columns": ["age"], "default": {}}})
    ask = call({"user": "ana", "price": 10})
    assert row(service.ask(ask)[0]).values["age"] is None
    service.put("users", "user", ("age",), ("ana", 1))
    assert row(service.ask(ask)[0]).values["age"] == 1
    service.put("users", "user", ("more", "age"), ("ana", 5, 2))
    assert row(service.ask(ask)[0]).values["age"] == 2
    service.put("users", "user", ("more",), ("ana", 5))
    assert row(service.ask(ask)[0]).values["age"] is None


class Away:
    url, is_immediate = "away:", False

    async def read_async(self, keys):
        raise CacheUnavailable("away: ConnectionError")


class Hanging(Away):
    async def read_async(self, keys):
        import asyncio

        await asyncio.Event().wait()


@pytest.mark.parametrize("cache", [Away(), Hanging()])
def test_a_cache_that_is_away_or_hangs_costs_the_features_and_no_answer(opened, cache, caplog):
    service = opened(cache=cache, features={"history": HISTORY}, timeout="10ms")
    [answer, second] = service.ask(call({"user": "ana", "price": 10}), call({"user": "bo", "price": 20}))
    assert row(answer).features["history"].source == "default"
    assert row(second).values["city"] == "nowhere"
    assert sum("answers without features" in line for line in caplog.messages) == 1
    needing = opened(cache=cache, features={"history": {**HISTORY, "required": True}}, timeout="10ms")
    [refused] = needing.ask(call({"user": "ana", "price": 10}))
    assert isinstance(refused, FeatureUnavailable)
    assert "'history' is needed, and the cache did not answer in time" in str(refused)
    assert needing.logged() == []


def test_what_must_be_known_and_is_not_there_is_no_answer(opened):
    service = opened(features={"history": {**HISTORY, "required": True}})
    service.put("users", "user", ("age", "city"), ("ana", 1, "Bern"))
    there, nobody = service.ask(call({"user": "ana", "price": 10}), call({"user": "nobody", "price": 10}))
    assert row(there).values["age"] == 1
    assert isinstance(nobody, FeatureUnavailable)
    assert "there is nothing for this key" in str(nobody)


@pytest.mark.parametrize(
    ("stale", "city", "source"), [("mark", "Bern", "cache"), ("default", "nowhere", "default"), ("refuse", None, None)]
)
def test_what_is_too_old_is_marked_replaced_or_refused(opened, stale, city, source):
    service = opened(features={"history": {**HISTORY, "at_most": "1ms", "stale": stale}})
    service.put("users", "user", ("age", "city"), ("ana", 1, "Bern"))
    time.sleep(0.002)  # the age is that of the clock
    [answer] = service.ask(call({"user": "ana", "price": 10}))
    if source is None:
        assert isinstance(answer, FeatureUnavailable)
        return
    feature = row(answer).features["history"]
    assert (row(answer).values["city"], feature.source, feature.is_stale) == (city, source, True)


def test_only_what_is_asked_for_is_filled_in(opened):
    service = opened(features={"history": HISTORY})
    service.put("users", "user", ("age", "city"), ("ana", 1, "Bern"))
    [without] = service.ask(call({"user": "ana", "price": 10}, fill=[]))
    assert row(without).values["city"] == "nowhere"
    [refused] = service.ask(call({"user": "ana", "price": 10}, fill=["histry"]))
    assert isinstance(refused, RequestInvalid)
    assert "did you mean 'history'" in str(refused)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"price": 1}, "row 1: 'user' is missing"),
        ({"user": None, "price": 1}, "row 1: 'user' is missing"),
        ({"user": "ana", "price": "1"}, "row 1: 'price' is a number, not a string"),
        ({"user": "ana", "price": True}, "row 1: 'price' is a number, not a boolean"),
        ({"user": ["ana"], "price": 1}, "row 1: 'user' is a text, a number or true or false, not an array"),
        ({"user": "ana", "price": 1, "cty": "x"}, "row 1: nothing is called 'cty' .did you mean 'city'"),
        ({"user": "ana", "price": 1, "candidates": []}, "input 1: candidates are a list of objects"),
        ({"user": "ana", "candidates": [{"price": 1}, {"price": "x"}]}, "row 2: 'price' is a number"),
    ],
)
def test_inputs_that_are_not_accepted_are_named(opened, given, problem):
    [refused] = opened(features={"history": HISTORY}).ask(call(given))
    assert isinstance(refused, InputInvalid)
    with pytest.raises(InputInvalid, match=problem):
        raise refused


def test_inputs_have_defaults_and_a_most(opened):
    service = opened(accepts={"user": "category", "price": {"kind": "number", "default": 7}})
    service.plane._dataplane.limits = service.plane._dataplane.limits.__class__(rows=2)
    [answer] = service.ask(call({"user": 7}, {"user": "bo", "price": None}))
    assert [one.values["price"] for one in answer.rows] == [7, 7]
    [many] = service.ask(call(*[{"user": "a"}] * 3))
    [none] = service.ask(call())
    assert isinstance(many, RequestTooLarge)
    assert isinstance(none, RequestInvalid)


def test_what_candidates_have_in_common_is_limited_as_a_body_is(opened, monkeypatch):
    monkeypatch.setattr(given_rows, "MOST_SHARED", 100)
    few, many = ([{"price": number} for number in range(count)] for count in (10, 11))
    service = opened()
    answered, refused, at_once = service.ask(
        call({"user": "a" * 10, "candidates": few}),
        call({"user": "a" * 10, "candidates": many}),
        call({"user": "a" * 10, "candidates": few[:6]}, {"user": "a" * 10, "candidates": few[:5]}),
    )
    assert len(answered.rows) == 10
    assert isinstance(refused, RequestTooLarge)
    assert isinstance(at_once, RequestTooLarge)


def test_candidates_are_rows_ranked_among_their_own(opened):
    top = {"top": {"k": 1, "within": "candidates", "otherwise": "pass"}}
    service = opened(positive="bought", decide=[top])
    prices = [{"price": 10}, {"price": 30}]
    [answer] = service.ask(call({"user": "ana", "candidates": prices}, {"user": "bo", "candidates": prices[::-1]}))
    assert [(one.values["user"], one.values["price"], one.rank) for one in answer.rows] == [
        ("ana", 10, None),
        ("ana", 30, 1),
        ("bo", 30, 1),
        ("bo", 10, None),
    ]
    everywhere = opened(positive="bought", decide=[{"top": {"k": 1, "otherwise": "pass"}}])
    [answer] = everywhere.ask(call({"user": "ana", "candidates": prices}, {"user": "bo", "candidates": prices}))
    assert [one.rank for one in answer.rows] == [None, 1, None, None]


def test_an_entity_is_what_outcomes_are_about(opened):
    outcome = {"posted": True, "entity": ["user", "price"], "within": "7d"}
    service = opened(outcomes={"bought": outcome})
    service.ask(call({"user": " ana", "price": 10.0}, {"user": "bo", "price": 2}))
    assert [one.entity for one, _ in service.logged()] == ['["ana","10"]', '["bo","2"]']
    [refused] = service.ask(call({"user": "ana", "price": 10.5}))
    assert "row 1: the price is the floating-point number 10.5" in str(refused)


def test_functions_change_rows_before_and_after_the_models(opened):
    def prepare(rows):
        return [{**one, "price": one["price"] * 2, "is_dear": one["price"] > 20} for one in rows]

    def finish(rows):
        return [{**one, "decision": "gift" if one["is_dear"] else one["decision"], "note": "n"} for one in rows]

    functions = {"shop.prepare": prepare, "shop.finish": finish}
    service = opened(functions, prepare="shop.prepare", decide=[YES, "shop.finish"], positive="bought")
    [answer, second] = service.ask(call({"user": "ana", "price": 30}), call({"user": "bo", "price": 10}))
    assert (row(answer).decision, row(second).decision) == ("gift", "pass")
    [(first, account), _] = service.logged()
    assert first.input == {"user": "ana", "price": 60, "is_dear": True}
    assert account.given == {"user": "ana", "price": 30}
    assert account.steps[-1] == ("shop.finish", {"decision": "gift", "note": "n"})


def failing(rows):
    if any(one["user"] == "bad" for one in rows):
        raise ValueError(str(rows))
    return rows


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (failing, "shop.prepare raised ValueError$"),
        (lambda rows: rows if rows[0]["user"] != "bad" else rows[:-1], "given 1 rows and returned 0"),
        (
            lambda rows: rows if rows[0]["user"] != "bad" else None,
            "a list of dictionaries, and returned a NoneType",
        ),
        (lambda rows: rows if rows[0]["user"] != "bad" else [1], "returned a list with a int"),
    ],
)
def test_a_function_that_fails_for_one_call_fails_no_other(opened, function, problem):
    service = opened({"shop.prepare": function}, prepare="shop.prepare")
    bad, good = service.ask(call({"user": "bad", "price": 1}), call({"user": "ana", "price": 1}))
    assert row(good).values["user"] == "ana"
    with pytest.raises(ServiceStepFailed, match=problem) as raised:
        raise bad
    assert "price" not in str(raised.value)


def test_where_a_function_raised_is_for_the_log(opened, caplog):
    service = opened({"shop.prepare": failing}, prepare="shop.prepare")
    service.ask(*[call({"user": "bad", "price": 17})] * 3)
    [line] = [one for one in caplog.messages if "raised ValueError at " in one]
    assert "test_service_plane.py" in line
    assert "17" not in line.partition("raise ")[2]


def test_a_function_that_hangs_is_left_behind(opened):
    import threading

    ends = threading.Event()

    def hang(rows):
        if rows[0]["user"] == "bad":
            ends.wait()
        return rows

    service = opened({"shop.prepare": hang}, prepare="shop.prepare", seconds=0.05)
    [bad] = service.ask(call({"user": "bad", "price": 1}))
    service.callers["shop.prepare"]._seconds = PATIENCE
    [good] = service.ask(call({"user": "ana", "price": 1}))
    ends.set()
    assert "took longer than 0.05 s" in str(bad)
    assert row(good).values["user"] == "ana"


def test_several_models_are_asked_and_steps_know_all_answers(opened):
    service = opened(
        model={"main": "offers@champion", "other": "second@2"},
        positive="bought",
        decide=[{"mix": {"score": "main.probability + other.probability"}}],
    )
    [answer] = service.ask(call({"user": "ana", "price": 25}))
    assert row(answer).values["score"] == 0.5
    assert [(one.name, one.model, one.version) for one in row(answer).answers] == [
        ("main", "offers", 1),
        ("other", "second", 2),
    ]
    assert [one.model for one, _ in service.logged()] == ["offers"]


def test_weights_divide_the_entities_and_each_stays_with_its_model(opened):
    service = opened(model={"offers@1": 3, "offers@2": 1})
    calls = [call({"user": f"user {n}", "price": 1}, subject=f"user {n}") for n in range(400)]
    versions = [one.responses[0].version for one in service.ask(*calls)]
    assert versions == [one.responses[0].version for one in service.ask(*calls)]
    assert 60 < versions.count(2) < 140
    [wanted] = service.ask(call({"user": "ana", "price": 1}, model="offers@2"))
    assert wanted.responses[0].version == 2


def test_a_measured_bias_is_taken_off(opened):
    steps = [{"correct": {"bias": "measured"}}]
    service = opened(positive="bought", decide=steps, biases={"bought": 0.125, "not_bought": -0.125})
    assert [row(one).values["score"] for one in service.ask(*[call({"user": "ana", "price": 25})] * 2)] == [0.125] * 2
    unknown = opened(positive="bought", decide=steps)
    [answer] = unknown.ask(call({"user": "ana", "price": 25}))
    assert row(answer).steps == [("correct", {"score": 0.25, "bias": None})]


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ({"mix": {"score": "1 / (price - 5)"}}, "row 2: mix of 'score': a division by zero"),
        ({"mix": {"score": "probability + user"}}, None),
        ({"mix": {"score": "price * 1e308 * 10"}}, "row 1: mix of 'score': a number is too large"),
    ],
)
def test_what_cannot_be_computed_is_the_rows_fault(opened, step, problem):
    if problem is None:
        with pytest.raises(Exception, match="takes a number and not a text"):
            opened(decide=[step])
        return
    [refused] = opened(decide=[step]).ask(call({"user": "ana", "price": 3}, {"user": "bo", "price": 5}))
    assert isinstance(refused, InputInvalid)
    assert problem in str(refused)


def test_a_score_from_a_column_is_a_number(opened):
    service = opened(features={"history": HISTORY}, decide=[{"mix": {"score": "city"}}])
    [refused] = service.ask(call({"user": "ana", "price": 3}))
    assert isinstance(refused, InputInvalid)
    assert "row 1: mix: 'score' is no number" in str(refused)


def test_whole_numbers_of_any_size_are_logged(opened):
    service = opened(decide=[{"mix": {"paid": "price * price", "whole": "floor(1e300)"}}])
    [answer] = service.ask(call({"user": "ana", "price": (1 << 64) - 1}))
    [(_, account)] = service.logged()
    assert account.steps == [("mix", {"paid": float(((1 << 64) - 1) ** 2), "whole": 1e300})] == row(answer).steps


def test_a_defect_is_an_answer_too(opened, monkeypatch, caplog):
    service = opened()

    def decided(calls):
        raise AttributeError(str(calls[0].rows[0].values))

    monkeypatch.setattr(service.plane._decide, "decided", decided)
    failed = service.ask(call({"user": "ana", "price": 1}), call({"user": "bo", "price": 1}))
    assert [str(one) for one in failed] == ["offers failed: the server's log says why"] * 2
    assert "AttributeError at" in caplog.text
    assert "ana" not in caplog.text


def test_a_model_that_is_not_there_is_said(opened):
    [missing] = opened(model="third").ask(call({"user": "ana", "price": 1}))
    assert isinstance(missing, ModelNotFound)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(["ana", "bo", "bad", "cy"]), min_size=1, max_size=3), min_size=1, max_size=12))
def test_no_answer_holds_what_belongs_to_another(opened, users):
    """Whatever fails among calls that come at once, each of the others has its own rows."""
    service = opened({"shop.prepare": failing}, prepare="shop.prepare", features={"history": HISTORY})
    service.put("users", "user", ("age", "city"), ("ana", 1, "Bern"), ("bo", 2, "Rome"), ("bad", 3, "Oslo"))
    calls = [
        call(*({"user": user, "price": 10 * number + place} for place, user in enumerate(of_call)))
        for number, of_call in enumerate(users)
    ]
    answers = service.ask(*calls)
    city = {"ana": "Bern", "bo": "Rome", "cy": "nowhere"}
    for one, of_call, answer in zip(calls, users, answers, strict=True):
        if "bad" in of_call:
            assert isinstance(answer, ServiceStepFailed)
            continue
        assert [each.values["price"] for each in answer.rows] == [each["price"] for each in one.inputs]
        assert [each.values["city"] for each in answer.rows] == [city[user] for user in of_call]
    ids = [id_ for answer in answers if not isinstance(answer, Exception) for id_ in answer.prediction_ids]
    assert sorted(one.id for one, _ in service.logged()) == sorted(ids)
