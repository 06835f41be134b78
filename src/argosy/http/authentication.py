"""Who may ask what, over any protocol: the tokens that open a server, looked up again every second.

A server that only its own machine can reach asks for none until one was made; one that others can reach refuses to
start without. What cannot be looked up (a database that is away) changes nothing: the tokens last seen stay good.
"""

from __future__ import annotations

import ipaddress
import socket
import threading

from argosy.errors import ArgosyError, NotPermitted, TokenMissing
from argosy.telemetry import logger
from argosy.vault.tokens import Token, Tokens

POLL_SECONDS = 1.0
_log = logger("argosy.http")
_HOW = "argosy tokens create --name NAME --scope predict,feedback"


class Authentication:
    """`check` belongs to the event loop's thread, and takes some microseconds."""

    def __init__(self, tokens: Tokens, poll_seconds: float = POLL_SECONDS) -> None:
        self._tokens, self._poll_seconds = tokens, poll_seconds
        self._good: dict[str, Token] = {}
        self.is_closed = False
        """Whether tokens are asked for."""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.poll()

    def poll(self) -> None:
        """Take the tokens there are now."""
        found = self._tokens.list()
        self._good = {token.id: token for token in found if token.revoked_at is None}
        self.is_closed = self.is_closed or bool(found)

    def open_to(self, host: str) -> None:
        """Raises TokenMissing where others could reach that address and nobody has a token."""
        if is_loopback(host):
            return
        self.is_closed = True
        if not self._good:
            raise TokenMissing(
                f"{host} can be reached from other machines, and there is no token that callers must show: "
                f"'{_HOW}' makes one, or stay on 127.0.0.1"
            )

    @property
    def state(self) -> object:
        """Another object whenever the tokens were looked up again: until then `check` says the same again."""
        return self._good

    def check(self, header: str, scope: str) -> Token | None:
        """The token of the Authorization header, None where none is asked for; the scope "" is open to all.

        Raises TokenMissing, and NotPermitted where the token does not open the scope.
        """
        if not self.is_closed or not scope:
            return None
        kind, _, text = header.partition(" ")
        if not header:
            raise TokenMissing("this server asks for a token: send the header 'Authorization: Bearer TOKEN'")
        token = self._tokens.find(text.strip(), self._good) if kind.lower() == "bearer" else None
        if token is None:
            how = "" if kind.lower() == "bearer" else ": send the header 'Authorization: Bearer TOKEN'"
            raise TokenMissing(f"that is no token of this server, or it was revoked{how}")
        if scope not in token.scopes:
            raise NotPermitted(f"the token '{token.name}' opens {', '.join(token.scopes)}; this needs {scope}")
        return token

    def start(self) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._follow, name="argosy-tokens", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _follow(self) -> None:
        problem = ""
        while not self._stop.wait(self._poll_seconds):
            try:
                self.poll()
                problem = ""
            except ArgosyError as error:
                if str(error) != problem:
                    _log.warning("tokens cannot be looked up, those known stay good: %s", error)
                problem = str(error)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there; a name that means nothing is left to `listen`."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        pass
    try:
        found = {str(one[4][0]).partition("%")[0] for one in socket.getaddrinfo(host or None, None)}
    except OSError:
        return False
    return bool(host) and all(ipaddress.ip_address(one).is_loopback for one in found)
