"""A client that sends on a schedule, whether or not the answers have come: what a caller waits under a given load.

    python -m benchmarks.open_loop URL BODIES [--rate N] [--seconds N] [--connections N] [--record FILE]

Requests fall due at equal distances. Each is sent on a free connection; where none is free it waits for one, and its
latency counts from when it was due. BODIES is a file with one JSON body a line; `--record` writes every answer. The
last line is one JSON object; `client_load` is the share of a core that the client itself took: near 1 it measured
itself.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

LIMIT_SECONDS = 10.0
"""That answers may take after the last request was due."""
_VERSION = b"argosy-model-version: "


class Answer(NamedTuple):
    """Times are by `time.perf_counter`; `version` is 0 where the server names none, `status` 0 where none came."""

    due: float
    sent: float
    ended: float
    status: int
    version: int


class Connection:
    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = self.sent = 0.0
        self._data = b""

    def send(self, request: bytes, due: float, now: float) -> None:
        self.due, self.sent, self._data = due, now, b""
        self.socket.sendall(request)

    def receive(self) -> tuple[int, int] | None:
        """Status and version of an answer that is complete; raises ConnectionError where the server hung up."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self._data += piece
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self._data[:end].lower() + b"\r\n"
        length = _number(head, b"\r\ncontent-length: ")
        if length < 0:
            raise ConnectionError("an answer without a content-length")
        if len(self._data) < end + 4 + length:
            return None
        return int(head[9:12]), max(_number(head, b"\r\n" + _VERSION), 0)


class Schedule:
    """`connections` to one address, and the requests that go out on them."""

    def __init__(self, address: tuple[str, int], requests: Sequence[bytes], connections: int) -> None:
        self._requests = requests
        self._poll = select.epoll()
        self._open = {one.socket.fileno(): one for one in (Connection(address) for _ in range(connections))}
        for number in self._open:
            self._poll.register(number, select.EPOLLIN)
        self._free = deque(self._open.values())

    def run(self, rate: float, seconds: float, meanwhile: Callable[[Answer], None] | None = None) -> list[Answer]:
        """Every request that fell due; `meanwhile` is called with each answer as it comes."""
        total, gap, start = int(rate * seconds), 1 / rate, time.perf_counter() + 0.01
        answers: list[Answer] = []
        sent, lost = 0, 0
        while len(answers) < total:
            now = time.perf_counter()
            while sent < total and self._free and start + sent * gap <= now:
                self._free.popleft().send(self._requests[sent % len(self._requests)], start + sent * gap, now)
                sent += 1
            if now > start + seconds + LIMIT_SECONDS or lost == len(self._open):
                answers += [Answer(start + number * gap, now, now, 0, 0) for number in range(len(answers), total)]
                break
            due = start + sent * gap if sent < total and self._free else now + 0.1
            select.select((self._poll,), (), (), max(0.0, due - time.perf_counter()))
            for number, _ in self._poll.poll(0):
                one = self._open[number]
                try:
                    said = one.receive()
                except OSError:
                    self._poll.unregister(number)
                    said, lost = (0, 0), lost + 1
                if said is not None:
                    answers.append(Answer(one.due, one.sent, time.perf_counter(), *said))
                    if said[0]:
                        self._free.append(one)
                    if meanwhile is not None:
                        meanwhile(answers[-1])
        return answers

    def close(self) -> None:
        for one in self._open.values():
            one.socket.close()
        self._poll.close()


def requests_of(url: str, bodies: Sequence[bytes]) -> tuple[tuple[str, int], list[bytes]]:
    """The address of a URL, and a whole HTTP request for each body."""
    place = urlsplit(url)
    head = f"POST {place.path} HTTP/1.1\r\nhost: {place.netloc}\r\ncontent-type: application/json\r\ncontent-length: "
    return (place.hostname or "", place.port or 80), [head.encode() + b"%d\r\n\r\n" % len(one) + one for one in bodies]


def quantile_ms(seconds: Sequence[float], share: float) -> float:
    """Milliseconds below which this share lies."""
    return round(sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)] * 1000, 3)


def figures_of(answers: Sequence[Answer]) -> dict[str, float]:
    latencies = [one.ended - one.due for one in answers]
    wall = max(one.ended for one in answers) - min(one.due for one in answers)
    return {
        "answers": len(answers),
        "rps": round(len(answers) / wall, 1),
        **{f"p{share * 100:g}_ms": quantile_ms(latencies, share) for share in (0.5, 0.99, 0.999)},
        "sent_late_p99_ms": quantile_ms([one.sent - one.due for one in answers], 0.99),
        "failed": sum(one.status != 200 for one in answers),
    }


def _number(head: bytes, name: bytes) -> int:
    at = head.find(name)
    return -1 if at < 0 else int(head[at + len(name) : head.index(b"\r", at + len(name))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--record", type=Path)
    given = parser.parse_args()
    sys.setswitchinterval(1.0)
    address, requests = requests_of(given.url, given.bodies.read_bytes().splitlines())
    schedule = Schedule(address, requests, given.connections)
    before, began = time.process_time(), time.perf_counter()
    answers = schedule.run(given.rate, given.seconds)
    load = (time.process_time() - before) / (time.perf_counter() - began)
    if given.record:
        given.record.write_text("".join(json.dumps(one) + "\n" for one in answers))
    print(json.dumps({**figures_of(answers), "client_load": round(load, 2)}))


if __name__ == "__main__":
    main()
