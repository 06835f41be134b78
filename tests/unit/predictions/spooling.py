"""A writer for tests that have no event loop."""

import asyncio

from argosy.predictions.spool import SpoolWriter


class Spooling(SpoolWriter):
    def write(self, predictions):
        """As a server does, in a turn of a loop of its own."""
        asyncio.run(self.append(self.framed(predictions)))
