"""A server as people write one with FastAPI, on uvicorn with uvloop: `python fastapi_server.py PORT`."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from answers import Models, v2_answer
from fastapi import FastAPI
from pydantic import BaseModel

MODELS = Models()
app = FastAPI()


class Tensor(BaseModel):
    name: str
    shape: list[int]
    datatype: str
    data: list[str]


class Question(BaseModel):
    inputs: list[Tensor]


@app.post("/v2/models/{model}/infer")
async def infer(model: str, question: Question) -> dict[str, Any]:
    return v2_answer(model, *MODELS.ask(model, question.inputs[0].data))


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="error", access_log=False)
