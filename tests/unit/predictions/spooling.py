"""A writer for tests that have no event loop."""

import asyncio

from argosy.predictions.spool import SpoolWriter


class Spooling(SpoolWriter):
    def write(self, predictions):
        """Write as a server does, in one iteration of a separate event loop."""
        asyncio.run(self.append(self.framed(predictions)))
