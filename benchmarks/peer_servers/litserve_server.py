"""LitServe with batching: `python litserve_server.py PORT MODEL`. It serves one model, at `/predict`.

LitServe reads the annotation of `request`, which must not be a string: nothing is imported from `__future__` here.
"""

import sys
from typing import Any

import litserve
from answers import Models, v2_answer

BATCH, DELAY_SECONDS = 64, 0.002


class Text(litserve.LitAPI):
    def setup(self, device: str) -> None:  # noqa: ARG002  # the framework's signature
        self.models, self.model = Models(), sys.argv[2]

    def decode_request(self, request: dict[str, Any]) -> str:
        text: str = request["inputs"][0]["data"][0]
        return text

    def predict(self, texts: list[str]) -> list[tuple[str, list[float]]]:
        return list(zip(*self.models.ask(self.model, texts), strict=True))

    def encode_response(self, output: tuple[str, list[float]]) -> dict[str, Any]:
        return v2_answer(self.model, [output[0]], [output[1]])


if __name__ == "__main__":
    server = litserve.LitServer(
        Text(max_batch_size=BATCH, batch_timeout=DELAY_SECONDS), accelerator="cpu", workers_per_device=1
    )
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, log_level="error", generate_client_file=False
    )
