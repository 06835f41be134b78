"""The sources of outcomes that a project's services name, read again when their files have changed."""

from __future__ import annotations

from pathlib import Path

from argosy.definitions.service import FOLDER, Service, load_services
from argosy.errors import OutcomeInvalid, ServiceNotFound, nearest
from argosy.feedback.outcomes.rows import NamedSource


class OutcomeServices:
    """For any thread: two at once read the files twice, and get the same."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: tuple[tuple[tuple[str, int, int], ...], dict[str, Service]] | None = None

    def all(self) -> dict[str, Service]:
        """By name; raises DefinitionInvalid."""
        seen = tuple(
            (file.name, stat.st_mtime_ns, stat.st_size)
            for file in sorted((self._root / FOLDER).glob("*"))
            if (stat := file.stat())
        )
        if self._read is None or self._read[0] != seen:
            self._read = seen, load_services(self._root)
        return self._read[1]

    def sources(self) -> list[NamedSource]:
        """Of all services, in their order; raises DefinitionInvalid."""
        return [NamedSource(service, one) for service in self.all().values() for one in service.outcomes]

    def posted(self, service: str, outcome: str) -> NamedSource:
        """A source that is posted; raises ServiceNotFound, OutcomeInvalid."""
        services = self.all()
        if service not in services:
            raise ServiceNotFound(f"no service is called '{service}'{nearest(service, services)}")
        found = {one.name: one for one in services[service].outcomes}
        if outcome not in found:
            raise OutcomeInvalid(f"the service '{service}' has no outcome '{outcome}'{nearest(outcome, found)}")
        if not found[outcome].posted:
            raise OutcomeInvalid(f"'{service}.{outcome}' is not posted, but read: see its service")
        return NamedSource(services[service], found[outcome])
