"""Whether a service's sources of outcomes could be read as they stand, without taking anything from them."""

from __future__ import annotations

from typing import NamedTuple

from argosy.backends import Backends
from argosy.datasets import queries
from argosy.definitions.service import Service
from argosy.error_messages import message_of
from argosy.errors import ArgosyError, ExamplesInvalid, ModelNotFound, VersionNotFound, nearest
from argosy.feedback.outcomes import since
from argosy.feedback.outcomes.folder import files_found
from argosy.feedback.outcomes.rows import NamedSource
from argosy.jobs.selection import resolve_version
from argosy.models.adapted_model import AdaptedModel
from argosy.models.answer_kinds import VALUE
from argosy.plurals import plural
from argosy.typed_values import abridged_list


class SourceFinding(NamedTuple):
    """`problem` is empty of what is as it must be; a warning keeps nothing from being read."""

    name: str
    found: str
    problem: str = ""
    is_warning: bool = False


def check_outcome_sources(backends: Backends, service: Service) -> list[SourceFinding]:
    """One for each outcome, in their order."""
    sources = [NamedSource(service, one) for one in service.outcomes]
    classes = _classes(backends, sources[0].models[0]) if sources else []
    return [_checked(backends, named, classes) for named in sources]


def _checked(backends: Backends, named: NamedSource, classes: list[str]) -> SourceFinding:
    try:
        found = _found(backends, named)
    except (ArgosyError, OSError) as error:
        return SourceFinding(named.source.name, "", message_of(error))
    labels = [named.source.otherwise, "" if named.source.label else named.source.name]
    for label in filter(None, labels):
        if classes and label not in classes:
            problem = f"'{label}' is no label of '{named.models[0]}'{nearest(label, classes)}: {abridged_list(classes)}"
            return SourceFinding(named.source.name, found, problem, is_warning=True)
    return SourceFinding(named.source.name, found)


def _found(backends: Backends, named: NamedSource) -> str:
    """What there is to read; raises ExamplesInvalid, TopicNotFound and Outage."""
    source = named.source
    if source.source == "query":
        _ask(queries.named_url(backends.settings.databases, source.database, backends.root), named)
        return f"a query of '{source.database}'"
    if source.source == "topic":
        return f"'{source.topic}', {plural(backends.event_log.partitions(source.topic), 'partition')}"
    if source.source == "files":
        return f"{plural(len(files_found(backends.root, source.files)), 'file')} of '{source.files}'"
    return "posted"


def _ask(url: str, named: NamedSource) -> None:
    """Raises ExamplesInvalid where the query cannot be asked, or a column is not there."""
    problem: ExamplesInvalid | None = None
    for value in since.first_of(url):
        try:
            with queries.open_query(url, named.source.query, {"since": value}) as (names, rows):
                named.check_columns(names)
                next(iter(rows), None)
        except ExamplesInvalid as error:
            problem = problem or error
        else:
            return
    raise problem or ExamplesInvalid("the query was not sent")


def _classes(backends: Backends, model: str) -> list[str]:
    """The labels of the champion; none where there is none, or where it answers numbers."""
    try:
        version = resolve_version(backends.plans, f"{model}@champion")
    except (ModelNotFound, VersionNotFound):
        return []
    backends.load_plugins()
    classes = list(AdaptedModel.load(backends.artifacts.fetch(version.artifact)).classes)
    return [] if classes == [VALUE] else classes
