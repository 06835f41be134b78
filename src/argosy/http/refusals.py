"""Requests that no application gets to see: what is wrong with them, as the server's error answer. Pure."""

from __future__ import annotations

from http import HTTPStatus

import msgspec


class Refused(Exception):
    """A request that is answered by the connection itself, which then closes. The message quotes no request."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message
        super().__init__(message)

    def answer(self) -> bytes:
        """The whole answer as it is sent, `{"error": …}` as everywhere."""
        body = msgspec.json.encode({"error": self.message})
        retry = "retry-after: 1\r\n" if self.status == HTTPStatus.SERVICE_UNAVAILABLE else ""
        head = (
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\nconnection: close\r\n{retry}"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
