"""An application's start and end, as ASGI has them: a task that is asked for both and reports when each is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argosy.http.exchange import Application, Message


@asynccontextmanager
async def lifespan(application: Application) -> AsyncIterator[None]:
    """The application is started before the block and stopped after it. What it raises on either occasion is raised."""
    asked: asyncio.Queue[Message] = asyncio.Queue()
    said: asyncio.Queue[Message] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    task = asyncio.ensure_future(application(scope, asked.get, said.put))

    async def ask(kind: str) -> None:
        await asked.put({"type": f"lifespan.{kind}"})
        answer = asyncio.ensure_future(said.get())
        await asyncio.wait((task, answer), return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
        elif answer.result()["type"] == f"lifespan.{kind}.complete":
            return
        await task  # raises what went wrong
        raise RuntimeError(f"the application did not complete its {kind}")

    await ask("startup")
    try:
        yield
    finally:
        await ask("shutdown")
