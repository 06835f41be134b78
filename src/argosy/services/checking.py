"""Whether a service could be served as it stands: its functions, sources and models, and what passes between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from argosy.backends import Backends
from argosy.definitions.expression_functions import ValueType, type_of_constant
from argosy.definitions.service import Service, check_steps, value_types
from argosy.definitions.service_features import StreamFeature, TableFeature
from argosy.error_messages import message_of
from argosy.errors import ArgosyError, DefinitionInvalid, TopicNotFound, nearest
from argosy.features.tables import FeatureTable, Tables
from argosy.jobs.selection import resolve_version
from argosy.models.adapted_model import AdaptedModel
from argosy.models.answer_kinds import VALUE
from argosy.models.inputs import is_lone_text
from argosy.plurals import plural
from argosy.services.functions import load_function
from argosy.typed_values import abridged_list


class ServiceFinding(NamedTuple):
    """`problem` is empty of what is as it must be; a warning keeps nothing from being served."""

    subject: str
    found: str
    problem: str = ""
    is_warning: bool = False

    @property
    def state(self) -> str:
        return "ok" if not self.problem else "warning" if self.is_warning else "error"


def check_service(backends: Backends, service: Service) -> list[ServiceFinding]:
    """What there is to say of each part, in the order in which a request passes them."""
    findings = [*_inputs(service)]
    try:
        has_tables = any(isinstance(one, TableFeature) for one in service.features)
        tables = Tables(backends.cache).found() if has_tables else {}
    except ArgosyError as error:
        findings.append(ServiceFinding("cache", "", message_of(error)))
    else:
        findings += [*_features(backends, service, tables), *_steps(service, tables)]
    findings += [_tried(name, partial(_function, backends, name)) for name in service.functions]
    references = dict.fromkeys(one.reference for one in service.models)
    return findings + [_tried(one, partial(_model, backends, service, one)) for one in references]


def _inputs(service: Service) -> Iterator[ServiceFinding]:
    yield ServiceFinding("accepts", ", ".join(f"{name} ({one.kind})" for name, one in service.accepts.items()))


def _features(backends: Backends, service: Service, tables: Mapping[str, FeatureTable]) -> Iterator[ServiceFinding]:
    for feature in service.features:
        if isinstance(feature, TableFeature):
            yield _table(feature, tables)
        else:
            yield _tried(feature.name, partial(_stream, backends, feature))


def _table(feature: TableFeature, tables: Mapping[str, FeatureTable]) -> ServiceFinding:
    table = tables.get(feature.table)
    if table is None:
        known = ", ".join(sorted(tables)) or "none"
        hint = nearest(feature.table, tables)
        put = f"argosy features put {feature.table} FILE --key {feature.key}"
        problem = f"there is no table '{feature.table}'{hint}; there are: {known}: {put}"
        return ServiceFinding(feature.name, "", problem)
    for column in feature.columns.values():
        if column not in table.columns:
            known = ", ".join(table.columns)
            problem = f"the table '{feature.table}' has no column '{column}'{nearest(column, table.columns)}: {known}"
            return ServiceFinding(feature.name, "", problem)
    found = f"{table.rows:,} rows of '{feature.table}' by {table.key}: {', '.join(feature.columns)}"
    return ServiceFinding(feature.name, found)


def _steps(service: Service, tables: Mapping[str, FeatureTable]) -> Iterator[ServiceFinding]:
    """Where the values of tables, as they are today, are of another type than a default or a step takes."""
    types = value_types(service)
    for feature in service.features:
        if isinstance(feature, TableFeature) and (table := tables.get(feature.table)):
            kinds = dict(zip(table.columns, table.kinds, strict=False))  # there are none where an older release put it
            types |= {name: kinds.get(column, "any") for name, column in feature.columns.items()}
            yield from _defaults(feature, types)
    try:
        check_steps(service, types)
    except DefinitionInvalid as problem:
        yield ServiceFinding("decide", "", str(problem))


def _defaults(feature: TableFeature, types: Mapping[str, ValueType]) -> Iterator[ServiceFinding]:
    for name, value in feature.default.items():
        given, kind = type_of_constant(value), types[name]
        if given != kind and "any" not in (given, kind):
            problem = f"the default of '{name}' is a {given}, and the column '{feature.columns[name]}' is a {kind}"
            yield ServiceFinding(feature.name, "", problem)


def _stream(backends: Backends, feature: StreamFeature) -> ServiceFinding:
    try:
        count = backends.event_log.partitions(feature.stream)
    except TopicNotFound as error:
        return ServiceFinding(feature.name, "", str(error))
    aggregates = ", ".join(f"{name} = {one}" for name, one in feature.aggregates.items())
    return ServiceFinding(feature.name, f"'{feature.stream}', {plural(count, 'partition')}: {aggregates}")


def _function(backends: Backends, name: str) -> ServiceFinding:
    load_function(backends.root, name, "")
    return ServiceFinding(name, "a function of the project")


def _model(backends: Backends, service: Service, reference: str) -> ServiceFinding:
    version = resolve_version(backends.plans, reference if "@" in reference else f"{reference}@champion")
    backends.load_plugins()
    model = AdaptedModel.load(backends.artifacts.fetch(version.artifact))
    reads = model.adapter.reads
    arrives = {*service.accepts, *service.columns}
    missing = [name for name in reads if name not in arrives]
    found = f"version {version.number} reads {', '.join(reads) or 'tensors'}"
    if missing and is_lone_text(reads) and len(arrives) == 1:
        missing = []
    classes = list(model.classes)
    if service.positive and service.positive not in classes and classes != [VALUE]:
        known = abridged_list(classes)
        problem = f"it has no label '{service.positive}'{nearest(service.positive, classes)}: {known}"
        return ServiceFinding(reference, found, problem)
    names = ", ".join(missing)
    if missing and not service.prepare:
        return ServiceFinding(reference, found, f"it reads {names}, which is neither accepted nor filled in")
    warnings = [_changed(service, backends.store.trained(version.label).environment.get("features", {}))]
    if missing:
        warnings.append(f"{names}: neither accepted nor filled in, so that {service.prepare} must make it")
    return ServiceFinding(reference, found, "; ".join(filter(None, warnings)), is_warning=True)


def _changed(service: Service, learned: Mapping[str, str]) -> str:
    """Which features the version learned from as they were defined otherwise; empty: none that is known."""
    others = [
        one.name for one in service.features if learned.get(f"{service.name}.{one.name}", one.digest) != one.digest
    ]
    return f"it learned from other definitions of {', '.join(others)}: retrain" if others else ""


def _tried(subject: str, check: Callable[[], ServiceFinding]) -> ServiceFinding:
    try:
        return check()
    except ArgosyError as error:
        return ServiceFinding(subject, "", message_of(error))
