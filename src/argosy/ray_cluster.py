"""Ray as it is reached from here: its address, a connection for a while, and its errors in one line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

from argosy.errors import ExtraMissing, JobFailed, UserMistake

CLIENT_PORT: Final = 10001
"""On which Ray's head node takes clients."""


@dataclass(frozen=True)
class RayAddress:
    """`local`: on this machine, while it is needed. `auto`: the cluster of this machine. Else a head node."""

    host: str
    port: int = CLIENT_PORT

    def options(self, count: int, gpus: float) -> dict[str, Any]:
        """What `ray.init` is given. Pure."""
        if self.host == "local":
            room = {"num_cpus": max(count, os.cpu_count() or 1), "num_gpus": count * gpus}
            return {"address": "local", "include_dashboard": False, **room}
        host = f"[{self.host}]" if ":" in self.host else self.host
        return {"address": "auto" if host == "auto" else f"ray://{host}:{self.port}"}


def ray_address(url: str) -> RayAddress:
    """Of `ray://HOST[:PORT]`, `ray://auto` or `ray://local`; raises UserMistake. Pure."""
    try:
        found = urlsplit(url)
        if found.scheme == "ray" and found.hostname and not (found.path or found.query or found.username):
            return RayAddress(found.hostname, found.port or CLIENT_PORT)
    except ValueError:
        pass
    raise UserMistake(f"'{url}' is no address of Ray: give ray://HOST[:PORT], ray://auto or ray://local")


@contextmanager
def connected_ray(url: str, count: int, gpus: float = 0.0, *, shows_logs: bool = True) -> Iterator[Any]:
    """Ray's module, connected for as long as the block runs; a local Ray has room for that many.

    Raises UserMistake for what is no address, ExtraMissing, JobFailed.
    """
    address = ray_address(url)
    if find_spec("ray") is None:
        raise ExtraMissing("ray", "ray", "running on Ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to others
    import ray

    with ray_errors():
        ray.init(**address.options(count, gpus), log_to_driver=shows_logs, logging_level="WARNING")
    try:
        yield ray
    finally:
        ray.shutdown()


@contextmanager
def ray_errors() -> Iterator[None]:
    """Whatever Ray raises, in one line: the last one says it, and has nothing of users'."""
    try:
        yield
    except JobFailed:
        raise
    except Exception as error:  # noqa: BLE001  # Ray's own, gRPC's and the system's
        lines = [type(error).__name__, *filter(None, map(str.strip, str(error).splitlines()))]
        raise JobFailed(f"Ray: {lines[-1]}") from None
