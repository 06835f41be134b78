"""A service: what it accepts, what it looks up, which models it asks, what it makes of their answers. Pure.

Values flow through it in one row of names: the inputs, the columns of the features, what `prepare` makes of them, then
the outputs of the models and what steps compute. No two of them have the same name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from argosy.definitions.definition import canonical_json, refuse_unknown_keys
from argosy.definitions.durations import parse_duration
from argosy.definitions.expression_functions import ValueType
from argosy.definitions.expressions import Expression
from argosy.definitions.remote_servers import origin_of
from argosy.definitions.service_features import (
    Feature,
    StreamFeature,
    Value,
    check_column,
    check_short_name,
    parse_features,
)
from argosy.definitions.service_outcomes import OutcomeSource, parse_outcome_sources
from argosy.definitions.service_steps import (
    SCORE,
    DecideStep,
    FunctionStep,
    MixOptions,
    ThresholdOptions,
    TopOptions,
    check_function,
    parse_decide_steps,
)
from argosy.definitions.yaml_files import located, parse_mapping, read_mapping
from argosy.errors import DefinitionInvalid, nearest
from argosy.typed_values import checked_value, shown
from argosy.types import FieldKind

FOLDER: Final = "services"
MOST_MODELS: Final = 10
MOST_WEIGHT: Final = 1_000_000
LOOK_UP_SECONDS: Final = 0.05
FUNCTION_SECONDS: Final = 10.0
AT_ONCE: Final = 4
MOST_AT_ONCE: Final = 64
Part: TypeAlias = Literal["prepare", "compute", "decide"]
PARTS: Final[tuple[Part, ...]] = ("prepare", "compute", "decide")
DECISION: Final = "decision"
OUTPUTS: Final[Mapping[str, ValueType]] = {
    "label": "text",
    "confidence": "number",
    "probability": "number",
    "value": "number",
}
"""What a model's answer is known by in steps: `value` of a model of numbers, the other three of one of labels."""
AtOnce = Annotated[int, Meta(ge=1, le=MOST_AT_ONCE)]
Topic = Annotated[str, Meta(min_length=1, max_length=200)]
PUBLISHED: Final = ("decisions", "outcomes")
_KEYS: Final = (
    "publish",
    "service",
    "accepts",
    "features",
    "prepare",
    "model",
    "positive",
    "decide",
    "outcomes",
    "place",
    "timeout",
    "functions",
)


class AcceptedInput(msgspec.Struct, frozen=True):
    """One of a request's inputs; without a default it must be given."""

    kind: FieldKind
    default: Value = None
    has_default: bool = False


class AskedModel(msgspec.Struct, frozen=True):
    """A model that is asked: `topics@champion`, and by which name steps know its answer."""

    name: str
    reference: str
    weight: float = 1.0
    """Of models with the same name one is asked, each as often as its weight says."""


class FunctionLimits(msgspec.Struct, frozen=True):
    """How long a call of one of its functions may take, and how many calls of each may run at once."""

    seconds: float = FUNCTION_SECONDS
    at_once: int = AT_ONCE


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """See docs/services.md."""

    name: str
    accepts: Mapping[str, AcceptedInput]
    features: tuple[Feature, ...] = ()
    prepare: str = ""
    models: tuple[AskedModel, ...]
    positive: str = ""
    """The label whose probability `probability` is; empty: the label that was answered."""
    decide: tuple[DecideStep, ...] = ()
    outcomes: tuple[OutcomeSource, ...] = ()
    place: Mapping[str, str] = {}
    """Part to the URL of a server that does it; a part that is not named is done here."""
    publish: Mapping[str, str] = {}
    """`decisions` and `outcomes` to the topics of the event log that receive them."""
    timeout: float = LOOK_UP_SECONDS
    """Seconds that looking up features may take; what has not come by then is not there."""
    function_limits: FunctionLimits = FunctionLimits()
    digest: str = ""
    """Of the whole definition, as it was written."""
    written: Mapping[str, Any] = {}
    """The definition as JSON values."""

    @property
    def entity(self) -> tuple[str, ...]:
        """The inputs that identify whom or what an answer is about; empty where the service has no outcomes."""
        return self.outcomes[0].entity if self.outcomes else ()

    @property
    def columns(self) -> dict[str, str]:
        """Every column of a feature to the feature's name."""
        return {column: feature.name for feature in self.features for column in feature.columns}

    @property
    def model_names(self) -> tuple[str, ...]:
        """The names of the answers, the main one first."""
        return tuple(dict.fromkeys(one.name for one in self.models))

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions in Python that it calls."""
        steps = [step.function for step in self.decide if isinstance(step, FunctionStep)]
        return tuple(filter(None, (self.prepare, *steps)))


def parse_service(values: Mapping[str, Any], name: str) -> Service:
    """From JSON values; `name` is for a definition without one. Raises DefinitionInvalid."""
    refuse_unknown_keys(values, _KEYS, "a service", "")
    name = checked_value(str, values.get("service", name), "service")
    check_short_name(name, "a service", "service")
    accepts = _accepts(values.get("accepts"))
    outcomes = parse_outcome_sources(values.get("outcomes"), accepts)
    service = Service(
        name=name,
        accepts=accepts,
        features=parse_features(values.get("features"), accepts),
        prepare=_prepare(values.get("prepare")),
        models=_models(values.get("model")),
        positive=checked_value(str, values.get("positive", outcomes[0].name if outcomes else ""), "positive"),
        decide=parse_decide_steps(values.get("decide")),
        outcomes=outcomes,
        place=_place(values.get("place")),
        publish=_publish(values.get("publish")),
        timeout=_timeout(values.get("timeout")),
        function_limits=_function_limits(values.get("functions")),
        digest=hashlib.sha256(canonical_json(values).encode()).hexdigest()[:12],
        written=dict(values),
    )
    _check_names(service)
    return service


def load_services(folder: Path) -> dict[str, Service]:
    """Those of a project's folder by name; raises DefinitionInvalid with the file and line."""
    found: dict[str, Service] = {}
    for file in sorted((folder / FOLDER).glob("*")):
        if file.suffix.lower() not in (".yaml", ".yml", ".json"):
            continue
        with located(file):
            service = parse_service(read_mapping(file), file.stem)
            if service.name in found:
                raise DefinitionInvalid(f"another file has a service '{service.name}' already", "service")
        found[service.name] = service
    return found


def service_texts(services: Mapping[str, Service]) -> dict[str, str]:
    """Each as JSON by its name, in the order in which it was written."""
    return {name: json.dumps(one.written, ensure_ascii=False) for name, one in services.items()}


def services_of_texts(texts: Mapping[str, str]) -> dict[str, Service]:
    """What `service_texts` was given; raises DefinitionInvalid."""
    return {
        name: parse_service(parse_mapping(text, f"service {name}", is_json=True), name) for name, text in texts.items()
    }


def feature_digests(folder: Path) -> dict[str, str]:
    """`service.feature` to the digest of its definition, of a project's folder; none where one cannot be read."""
    try:
        services = load_services(folder)
    except DefinitionInvalid:
        return {}
    return {f"{name}.{each.name}": each.digest for name, one in services.items() for each in one.features}


def _accepts(values: Any) -> dict[str, AcceptedInput]:
    if not isinstance(values, Mapping) or not values:
        raise DefinitionInvalid("expected inputs such as {user: category, price: number}", "accepts")
    found = {}
    for name, given in values.items():
        path = f"accepts.{name}"
        check_column(name, path)
        options = given if isinstance(given, Mapping) else {"kind": given}
        refuse_unknown_keys(options, ("kind", "default"), "an input", path)
        kind = checked_value(FieldKind, options.get("kind"), path)
        default = options.get("default")
        if default is not None:
            checked_value(float if kind == "number" else str, default, f"{path}.default")
        found[name] = AcceptedInput(kind, default, "default" in options)
    return found


def _timeout(given: Any) -> float:
    return LOOK_UP_SECONDS if given is None else parse_duration(given, "timeout")


def _function_limits(given: Any) -> FunctionLimits:
    if given is None:
        return FunctionLimits()
    refuse_unknown_keys(given, ("timeout", "at_once"), "functions", "functions")
    at_once = checked_value(AtOnce, given.get("at_once", AT_ONCE), "functions.at_once")
    if (timeout := given.get("timeout")) is None:
        return FunctionLimits(at_once=at_once)
    return FunctionLimits(parse_duration(timeout, "functions.timeout"), at_once)


def _prepare(given: Any) -> str:
    return "" if given is None else check_function(checked_value(str, given, "prepare"), "prepare")


def _models(given: Any) -> tuple[AskedModel, ...]:
    """From a reference, a list of them, names to references, or references to weights."""
    if isinstance(given, str):
        given = [given]
    if isinstance(given, list) and given:
        references = [_reference(one, f"model[{place}]") for place, one in enumerate(given)]
        found = [AskedModel(_name_of(one), one) for one in references]
    elif isinstance(given, Mapping) and given and all(isinstance(one, int | float) for one in given.values()):
        found = [
            AskedModel("", _reference(one, "model"), checked_value(float, weight, f"model.{one}"))
            for one, weight in given.items()
        ]
        if any(not 0 <= one.weight <= MOST_WEIGHT for one in found) or not any(one.weight for one in found):
            raise DefinitionInvalid(f"weights are 0 to {MOST_WEIGHT:,}, and not all of them zero", "model")
        return tuple(msgspec.structs.replace(one, name=_name_of(found[0].reference)) for one in found)
    elif isinstance(given, Mapping) and given:
        found = [AskedModel(name, _reference(one, f"model.{name}")) for name, one in given.items()]
    else:
        what = "a model such as offers@champion, several by name, or weights"
        raise DefinitionInvalid(
            f"is missing: name {what}" if given is None else f"expected {what}; got {shown(given)}", "model"
        )
    for one in found:
        check_column(one.name, "model")
    if len({one.name for one in found}) < len(found) or len(found) > MOST_MODELS:
        raise DefinitionInvalid(f"names {MOST_MODELS} models at most, each once: give names, {{NAME: MODEL}}", "model")
    return tuple(found)


def _name_of(reference: str) -> str:
    """By which steps know a model's answer where no name is given."""
    return reference.partition("@")[0].replace("-", "_").replace(".", "_")


def _reference(given: Any, path: str) -> str:
    if not isinstance(given, str) or given.count("@") > 1 or not all(given.split("@")):
        raise DefinitionInvalid(f"expected a model such as offers@champion; got {shown(given)}", path)
    return given


def _place(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    refuse_unknown_keys(given, PARTS, "a place", "place")
    found = {}
    for part, url in given.items():
        path = f"place.{part}"
        if checked_value(str, url, path) == "own":
            continue
        if origin_of(url) is None:  # not shown: it may hold a password
            raise DefinitionInvalid("it is no server: write own, or a URL such as https://models:8080", path)
        found[part] = url.rstrip("/")
    return found


def _publish(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    refuse_unknown_keys(given, PUBLISHED, "publish", "publish")
    return {what: checked_value(Topic, topic, f"publish.{what}") for what, topic in given.items()}


def _check_names(service: Service) -> None:
    """Raise DefinitionInvalid where two values have one name, or a step uses one that is not there by then."""
    places = dict.fromkeys(service.accepts, "accepts") | {
        column: f"features.{name}" for column, name in service.columns.items()
    }
    for name, path in places.items():
        if name in (*OUTPUTS, SCORE, DECISION):
            raise DefinitionInvalid(f"'{name}' is what a model or a step answers: give it another name", path)
    check_steps(service, value_types(service))


def check_steps(service: Service, types: dict[str, ValueType]) -> None:
    """Raise DefinitionInvalid where a step uses a value that is not there by then, or is of another type.

    `types` are those of the values that the first step may use, and those of what steps add afterwards.
    """
    places = {*service.accepts, *service.columns}
    for place, step in enumerate(service.decide):
        path = f"decide[{place}].{step.name}"
        if isinstance(step, MixOptions):
            for name, text in step.values.items():
                if name in places or name in (*OUTPUTS, DECISION):
                    raise DefinitionInvalid("there is a value of that name: write another one", f"{path}.{name}")
                expression = Expression(text, f"{path}.{name}")
                types[name] = expression.type_among(types)
                if name == SCORE:
                    expression.check_number(types)
        if isinstance(step, TopOptions | ThresholdOptions):
            if step.by not in types:
                raise DefinitionInvalid(f"nothing is called {shown(step.by)}{nearest(step.by, types)}", f"{path}.by")
            if types[step.by] not in ("number", "any"):
                raise DefinitionInvalid(f"'{step.by}' is a {types[step.by]} and no number", f"{path}.by")
            types[DECISION] = "text"
        if isinstance(step, FunctionStep):
            return  # what a function adds is known when it was called


def value_types(service: Service) -> dict[str, ValueType]:
    """The types of all values that the first step may use, by name."""
    types: dict[str, ValueType] = {
        name: "number" if one.kind == "number" else "text" for name, one in service.accepts.items()
    }
    types |= dict.fromkeys(service.columns, "any")
    for feature in service.features:
        if isinstance(feature, StreamFeature):
            types |= dict.fromkeys(feature.aggregates, "number")
    names = service.model_names
    types |= OUTPUTS
    if len(names) > 1:
        types |= {f"{name}.{output}": kind for name in names for output, kind in OUTPUTS.items()}
    return {**types, SCORE: "number"}
