"""Where a job of Flink reads events and puts rows: the log's URL as options of Flink's connectors. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from argosy.definitions.trends import Trend
from argosy.errors import DefinitionInvalid, FeaturesInvalid
from argosy.features.flink_expressions import text_sql

PASSWORD_VARIABLE: Final = "ARGOSY_LOG_PASSWORD"  # noqa: S105  # where a password is
PASSWORD_MARK: Final = "{PASSWORD}"  # noqa: S105  # what stands for it in a job
IDLE_SECONDS: Final = 30
"""A partition without events for so long holds up no window."""
CHECKPOINTS: Final = "10 s"
_HINT: Final = "write local:, flink: or flink://HOST:PORT"
_SAME: Final = ("security.protocol", "sasl.mechanism")
"""Options of librdkafka whose names and values Kafka's own clients share."""


class FlinkPlaces(NamedTuple):
    """`metadata`: the columns that say where an event is in the log; `clock`: what its moment is compared with."""

    source: Mapping[str, str]
    metadata: str
    clock: str
    moves_watermark: bool
    sink: Mapping[str, str] | None
    """None: a file gets the rows."""
    has_password: bool = False


def flink_places(url: str, root: Path, trend: Trend, is_bounded: bool, to_file: bool) -> FlinkPlaces:
    """Of a project's log; raises FeaturesInvalid where Flink cannot do what is asked for."""
    if url.startswith("file:"):
        if not is_bounded or not to_file:
            raise FeaturesInvalid("Flink reads the files of a log to their ends: give --until-idle and --out FILE")
        return _folder(url, root, trend)
    parts = urlsplit(url)
    if parts.scheme != "kafka":
        raise DefinitionInvalid(f"Flink reads logs of file: and kafka://, and not '{parts.scheme}:'", "log")
    if is_bounded and not to_file:
        raise FeaturesInvalid("--until-idle makes rows of windows that are not over: give --out FILE for them")
    if not trend.to and not to_file:
        raise FeaturesInvalid(f"the trend '{trend.name}' has no `to`: name a topic there, or give --out FILE")
    query = dict(parse_qsl(parts.query))
    prefix = query.pop("prefix", "")
    common, has_password = _kafka(parts.netloc, query)
    source = {
        **common,
        "topic": prefix + trend.stream,
        "format": "raw",
        "scan.startup.mode": "earliest-offset",
        **(
            {"scan.bounded.mode": "latest-offset"}
            if is_bounded
            else {"scan.watermark.idle-timeout": f"{IDLE_SECONDS} s"}
        ),
    }
    sink = {
        **common,
        "topic": prefix + trend.to,
        "key.format": "raw",
        "key.fields": "trend",
        "value.format": "json",
    }
    return FlinkPlaces(
        source=source,
        metadata="`partition` INT NOT NULL METADATA VIRTUAL,\n"
        "  `appended` TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL",
        clock="CASE WHEN `appended` < CURRENT_TIMESTAMP THEN `appended` ELSE CURRENT_TIMESTAMP END",
        moves_watermark=not is_bounded,
        sink=None if to_file else sink,
        has_password=has_password,
    )


def flink_options(windows: str, jars: Sequence[Path], is_bounded: bool) -> dict[str, str]:
    """Of Flink's configuration: the cluster that the setting `windows` names, where it names one."""
    options = {} if is_bounded else {"execution.checkpointing.interval": CHECKPOINTS}
    if jars:
        options["pipeline.jars"] = ";".join(one.as_uri() for one in jars)
    address = cluster_of(windows)
    if address is not None:
        host, port = address
        options |= {"execution.target": "remote", "rest.address": host, "rest.port": str(port)}
    return options


def cluster_of(windows: str) -> tuple[str, int] | None:
    """Host and port of `flink://HOST:PORT`; None: none, the job is its own. Raises DefinitionInvalid."""
    if windows in ("local:", "flink:"):
        return None
    try:
        parts = urlsplit(windows)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or windows != f"flink://{parts.netloc}" or "@" in parts.netloc:
        raise DefinitionInvalid(f"'{windows}' is no engine of windows: {_HINT}", "windows")
    return host, port


def options_sql(options: Mapping[str, str]) -> str:
    """As they stand in WITH (…)."""
    return ",\n".join(f"  {text_sql(name)} = {text_sql(value)}" for name, value in options.items())


def _folder(url: str, root: Path, trend: Trend) -> FlinkPlaces:
    folder = root / url.removeprefix("file:") / trend.stream
    return FlinkPlaces(
        source={
            "connector": "filesystem",
            "path": str(folder.absolute()),
            "format": "raw",
            "source.path.regex-pattern": r".*/[0-9]+\.jsonl",
        },
        metadata="`partition` STRING NOT NULL METADATA FROM 'file.path' VIRTUAL",
        clock="CURRENT_TIMESTAMP",
        moves_watermark=False,
        sink=None,
    )


def _kafka(netloc: str, query: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    """(the connector's options, whether they have the mark of a password)."""
    credentials, _, hosts = netloc.rpartition("@")
    found = {"connector": "kafka", "properties.bootstrap.servers": hosts}
    if credentials:
        user = unquote(credentials.partition(":")[0]).replace("\\", "\\\\").replace('"', '\\"')
        module = "org.apache.kafka.common.security." + (
            "scram.ScramLoginModule"
            if query.get("sasl.mechanism", "").startswith("SCRAM")
            else "plain.PlainLoginModule"
        )
        found |= {
            "properties.security.protocol": "SASL_SSL",
            "properties.sasl.mechanism": "PLAIN",
            "properties.sasl.jaas.config": f'{module} required username="{user}" password="{PASSWORD_MARK}";',
        }
    for name, value in query.items():
        if name in _SAME:
            found[f"properties.{name}"] = value
        elif name == "ssl.ca.location":
            found |= {"properties.ssl.truststore.type": "PEM", "properties.ssl.truststore.location": value}
        else:
            raise DefinitionInvalid(f"Flink cannot be given '{name}' of the log's URL: use the engine 'local'", "log")
    return found, bool(credentials)
