"""The way of a request through a service, drawn with letters. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from argosy.definitions.durations import duration_text
from argosy.definitions.service import Part, Service
from argosy.definitions.service_features import Feature, TableFeature
from argosy.definitions.service_steps import FunctionStep, MixOptions, ThresholdOptions, TopOptions


def service_graph(service: Service) -> list[str]:
    """Lines, from the client down to its answer and what then comes back."""
    inputs = [name if not one.has_default else f"{name}?" for name, one in service.accepts.items()]
    lines = [f"client     {', '.join(inputs)}", "  │"]
    lines += [f"  ├◄─ {feature.name}: {_source(feature)}" for feature in service.features]
    if service.features:
        lines.append("  │")
    if service.prepare:
        lines += [f"prepare    {service.prepare}{_place(service, 'prepare')}", "  │"]
    models = [f"{one.reference} ({one.weight:g})" if one.weight != 1 else one.reference for one in service.models]
    lines += [f"models     {', '.join(models)}{_place(service, 'compute')}", "  │"]
    if service.decide:
        steps = list(_steps(service))
        lines.append(f"decide     {steps[0]}{_place(service, 'decide')}")
        lines += [f"           {step}" for step in steps[1:]]
        lines.append("  │")
    lines.append("answer     decision, score, label, prediction_id")
    for outcome in service.outcomes:
        about = ", ".join(outcome.entity)
        where = f"{outcome.source} of '{outcome.database}'" if outcome.database else outcome.source
        lines.append(f"  ▲ {outcome.name}: {where}, by {about}, within {duration_text(outcome.within)}")
    return lines


def _source(feature: Feature) -> str:
    columns = ", ".join(feature.columns)
    if isinstance(feature, TableFeature):
        return f"table '{feature.table}' by {feature.key}: {columns}"
    aggregates = ", ".join(f"{name} = {one}" for name, one in feature.aggregates.items())
    where = f" where {feature.where}" if feature.where else ""
    return f"stream '{feature.stream}' by {feature.key}{where}, the last {duration_text(feature.window)}: {aggregates}"


def _steps(service: Service) -> Iterator[str]:
    for step in service.decide:
        match step:
            case FunctionStep(function=function):
                yield function
            case MixOptions(values=values):
                yield from (f"{name} = {text}" for name, text in values.items())
            case ThresholdOptions(at=at, yes=yes, no=no, unsure=unsure):
                yield f"threshold {at:g}: {yes}, otherwise {no}" + (f", unsure {unsure.say}" if unsure else "")
            case TopOptions(k=k, by=by, within=within):
                yield f"top {k} by {by} within {within}"
            case _:
                options = {name: getattr(step, name) for name in step.__struct_fields__}
                yield f"{step.name} " + ", ".join(f"{name} {value}" for name, value in options.items())


def _place(service: Service, part: Part) -> str:
    return f"   at {service.place[part]}" if part in service.place else ""
