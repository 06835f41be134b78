"""A writer for tests that say what is to be logged, and not in which form."""

from argosy.predictions.spool import SpoolWriter


class Spooling(SpoolWriter):
    def log(self, predictions):
        """Seal and write them; how many were written whole."""
        return self.write([self.framed([one]) for one in predictions])
