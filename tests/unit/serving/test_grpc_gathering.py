"""Calls over gRPC wait for those that follow within a few turns of the event loop, and for no others."""

import asyncio

from argosy.serving.grpc.gathering import MOST_SECONDS, QUIET_TURNS, CallGathering


class Turns:
    """Calls that enter a gathering at turns of the loop, and the turns at which they go on."""

    def __init__(self, now=lambda: 0.0):
        self.gathering, self.number, self.went_on = CallGathering(now), 0, {}

    async def call(self, name, at):
        while self.number < at:
            await asyncio.sleep(0)
        await self.gathering.gather()
        self.went_on[name] = self.number

    async def run(self, calls):
        tasks = {name: asyncio.ensure_future(self.call(name, at)) for name, at in calls.items()}
        while len(self.went_on) < len(tasks):
            await asyncio.sleep(0)
            self.number += 1
        return self.went_on


def test_a_call_that_no_other_follows_goes_on_after_a_few_turns():
    found = asyncio.run(Turns().run({"lone": 5}))
    assert 5 + QUIET_TURNS <= found["lone"] <= 5 + QUIET_TURNS + 2


def test_calls_that_follow_each_other_go_on_at_one_turn_and_a_late_one_by_itself():
    near, late = QUIET_TURNS - 3, 10 * QUIET_TURNS
    found = asyncio.run(Turns().run({"a": 0, "b": near, "c": 2 * near, "late": late}))
    assert found["a"] == found["b"] == found["c"] < late < found["late"]


def test_calls_that_keep_coming_hold_the_first_for_so_long_only():
    seconds = iter(range(1000))
    turns = Turns(lambda: next(seconds) * MOST_SECONDS / 10)
    found = asyncio.run(turns.run({number: 2 * number for number in range(50)}))
    assert found[0] < 20
    assert list(found) == list(range(50))


def test_a_call_that_was_given_up_holds_no_other():
    async def scenario():
        gathering = CallGathering()
        given_up, other = (asyncio.ensure_future(gathering.gather()) for _ in range(2))
        await asyncio.sleep(0)
        given_up.cancel()
        await other
        assert given_up.cancelled()

    asyncio.run(scenario())
