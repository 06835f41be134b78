"""A project's settings: what `argosy.yaml` at its root says, over the defaults, under the environment.

Every setting has a default, so that an empty file is a project. A variable such as `ARGOSY_DATABASE` overrides the
file. Locations are URLs as written; a relative one is relative to the project's folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from argosy.definitions.durations import Duration, parse_duration
from argosy.definitions.feature_tables import TableSettings, check_tables
from argosy.definitions.limits import parse_size
from argosy.definitions.quiet_hours import QuietHours, parse_quiet_hours
from argosy.definitions.remote_servers import RemoteServerSettings
from argosy.definitions.served_models import BatchingSettings, ModelSettings, Share
from argosy.definitions.service_features import check_short_name
from argosy.definitions.steps import StepSettings, parse_steps
from argosy.definitions.webhooks import WebhookSettings, check_webhooks
from argosy.definitions.yaml_files import located, read_mapping
from argosy.errors import ProjectNotFound
from argosy.typed_values import checked_struct

FILE_NAME = "argosy.yaml"

Positive = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=0, le=65535)]
NotEmpty = Annotated[str, Meta(min_length=1)]
Seconds = Annotated[float, Meta(ge=0)]


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The model server; without `models` it serves every model."""

    host: NotEmpty = "127.0.0.1"
    port: Port = 8080
    grpc_port: Port | None = None
    """None: the server does not listen for gRPC."""
    hosts: list[NotEmpty] = []
    """Further names that the server may be asked under, and whose pages may ask it."""
    models: dict[str, ModelSettings] = {}
    default_model: str = ""
    """`NAME` or `NAME@VERSION`: what answers on routes that name no model; empty: the only one that is served."""
    processes: Annotated[int, Meta(ge=1, le=64)] = 1
    """That answer on the port."""
    memory: NotEmpty | Positive | None = None
    """Of all loaded versions together: `2G`; what does not fit waits."""
    batching: BatchingSettings = BatchingSettings()
    """Of every model that has none of its own."""
    log_share: Share = 1.0
    """Of the requests whose predictions are logged, drawn by chance."""
    log_level: Literal["debug", "info", "warning", "error"] | None = None
    """None: info; the variable ARGOSY_LOG_LEVEL goes first."""
    log_format: Literal["text", "json"] | None = None
    """None: text; the variable ARGOSY_LOG_FORMAT goes first."""
    access_log: bool = False
    """Whether a line is logged for each request."""
    traces: NotEmpty | None = None
    """The URL of a collector that takes OpenTelemetry's traces over HTTP."""
    trace_share: Share = 0.01
    """Of the requests whose callers trace none, drawn by chance."""

    def __post_init__(self) -> None:
        self.memory_bytes()

    def memory_bytes(self) -> int | None:
        """The memory as a number; None: any."""
        return parse_size(self.memory, "server.memory")


class TrainingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much of the machine training takes, and when."""

    nice: Annotated[int, Meta(ge=0, le=19)] = 10
    """Of every worker; a server has 0 and goes first."""
    threads: Positive = 1
    """Of numeric libraries, in each worker."""
    quiet_hours: list[NotEmpty] = []
    """Hours in which no training starts: `08:00-18:00`, `mon-fri 22:00-06:00`."""
    time_zone: str = ""
    """That they are written in; empty: the machine's own."""

    def __post_init__(self) -> None:
        self.quiet()

    def quiet(self) -> QuietHours:
        """The quiet hours; raises DefinitionInvalid where the settings make none."""
        return parse_quiet_hours(self.quiet_hours, self.time_zone, "training")

    def quiet_until(self, moment: float) -> str | None:
        """When the quiet hours that hold at that moment end, as the wall clock shows it; None where none do."""
        quiet = self.quiet()
        until = quiet.until(moment)
        return None if until is None else quiet.wall_clock(until)


class DriftTriggerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much drift asks for a retraining; what is promoted is the gate's to say."""

    at_least: Annotated[float, Meta(gt=0, lt=1)] = 0.1
    """The share of rows that would have to be others."""
    confidence: Annotated[float, Meta(gt=0.5, lt=1)] = 0.99
    minimum_rows: Positive = 200
    cooldown_seconds: Seconds = 86_400.0
    """After drift asked, it does not ask for so long."""


class RetrainSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When `argosy up` retrains by itself; None of these given: never."""

    every_seconds: Annotated[float, Meta(gt=0)] | None = None
    corrections: Positive | None = None
    """After this many new ones."""
    drift: DriftTriggerSettings | None = None


class DriftSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How often `argosy up` checks for drift, and over how long."""

    every_seconds: Annotated[float, Meta(gt=0)] | None = 900.0
    """None: never."""
    window_hours: Annotated[int, Meta(ge=1, le=744)] = 24


class PredictionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long the prediction log keeps what was asked and answered: `90d`, `12h`; not given: for ever."""

    keep: Duration | None = None
    models: dict[str, Duration] = {}
    """Of single models, in place of that."""

    def __post_init__(self) -> None:
        if self.keep is not None:
            parse_duration(self.keep, "predictions.keep")
        for model, keep in self.models.items():
            parse_duration(keep, f"predictions.models.{model}")

    def keep_seconds(self, model: str) -> float | None:
        """How long a model's predictions are kept; None: for ever."""
        keep = self.models.get(model, self.keep)
        return None if keep is None else parse_duration(keep, "predictions")


class RollbackSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When the champion goes back to the version before it; what is not given rolls nothing back."""

    every_seconds: Annotated[float, Meta(gt=0)] | None = None
    """How often `argosy up` compares the answers of both."""
    errors: Annotated[float, Meta(ge=0, lt=1)] | None = None
    """By how much the share of failed requests must have grown, as a server counts them."""
    latency: Annotated[float, Meta(gt=1)] | None = None
    """How many times as long rows must take."""
    minimum_requests: Positive = 100
    """Of each of the two."""
    confidence: Annotated[float, Meta(gt=0.5, lt=1)] = 0.999


class GateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a challenger must show to be promoted."""

    confidence: Annotated[float, Meta(gt=0.5, lt=1)] = 0.95
    minimum_rows: Positive = 30
    cooldown_seconds: Seconds = 3600.0
    """After a rollback nothing is promoted for so long."""
    folds: Annotated[int, Meta(ge=2, le=20)] = 5
    """How many fits answer the live rows that a challenger learns from, each leaving out its share of them."""
    fold_seconds: Seconds = 900.0
    """The most that these fits may take together; where they would take longer, one fit answers half of the rows."""
    largest_share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """Of all evidence, how much may come from one token, one source of tokens, or one subject."""


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the server takes: in one request, and at once."""

    text_bytes: Positive = 1_000_000
    body_bytes: Positive = 10_000_000
    rows: Positive = 1000
    values: Positive = 100_000
    """In one body, wherever they are."""
    seconds: Annotated[float, Meta(gt=0)] = 30.0
    """For one request, from its first byte to its answer."""
    imported_seconds: Annotated[float, Meta(gt=0)] = 10.0
    """For one call of a model that was trained elsewhere; then its process is ended and started again."""
    connections: Positive = 1000
    """At once."""


class FlinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How jobs of Flink are run."""

    python: str = ""
    """The Python that has PyFlink. Empty: the one that runs the command."""
    jars: list[NotEmpty] = []
    """Further jars that a job needs, such as Flink's connector for Kafka."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """See docs/settings.md."""

    name: str = ""
    collection: NotEmpty = "default"
    """Of examples, where a plan or command names none."""
    database: NotEmpty = "sqlite:///.argosy/argosy.db"
    broker: str = ""
    """Empty: the database's own queues."""
    artifacts: NotEmpty = "file:.argosy/artifacts"
    cache: str = ""
    """Of features. Empty: a table of the database."""
    log: NotEmpty = "file:.argosy/events"
    """Of events, in streams."""
    windows: NotEmpty = "local:"
    """What computes trends: this process, or Flink: `flink:` by itself, `flink://HOST:PORT` on a cluster."""
    flink: FlinkSettings = FlinkSettings()
    databases: dict[str, NotEmpty] = {}
    """Other people's databases by name, which queries of outcomes and of tables read: their URLs."""
    tables: dict[str, TableSettings] = {}
    """Of features, that are refreshed from queries and files."""
    plugins: list[NotEmpty] = []
    """Modules, found from the project's folder, that register plug-ins when imported."""
    server: ServerSettings = ServerSettings()
    training: TrainingSettings = TrainingSettings()
    retrain: RetrainSettings = RetrainSettings()
    drift: DriftSettings = DriftSettings()
    rollback: RollbackSettings = RollbackSettings()
    predictions: PredictionSettings = PredictionSettings()
    gate: GateSettings = GateSettings()
    limits: LimitSettings = LimitSettings()
    conflicts: Literal["latest", "majority", "drop", "error"] = "latest"
    """Which label wins where one example was given several."""
    feedback_conflicts: NotEmpty = "latest"
    """The same for feedback on one prediction: latest, majority, drop, or `trust: SOURCE, SOURCE`."""
    webhooks: list[WebhookSettings] = []
    remote_servers: list[RemoteServerSettings] = []
    """What versions that are models on other servers may ask."""
    steps: dict[str, StepSettings] = {}

    def __post_init__(self) -> None:
        check_webhooks(self.webhooks)
        parse_steps(self.steps)
        check_tables(self.tables)
        for name in self.databases:
            check_short_name(name, "a database", f"databases.{name}")


OVERRIDES = {
    "ARGOSY_DATABASE": "database",
    "ARGOSY_BROKER": "broker",
    "ARGOSY_ARTIFACTS": "artifacts",
    "ARGOSY_CACHE": "cache",
    "ARGOSY_LOG": "log",
    "ARGOSY_WINDOWS": "windows",
    "ARGOSY_FLINK_PYTHON": "flink.python",
    "ARGOSY_COLLECTION": "collection",
    "ARGOSY_HOST": "server.host",
    "ARGOSY_PORT": "server.port",
    "ARGOSY_GRPC_PORT": "server.grpc_port",
    "ARGOSY_ACCESS_LOG": "server.access_log",
    "ARGOSY_NICE": "training.nice",
}
"""Environment variable to the setting that it overrides."""
DATABASE_PREFIX = "ARGOSY_DATABASE_"
"""`ARGOSY_DATABASE_BOOKINGS` is the URL of the database `bookings`, so that no password has to be in a file."""
_FLAGS = {"1": True, "true": True, "0": False, "false": False}


def find_project(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that holds an `argosy.yaml`; raises ProjectNotFound.

    `start` must be there: what is mistyped does not open the project around it.
    """
    if not start.exists():
        raise ProjectNotFound(f"there is no folder '{start}', and so no {FILE_NAME} in it")
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise ProjectNotFound(f"no {FILE_NAME} in {here} or any folder above: make a project with 'argosy init DIR'")


def load_settings(folder: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of the project in that folder; raises DefinitionInvalid with the file and the setting's path."""
    file = folder / FILE_NAME
    with located(file):
        settings = parse_settings(read_mapping(file), environ)
    return msgspec.structs.replace(settings, name=settings.name or folder.resolve().name)


def parse_settings(values: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """The same from JSON values."""
    settings = checked_struct(Settings, values)
    for variable, path in OVERRIDES.items():
        if environ.get(variable):
            settings = _overridden(settings, variable, path, environ[variable])
    named = {name.removeprefix(DATABASE_PREFIX).lower(): name for name in environ if name.startswith(DATABASE_PREFIX)}
    urls = {name: environ[variable] for name, variable in named.items() if environ[variable]}
    return msgspec.structs.replace(settings, databases={**settings.databases, **urls}) if urls else settings


def _overridden(settings: Settings, variable: str, path: str, text: str) -> Settings:
    section, _, name = path.rpartition(".")
    value: Any = int(text) if name in ("port", "grpc_port", "nice") and text.isdecimal() else text
    value = _FLAGS.get(text.lower(), text) if name == "access_log" else value
    with located(f"the environment's {variable}"):
        if not section:
            return checked_struct(Settings, {**msgspec.to_builtins(settings), name: value})
        changed = {**msgspec.to_builtins(getattr(settings, section)), name: value}
        return checked_struct(Settings, {**msgspec.to_builtins(settings), section: changed})
