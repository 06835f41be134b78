"""A trend as a job of Flink: a Python file for PyFlink's Table API, with the same rows as `TrendWindows`. Pure.

Which events are late is decided partition by partition, before the windows, as Argosy decides it: by the newest event
so far, never by how far other partitions are. The watermark only says when windows are over. The files of a folder are
read one after the other, so that there it stands still until all have been read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from argosy.definitions.trends import Trend
from argosy.features.flink_expressions import interval_sql, quoted, text_sql
from argosy.features.flink_fields import EPOCH, EventSql, event_sql, moment_sql
from argosy.features.flink_places import PASSWORD_MARK, PASSWORD_VARIABLE, FlinkPlaces, options_sql
from argosy.features.trending import PLACES

_DECIMAL: Final = f"DECIMAL(38, {PLACES})"
OPTIONS: Final[Mapping[str, str]] = {"table.local-time-zone": "UTC", "parallelism.default": "1"}
_MARGIN: Final = "    "
_HEAD: Final = '''\
"""{summary}

Made by `argosy features trends show-job {name}`, for PyFlink 2.
"""

import json
import os
import sys

from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment

'''
_SET_UP: Final = """
configuration = Configuration()
for name, value in OPTIONS.items():
    configuration.set_string(name, value)
settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration).build()
environment = TableEnvironment.create(settings)
"""
_STATEMENTS: Final = """\
for statement in STATEMENTS:
    environment.execute_sql(statement)
"""
_WITH_PASSWORD: Final = f'''\
password = os.environ["{PASSWORD_VARIABLE}"]
for sign, escaped in (("\\\\", "\\\\\\\\"), ('"', '\\\\"'), ("'", "''")):
    password = password.replace(sign, escaped)
for statement in STATEMENTS:
    environment.execute_sql(statement.replace("{PASSWORD_MARK}", password))
'''
_TO_FILE: Final = """
with open(sys.argv[1], "w", encoding="utf-8") as file, environment.execute_sql(ROWS).collect() as rows:
    for row in rows:
        file.write(json.dumps(dict(zip(COLUMNS, row)), ensure_ascii=False) + "\\n")
"""
_TO_TOPIC: Final = """
result = environment.execute_sql(ROWS)
print("job", result.get_job_client().get_job_id(), flush=True)
if "rest.address" not in OPTIONS:
    result.wait()
"""


def flink_job(trend: Trend, places: FlinkPlaces, options: Mapping[str, str]) -> str:
    """The file. It takes one argument, where rows are to be put, if no topic receives them."""
    event = event_sql(trend, "`line`")
    statements = [_source(trend, places), _events(trend, places, event), _on_time(trend, event)]
    query = _rows(trend)
    if places.sink is not None:
        statements.append(_sink(trend, places.sink))
        query = f"INSERT INTO `rows`\n{query}"
    parts = [
        _HEAD.format(summary=f"The trend '{trend.name}' of '{trend.stream}'.", name=trend.name),
        f"COLUMNS = {list(trend.columns)!r}\n",
        f"OPTIONS = {_pretty({**OPTIONS, 'pipeline.name': f'Argosy trend {trend.name}', **options})}\n",
        f"STATEMENTS = [\n{''.join(f'    {_literal(one, _MARGIN)},' + chr(10) for one in statements)}]\n",
        f"ROWS = {_literal(query)}\n",
        _SET_UP,
        _WITH_PASSWORD if places.has_password else _STATEMENTS,
        _TO_FILE if places.sink is None else _TO_TOPIC,
    ]
    return "".join(parts)


def _source(trend: Trend, places: FlinkPlaces) -> str:
    """All windows but the last have ended a millisecond later, so that none is over before its last event is late."""
    moves = f"CASE WHEN {_not_ahead(trend, places)} THEN `ts` - {_lateness(trend, 1)} END"
    return f"""\
CREATE TEMPORARY TABLE `lines` (
  `line` STRING,
  {places.metadata},
  `arrived` AS PROCTIME(),
  `ts` AS {moment_sql("`line`", trend.at)},
  WATERMARK FOR `ts` AS {moves if places.moves_watermark else EPOCH}
) WITH (
{options_sql(places.source)}
)"""


def _events(trend: Trend, places: FlinkPlaces, event: EventSql) -> str:
    columns = [f"{one} AS {quoted(name)}" for name, one in event.columns.items()]
    return f"""\
CREATE TEMPORARY VIEW `events` AS
SELECT `ts`, `partition`, `arrived`,
  {_listed(columns)}
FROM `lines`
WHERE `ts` > {EPOCH} AND {_not_ahead(trend, places)}"""  # noqa: S608  # every part is quoted, or ours


def _on_time(trend: Trend, event: EventSql) -> str:
    columns = ["`ts`", "`of_key`", *(f"{value} AS `of_{place}`" for place, value in enumerate(event.values) if value)]
    conditions = [f"`ts` >= `newest` - {_lateness(trend)}", *event.conditions]
    and_so = "\n  AND "
    return f"""\
CREATE TEMPORARY VIEW `on_time` AS
SELECT {_listed(columns)}
FROM (
  SELECT *, MAX(CAST(`ts` AS TIMESTAMP_LTZ(3))) OVER (
    PARTITION BY `partition` ORDER BY `arrived` ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS `newest`
  FROM `events`
)
WHERE {and_so.join(conditions)}"""  # noqa: S608  # every part is quoted, or ours


def _not_ahead(trend: Trend, places: FlinkPlaces) -> str:
    return f"`ts` <= {places.clock} + {_lateness(trend)}"


def _lateness(trend: Trend, more: int = 0) -> str:
    return interval_sql(round(trend.lateness * 1000) + more)


def _listed(columns: Sequence[str]) -> str:
    return ",\n  ".join(columns)


def _rows(trend: Trend) -> str:
    size, slide = interval_sql(trend.window * 1000), interval_sql(trend.every * 1000)
    window = (
        f"TUMBLE(TABLE `on_time`, DESCRIPTOR(`ts`), {size})"
        if trend.panes == 1
        else f"HOP(TABLE `on_time`, DESCRIPTOR(`ts`), {slide}, {size})"
    )
    aggregates = [_aggregate(one.function, place) for place, one in enumerate(trend.aggregates.values())]
    by = f"`is_{list(trend.aggregates).index(trend.by)}`"
    columns = [
        "DATE_FORMAT(`window_end`, 'yyyy-MM-dd''T''HH:mm:ss''Z''') AS `at`",
        f"{text_sql(trend.name)} AS `trend`",
        "`rank`",
        f"`of_key` AS {quoted(trend.key)}",
        *(f"`is_{place}` AS {quoted(name)}" for place, name in enumerate(trend.aggregates)),
    ]
    between = ",\n    "
    return f"""\
SELECT {_listed(columns)}
FROM (
  SELECT *, ROW_NUMBER() OVER (
    PARTITION BY `window_start`, `window_end` ORDER BY {by} DESC, `of_key` ASC
  ) AS `rank`
  FROM (
    SELECT `window_start`, `window_end`, `of_key`,
    {between.join(aggregates)}
    FROM TABLE({window})
    GROUP BY `window_start`, `window_end`, `of_key`
  )
  WHERE {by} IS NOT NULL
)
WHERE `rank` <= {trend.top}"""  # noqa: S608  # every part is quoted, or ours


def _aggregate(function: str, place: int) -> str:
    value = f"`of_{place}`"
    total = f"CAST(SUM(CAST({value} AS {_DECIMAL})) AS DOUBLE)"
    found = {
        "count": "COUNT(*)",
        "sum": f"COALESCE({total}, 0E0)",
        "mean": f"{total} / COUNT({value})",
        "min": f"MIN({value})",
        "max": f"MAX({value})",
    }[function]
    return f"{found} AS `is_{place}`"


def _sink(trend: Trend, options: Mapping[str, str]) -> str:
    columns = [("at", "STRING"), ("trend", "STRING"), ("rank", "BIGINT"), (trend.key, "STRING")]
    columns += [(name, "BIGINT" if one.function == "count" else "DOUBLE") for name, one in trend.aggregates.items()]
    listed = ",\n".join(f"  {quoted(name)} {kind}" for name, kind in columns)
    return f"CREATE TEMPORARY TABLE `rows` (\n{listed}\n) WITH (\n{options_sql(options)}\n)"


def _literal(text: str, margin: str = "") -> str:
    """As Python has it, a line below the other."""
    lines = text.splitlines(keepends=True)
    return "(\n" + "".join(f"{margin}    {line!r}\n" for line in lines) + f"{margin})"


def _pretty(options: Mapping[str, str]) -> str:
    return "{\n" + "".join(f"    {name!r}: {value!r},\n" for name, value in options.items()) + "}"
