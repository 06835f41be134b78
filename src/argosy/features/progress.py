"""Who reads which partition of a stream, and up to when all of it is known. Pure.

One document a stream in the cache. Each runner renews its part of it every few seconds, for partitions that it has for
a time; what nobody has, or whose time is over, is free. That two runners read one partition, since their clocks differ,
costs work and nothing else: of two that count the same events one is refused by the cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

LEASE_SECONDS: Final = 10.0


class PartitionLease(msgspec.Struct, frozen=True):
    """`ends_at` by the runners' clocks."""

    runner: str
    ends_at: float


class StreamShares(msgspec.Struct, frozen=True):
    """See the module."""

    generation: int = 0
    """Raised where all is counted anew; what was counted in another one is of no use."""
    partitions: int = 0
    runners: Mapping[str, float] = {}
    """Until when each is taken to live."""
    leases: Mapping[int, PartitionLease] = {}
    known: Mapping[int, float] = {}
    """By partition, a moment up to which all events that there were are counted."""

    @property
    def known_to(self) -> float | None:
        """The moment up to which all partitions are counted; None where one never was."""
        if not self.partitions or any(number not in self.known for number in range(self.partitions)):
            return None
        return min(self.known[number] for number in range(self.partitions))

    def of(self, runner: str) -> tuple[int, ...]:
        """The partitions that it has."""
        return tuple(sorted(number for number, lease in self.leases.items() if lease.runner == runner))

    def holder(self, partition: int, now: float) -> str:
        """Of a partition; empty where nobody has it."""
        lease = self.leases.get(partition)
        return lease.runner if lease is not None and lease.ends_at > now else ""

    def renewed(
        self, runner: str, partitions: int, known: Mapping[int, float], now: float, seconds: float = LEASE_SECONDS
    ) -> StreamShares:
        """With that runner's leases prolonged: at most its fair part, the free ones as far as it has less."""
        runners = {name: ends_at for name, ends_at in self.runners.items() if ends_at > now}
        runners[runner] = now + seconds
        leases = {
            number: lease
            for number, lease in self.leases.items()
            if lease.ends_at > now and lease.runner in runners and number < partitions
        }
        fair = -(-partitions // len(runners))
        own = sorted(number for number, lease in leases.items() if lease.runner == runner)
        own += [number for number in range(partitions) if number not in leases]
        others = {number: lease for number, lease in leases.items() if lease.runner != runner}
        return msgspec.structs.replace(
            self,
            partitions=partitions,
            runners=runners,
            leases=others | {number: PartitionLease(runner, now + seconds) for number in own[:fair]},
            known=dict(self.known) | {number: moment for number, moment in known.items() if number in own[:fair]},
        )

    def without(self, runner: str) -> StreamShares:
        """Its leases given back."""
        return msgspec.structs.replace(
            self,
            runners={name: ends_at for name, ends_at in self.runners.items() if name != runner},
            leases={number: lease for number, lease in self.leases.items() if lease.runner != runner},
        )

    def anew(self) -> StreamShares:
        """Nothing is counted yet."""
        return msgspec.structs.replace(self, generation=self.generation + 1, known={})
