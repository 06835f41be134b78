"""An array that grows: items of one width in one block of memory, and counters of what growing costs."""

from __future__ import annotations


class GrowingArray:
    """When it is full, it allocates a block of twice the capacity and copies its items there."""

    def __init__(self, width: int, capacity: int = 0) -> None:
        self.width, self.capacity, self.length = width, capacity, 0
        self.reallocations = 0
        self.copied = 0
        """Items that growing has copied."""
        self._block = bytearray(width * capacity)

    @property
    def wasted(self) -> int:
        """Slots that are allocated and hold no item."""
        return self.capacity - self.length

    def append(self, item: bytes) -> None:
        if self.length == self.capacity:
            self._grow()
        start = self.length * self.width
        self._block[start : start + self.width] = item
        self.length += 1

    def __getitem__(self, place: int) -> bytes:
        if not 0 <= place < self.length:
            raise IndexError(place)
        return bytes(self._block[place * self.width : (place + 1) * self.width])

    def _grow(self) -> None:
        self.capacity = max(1, 2 * self.capacity)
        larger = bytearray(self.width * self.capacity)
        used = self.length * self.width
        larger[:used] = memoryview(self._block)[:used]
        self._block = larger
        self.reallocations += 1
        self.copied += self.length
