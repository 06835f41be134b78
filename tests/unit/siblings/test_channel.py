"""Two ends of a connection ask each other; errors keep their kind, and nobody waits for an end that is gone."""

import asyncio
import socket

import pytest

from argosy.errors import DefinitionInvalid, ModelNotFound, SiblingUnreachable
from argosy.siblings.channel import Channel, error_of
from argosy.testing.waiting import PATIENCE


class Ends:
    """Two channels; `left` answers with `of_left`, `right` with `of_right`."""

    def __init__(self, of_left, of_right):
        ours, its = socket.socketpair()
        self.left, self.right = Channel(ours, of_left), Channel(its, of_right)

    async def __aenter__(self):
        self.tasks = [asyncio.create_task(one.run()) for one in (self.left, self.right)]
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def echo(name, argument):
    return [name, argument]


async def refuse(name, argument):
    raise ModelNotFound(f"no model is called {argument}") if name == "known" else ZeroDivisionError(argument)


async def hang(_name, _argument):
    await asyncio.Event().wait()


def test_both_ends_ask_at_once_and_each_gets_its_own_answers():
    async def run():
        async with Ends(echo, echo) as ends:
            asked = [(end, number) for number in range(100) for end in (ends.left, ends.right)]
            found = await asyncio.gather(*(end.ask("q", number, PATIENCE) for end, number in asked))
            assert found == [["q", number] for _, number in asked]

    asyncio.run(run())


def test_a_long_answer_arrives_whole():
    async def run():
        async with Ends(echo, echo) as ends:
            assert (await ends.left.ask("q", b"x" * 5_000_000, PATIENCE))[1] == b"x" * 5_000_000

    asyncio.run(run())


def test_an_error_keeps_its_kind_and_another_ones_message_is_left_out():
    async def run():
        async with Ends(echo, refuse) as ends:
            with pytest.raises(ModelNotFound, match="no model is called x"):
                await ends.left.ask("known", "x", PATIENCE)
            with pytest.raises(SiblingUnreachable, match="ZeroDivisionError") as found:
                await ends.left.ask("other", "secret", PATIENCE)
            assert "secret" not in str(found.value)

    asyncio.run(run())


def test_an_end_that_does_not_answer_is_reported():
    async def run():
        async with Ends(echo, hang) as ends:
            with pytest.raises(SiblingUnreachable, match=r"no answer within 0\.01 s"):
                await ends.left.ask("q", None, 0.01)
            assert (await ends.right.ask("q", 1, PATIENCE)) == ["q", 1]

    asyncio.run(run())


def test_who_waits_for_an_end_that_goes_is_told():
    async def run():
        async with Ends(echo, hang) as ends:
            asking = asyncio.create_task(ends.left.ask("q", None, PATIENCE))
            while not ends.right._tasks:
                await asyncio.sleep(0)
            ends.tasks[1].cancel()
            with pytest.raises(SiblingUnreachable, match="ended"):
                await asking
            with pytest.raises(SiblingUnreachable):
                await ends.left.ask("q", None, PATIENCE)

    asyncio.run(run())


def test_errors_are_made_again_by_name():
    assert str(error_of("DefinitionInvalid", "argosy.yaml: server.port: no")) == "argosy.yaml: server.port: no"
    assert type(error_of("DefinitionInvalid", "x")) is DefinitionInvalid
    assert type(error_of("ZeroDivisionError", "x")) is type(error_of("nearest", "x")) is SiblingUnreachable
