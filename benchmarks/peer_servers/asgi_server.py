"""ASGI without a framework, on uvicorn with uvloop and httptools: `python asgi_server.py PORT`."""

from __future__ import annotations

import sys
from typing import Any

import orjson
import uvicorn
from answers import Models, v2_answer

MODELS = Models()
HEADERS = [(b"content-type", b"application/json")]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    model = scope["path"].split("/")[3]
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    asked = orjson.loads(body)["inputs"][0]["data"]
    content = orjson.dumps(v2_answer(model, *MODELS.ask(model, asked)))
    headers = [*HEADERS, (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="error", access_log=False)
