"""A closed-loop client of V2 over gRPC that costs little, so that the server is what is measured.

    python -m benchmarks.grpc_load HOST:PORT MODEL [--texts FILE] [--seconds N] [--connections N] [--streams N]

It writes the frames of HTTP/2 itself: every request has the same head, and of an answer only counts that it has a
message (an error has none). `--streams` requests are under way on each connection. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

DATA, HEADERS, RESET, SETTINGS, PING, GO_AWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
METHOD = "/inference.GRPCInferenceService/ModelInfer"


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def head_block(authority: str) -> bytes:
    """The fields of a gRPC request, as literals without indexing."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": METHOD,
        ":authority": authority,
        "te": "trailers",
        "content-type": "application/grpc",
    }
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in fields.items())


def _text(value: str) -> bytes:
    return bytes((len(value),)) + value.encode()


class Channel:
    """One connection, its requests under way, and the window that the server grants."""

    def __init__(self, host: str, port: int, messages: Sequence[bytes]) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head, self._messages = head_block(f"{host}:{port}"), messages
        self._stream, self._window, self._waiting = -1, 65535, 0
        self._data = b""
        self._answered: set[int] = set()
        self._since: dict[int, float] = {}
        self.latencies: list[float] = []
        self.failed = 0
        huge = struct.pack(">HI", 4, 2**31 - 1)
        self.socket.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + frame(SETTINGS, 0, 0, huge)
            + frame(WINDOW, 0, 0, struct.pack(">I", 2**31 - 1 - 65535))
        )

    def ask(self, count: int) -> None:
        """Send that many requests more, as far as the window allows; the others follow."""
        self._waiting += count
        out = []
        while self._waiting:
            message = self._messages[(self._stream // 2 + 1) % len(self._messages)]
            if len(message) > self._window:
                break
            self._window -= len(message)
            self._waiting -= 1
            self._stream += 2
            self._since[self._stream] = time.perf_counter()
            out.append(frame(HEADERS, END_HEADERS, self._stream, self._head))
            out.append(frame(DATA, END_STREAM, self._stream, message))
        if out:
            self.socket.sendall(b"".join(out))

    def receive(self) -> int:
        """How many requests ended."""
        piece = self.socket.recv(262144)
        if not piece:
            raise ConnectionError("the server closed the connection")
        data, at, ended = self._data + piece, 0, 0
        while len(data) - at >= 9:
            length = int.from_bytes(data[at : at + 3], "big")
            if len(data) - at < 9 + length:
                break
            kind, flags = data[at + 3], data[at + 4]
            stream = int.from_bytes(data[at + 5 : at + 9], "big")
            ended += self._take(kind, flags, stream, data[at + 9 : at + 9 + length])
            at += 9 + length
        self._data = data[at:]
        return ended

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> int:
        if kind == DATA and payload:
            self._answered.add(stream)
        elif kind == WINDOW and not stream:
            self._window += int.from_bytes(payload, "big")
        elif kind in (SETTINGS, PING) and not flags & ACK:
            self.socket.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
        elif kind == GO_AWAY:
            raise ConnectionError(f"the server goes away: {payload[8:]!r}")
        if kind == RESET or (kind in (DATA, HEADERS) and flags & END_STREAM):
            self.latencies.append(time.perf_counter() - self._since.pop(stream))
            self.failed += stream not in self._answered
            self._answered.discard(stream)
            return 1
        return 0


def message_of(model: str, text: str) -> bytes:
    """A gRPC message that asks a model about a text."""
    from tritonclient.grpc import service_pb2

    asked = service_pb2.ModelInferRequest(model_name=model)
    tensor = asked.inputs.add(name="text", datatype="BYTES", shape=[1])
    tensor.contents.bytes_contents.append(text.encode())
    content: bytes = asked.SerializeToString()
    return struct.pack(">BI", 0, len(content)) + content


def load(
    host: str, port: int, messages: Sequence[bytes], seconds: float, connections: int, streams: int
) -> list[Channel]:
    """Keep that many requests under way on every connection for some seconds."""
    channels = {one.socket.fileno(): one for one in (Channel(host, port, messages) for _ in range(connections))}
    poll = select.epoll()
    for number, channel in channels.items():
        poll.register(number, select.EPOLLIN)
        channel.ask(streams)
    ready: deque[int] = deque()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        ready.extend(number for number, _ in poll.poll(0.1))
        while ready:
            channel = channels[ready.popleft()]
            channel.ask(channel.receive())
    return list(channels.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("model")
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--streams", type=int, default=4)
    given = parser.parse_args()
    host, port = given.address.rsplit(":", 1)
    texts = given.texts.read_text().splitlines() if given.texts else ["a text"]
    messages = [message_of(given.model, text) for text in texts]
    before, began = time.process_time(), time.perf_counter()
    channels = load(host, int(port), messages, given.seconds, given.connections, given.streams)
    wall = time.perf_counter() - began
    latencies = sorted(one for channel in channels for one in channel.latencies)
    found = {
        "answers": len(latencies),
        "rps": round(len(latencies) / wall, 1),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 2) if latencies else None,
        "failed": sum(channel.failed for channel in channels),
        "client_load": round((time.process_time() - before) / wall, 2),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
