"""A project's function, whatever it does: the server, and who else waits, go on."""

import asyncio
import queue
import threading

import numpy as np
import pytest

from argosy.definitions.service_steps import SCORE
from argosy.errors import DefinitionInvalid, FunctionHung, ServiceStepFailed
from argosy.services import functions
from argosy.services.calls import ServiceCall
from argosy.services.functions import MOST_HANGING, FunctionCaller, load_function
from argosy.testing.waiting import PATIENCE, until

ROW = {"user": "ana", "price": 10}
YES = {"threshold": {"at": 0.5, "yes": "offer", "no": "pass"}}


def called(caller, *given):
    return asyncio.run(caller.rows(list(given) or [ROW]))


@pytest.fixture
def caller_of():
    made = []

    def one(function, seconds=PATIENCE, at_once=1):
        made.append(FunctionCaller("shop.prepare", function, seconds, at_once))
        return made[-1]

    yield one
    for each in made:
        each.close()


@pytest.mark.parametrize(
    "error",
    [SystemExit(3), KeyboardInterrupt(), StopIteration(), asyncio.CancelledError(), TimeoutError(), RecursionError()],
    ids=repr,
)
def test_whatever_it_raises_is_its_callers_error_alone(caller_of, error):
    def fail(rows):
        raise error

    caller = caller_of(fail)
    for _ in range(MOST_HANGING + 1):  # none of which was a call that hangs
        with pytest.raises(ServiceStepFailed, match=f"shop.prepare raised {type(error).__name__}"):
            called(caller)


def test_calls_behind_one_that_hangs_have_the_next_thread(opened):
    """One call hangs, whatever waits meanwhile: the others are answered, and it counts once."""
    begun, ends, asked = threading.Event(), threading.Event(), []

    def hang(rows):
        asked.extend(row["user"] for row in rows)
        if rows[0]["user"] == "bad":
            begun.set()
            ends.wait()
        return rows

    service = opened({"shop.prepare": hang}, prepare="shop.prepare", seconds=0.2)
    caller = service.callers["shop.prepare"]

    async def ask():
        def answer(user):
            return asyncio.create_task(service.plane.answer(ServiceCall([{"user": user, "price": 1}])))

        bad = answer("bad")
        await asyncio.to_thread(begun.wait)
        others = []
        for number in range(2 * MOST_HANGING):  # each in a turn of its own
            others.append(answer(f"user {number}"))
            await asyncio.sleep(0)
        others[0].cancel()
        caller._seconds = PATIENCE
        return await asyncio.gather(bad, *others, return_exceptions=True)

    bad, gone, *others = asyncio.run(ask())
    ends.set()
    assert isinstance(bad, FunctionHung)
    assert isinstance(gone, asyncio.CancelledError)
    assert [one.rows[0].values["user"] for one in others] == [f"user {number}" for number in range(1, 2 * MOST_HANGING)]
    assert "user 0" not in asked  # nobody waited for it any more


def test_a_call_whose_caller_has_gone_keeps_its_thread_until_it_ends(caller_of):
    begun, ends = threading.Event(), threading.Event()

    def wait(rows):
        begun.set()
        ends.wait()
        return rows

    caller = caller_of(wait)

    async def ask():
        gone = asyncio.create_task(caller.rows([ROW]))
        await asyncio.to_thread(begun.wait)
        gone.cancel()
        second = asyncio.create_task(caller.rows([ROW]))
        await asyncio.sleep(0)
        ends.set()
        return await second

    assert asyncio.run(ask()) == [ROW]


def test_a_function_that_hangs_too_often_is_refused(caller_of):
    ends = threading.Event()
    caller = caller_of(lambda rows: ends.wait() and rows, seconds=0.01)
    for _ in range(MOST_HANGING):
        with pytest.raises(FunctionHung, match="took longer than"):
            called(caller)
    with pytest.raises(ServiceStepFailed, match="hangs in 8 calls: mend it and start the server again"):
        called(caller)
    ends.set()
    until(lambda: all(one.is_over for one in caller._hanging))
    caller._seconds = PATIENCE
    assert called(caller) == [ROW]  # those that hung have ended after all


def test_a_few_calls_run_at_once_and_others_wait_for_their_turn(caller_of):
    """A slow call holds up none but those that come when as many as may are under way."""
    begun, ends, most = queue.Queue(), threading.Event(), []

    def wait(rows):
        most.append(1)
        begun.put(len(most))
        ends.wait()
        most.pop()
        return rows

    caller = caller_of(wait, at_once=3)

    async def ask():
        calls = [asyncio.create_task(caller.rows([ROW])) for _ in range(7)]
        for number in (1, 2, 3):
            assert await asyncio.to_thread(begun.get) == number
        quick = asyncio.create_task(asyncio.to_thread(lambda: "the loop goes on"))
        assert await quick
        assert begun.empty()
        ends.set()
        return await asyncio.gather(*calls)

    assert asyncio.run(ask()) == [[ROW]] * 7


def test_a_server_that_stops_waits_for_no_call_that_hangs(caller_of, monkeypatch):
    monkeypatch.setattr(functions, "STOP_SECONDS", 0.01)
    begun, ends = threading.Event(), threading.Event()

    def hang(rows):
        begun.set()
        ends.wait()
        return rows

    caller = caller_of(hang)

    async def ask():
        calls = [asyncio.create_task(caller.rows([ROW])) for _ in range(3)]
        await asyncio.to_thread(begun.wait)
        caller.end_soon()
        return await asyncio.gather(*calls, return_exceptions=True)

    assert [str(one) for one in asyncio.run(ask())] == ["the server stops"] * 3
    ends.set()


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("nan"), None),
        (np.float64(1.5), 1.5),
        (np.float32("nan"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        ((1, [np.int8(2)]), [1, [2]]),
        ({"a": {"b": None}}, {"a": {"b": None}}),
    ],
    ids=repr,
)
def test_its_values_are_kept_as_json_has_them(caller_of, value, kept):
    [row] = called(caller_of(lambda rows: [{**one, "made": value} for one in rows]))
    assert row == {**ROW, "made": kept}
    assert type(row["made"]) is type(kept)


_round: list = []
_round.append(_round)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ({"made": {1}}, "returned as 'made' a set: return texts, numbers"),
        ({"made": [np.zeros(2)]}, "returned as 'made' a ndarray"),
        ({"made": b"x"}, "returned as 'made' a bytes"),
        ({"made": ["a\ud800"]}, "returned as 'made' a text with half of a surrogate pair"),
        ({"made": {1: 2}}, "returned as 'made' a dict"),
        ({"made": float("-inf")}, "returned as 'made' an infinite number"),
        ({"made": 1 << 64}, "returned as 'made' a whole number of more than 64 bits"),
        ({"made": _round}, "returned as 'made' what is nested over 32 levels deep"),
        ({1: 2}, "returned a row with a name that is a int"),
    ],
)
def test_values_that_cannot_be_logged_are_named(caller_of, made, problem):
    with pytest.raises(ServiceStepFailed, match=problem):
        called(caller_of(lambda _: [made]))


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ({"decision": 7}, "must return a text as decision, and returned a int"),
        ({"decision": None}, "must return a text as decision, and returned a NoneType"),
        ({SCORE: "high"}, "must return a number as score, and returned a str"),
        ({SCORE: True}, "must return a number as score, and returned a bool"),
    ],
)
def test_a_step_that_sets_what_is_no_decision_fails_its_call_alone(opened, made, problem):
    def finish(rows):
        return [{**one, **(made if one["user"] == "bad" else {})} for one in rows]

    steps = [YES, "shop.finish", {"clamp": {"min": 0}}]
    service = opened({"shop.finish": finish}, decide=steps, positive="bought")
    bad, good = service.ask(*(ServiceCall([{"user": user, "price": 60}]) for user in ("bad", "ana")))
    with pytest.raises(ServiceStepFailed, match=problem):
        raise bad
    assert good.rows[0].decision == "offer"


def test_a_function_that_is_not_there_is_named_with_the_nearest(tmp_path, monkeypatch):
    monkeypatch.setattr(functions.sys, "path", list(functions.sys.path))
    with pytest.raises(DefinitionInvalid, match=rf"prepare: there is no steps/of_shop\.py in {tmp_path}$"):
        load_function(tmp_path, "steps.of_shop.prepare", "prepare")
    code = tmp_path / "shop_that_grows.py"
    code.write_text("def prepare(rows):\n    return rows\n")
    load_function(tmp_path, "shop_that_grows.prepare", "prepare")
    with pytest.raises(DefinitionInvalid, match=r"has no function 'prepar' .did you mean 'prepare'\?.$"):
        load_function(tmp_path, "shop_that_grows.prepar", "prepare")
    code.write_text(f"{code.read_text()}\n\ndef finish(rows):\n    return rows\n")
    with pytest.raises(DefinitionInvalid, match="no function 'finish', but its file has: start the server again"):
        load_function(tmp_path, "shop_that_grows.finish", "decide")


def test_a_module_that_imports_what_is_not_there_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(functions.sys, "path", list(functions.sys.path))
    (tmp_path / "shop_that_lacks.py").write_text("import surely_not_installed\n")
    with pytest.raises(DefinitionInvalid, match=r"cannot import 'shop_that_lacks': .*'surely_not_installed'.*:1 in"):
        load_function(tmp_path, "shop_that_lacks.prepare", "prepare")


def test_a_module_that_ends_the_process_is_a_definitions_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(functions.sys, "path", list(functions.sys.path))
    (tmp_path / "shop_that_exits.py").write_text("raise SystemExit(0)\n")
    with pytest.raises(DefinitionInvalid, match="cannot import 'shop_that_exits': SystemExit"):
        load_function(tmp_path, "shop_that_exits.prepare", "prepare")
