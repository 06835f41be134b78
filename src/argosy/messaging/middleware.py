"""What happens around the handling of each message: a chain of middleware, the first one outermost.

Each is one file in `middlewares/`, whose `DEFAULT` is the chain that a consumer has where it is given none. One that
lets an exception pass leaves it to those further out; one that settles the delivery has decided.
"""

from __future__ import annotations

from collections.abc import Callable

from argosy.messaging.broker import Delivery

Handle = Callable[[Delivery], None]
"""The rest of the chain. Raises what the handler raised."""


class Middleware:
    """Any thread. It holds no state of a delivery between two calls."""

    def around(self, delivery: Delivery, handle: Handle) -> None:
        """Call `handle` with the delivery, or not."""
        handle(delivery)
