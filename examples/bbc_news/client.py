"""A client of the model server that never stops asking: `client.py URL DOCUMENTS LOG`.

Asks about one document after the other, round and round, until SIGTERM, and appends a line for every request:
when it started, how long it took, the status, the document's number, what was answered, by which version, and the
prediction id. It knows nothing of Argosy but its HTTP interface.
"""

from __future__ import annotations

import itertools
import json
import signal
import sys
import time
from pathlib import Path

import httpx

PAUSE = 0.005


def main(url: str, documents: Path, log: Path) -> None:
    texts = [json.loads(line)["text"] for line in documents.read_text("utf-8").splitlines()]
    running = True

    def stop(*_: object) -> None:
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    with httpx.Client(base_url=url, timeout=10) as client, log.open("a", encoding="utf-8", buffering=1) as lines:
        for number in itertools.cycle(range(len(texts))):
            if not running:
                break
            lines.write(json.dumps(ask(client, number, texts[number])) + "\n")
            time.sleep(PAUSE)


def ask(client: httpx.Client, number: int, text: str) -> dict[str, object]:
    """One request, and what became of it."""
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "data": [text]}
    asked = {"document": number, "at": time.time()}
    started = time.perf_counter()
    try:
        response = client.post("/v2/models/news/infer", json={"inputs": [tensor]})
    except httpx.HTTPError as error:
        return {**asked, "ms": (time.perf_counter() - started) * 1e3, "status": 0, "error": type(error).__name__}
    took = (time.perf_counter() - started) * 1e3
    if response.status_code != httpx.codes.OK:
        return {**asked, "ms": took, "status": response.status_code}
    answer = response.json()
    outputs = {output["name"]: output["data"] for output in answer["outputs"]}
    return {
        **asked,
        "ms": took,
        "status": response.status_code,
        "answer": outputs["label"][0],
        "version": int(answer["model_version"]),
        "prediction_id": response.headers["argosy-prediction-id"],
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
