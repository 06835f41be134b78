"""The service `offers` as people write it by hand: FastAPI, Redis, scikit-learn. `python handwritten_service.py PORT`.

Features are read by one MGET of redis-py's asyncio client with hiredis, the pipeline is asked once a request on the
event loop (it takes a millisecond, and a thread costs more), and a line a request is appended to a log.
"""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import Any

import joblib
import orjson
import redis.asyncio
import uvicorn
from fastapi import FastAPI
from fastapi.responses import ORJSONResponse
from pydantic import BaseModel

PIPELINE = joblib.load(os.environ["PIPELINE"])
BOUGHT = list(PIPELINE.classes_).index("bought")
LOG = Path(os.environ["LOG"]).open("ab", buffering=0)  # noqa: SIM115 - as long as the server runs
CACHE = redis.asyncio.Redis.from_url(os.environ["REDIS"])
app = FastAPI(default_response_class=ORJSONResponse)


class Row(BaseModel):
    user: str
    product: str
    price: float


class Question(BaseModel):
    inputs: list[Row]


@app.post("/services/offers")
async def offers(question: Question) -> dict[str, Any]:
    keys = [
        key
        for row in question.inputs
        for key in (f"hand:users:{row.user}", f"hand:products:{row.product}", f"hand:clicks:{row.user}")
    ]
    found = [{} if value is None else orjson.loads(value) for value in await CACHE.mget(keys)]
    rows = [
        {"price": row.price, **found[3 * place], **found[3 * place + 1], **found[3 * place + 2]}
        for place, row in enumerate(question.inputs)
    ]
    probabilities = PIPELINE.predict_proba(rows)[:, BOUGHT].tolist()
    results = []
    for row, probability in zip(rows, probabilities, strict=True):
        score = 0.8 * probability + 0.2 * row["margin"]
        decision = "recommend" if score >= 0.5 else "pass"
        results.append({"decision": decision, "score": score, "prediction_id": uuid.uuid4().hex})
    LOG.write(b"".join(orjson.dumps({**row, **result}) + b"\n" for row, result in zip(rows, results, strict=True)))
    return {"results": results}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="error", access_log=False)
