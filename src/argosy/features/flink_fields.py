"""A trend's moment, key and numbers as Flink SQL. Pure.

They are what `MomentReader` and `EventParser` make of the event, except that a key is not put into Unicode's composed
form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from argosy.definitions.expressions import Expression
from argosy.definitions.trends import Trend
from argosy.features.flink_expressions import (
    ExpressionSql,
    FieldSql,
    any_of,
    expression_sql,
    field_sql,
    number_sql,
    quoted,
    raw_sql,
    text_sql,
)
from argosy.features.stream_events import MOST_KEY
from argosy.features.trend_moments import LAST, WHOLE_TIME, WRITTEN
from argosy.features.trending import MOST_NUMBER

EPOCH: Final = "TO_TIMESTAMP_LTZ(0, 3)"
"""What stands for the moment of an event that has none."""
_END: Final = r"}\s*$"
"""Of an object: Flink passes over what follows one."""
_MOMENT: Final = WRITTEN + r"\z"
_SPACE: Final = r"[\p{Z}\t-\r\x1c-\x1f\x85]+"
"""What Python takes for white space."""


class EventSql(NamedTuple):
    """`columns`: SQL over the line by the name of its column, which the others are about.

    `of_key` is the key. The values of aggregates, in their order, are NULL where there is none; a count has no value.
    """

    columns: Mapping[str, str]
    values: Sequence[str]
    conditions: tuple[str, ...]
    """All of which are true of an event that is one of the trend's and can be counted, if its moment allows it."""


def event_sql(trend: Trend, line: str) -> EventSql:
    """For lines in that column; raises DefinitionInvalid where an expression cannot be said in SQL."""
    where = None if trend.where is None else Expression(trend.where)
    of = {name: Expression(one.of) for name, one in trend.aggregates.items() if one.of is not None}
    names = [*(where.names if where else ()), *(name for one in of.values() for name in one.names)]
    fields, columns = _fields(names, line)
    columns["is_event"] = f"{line} IS JSON OBJECT AND REGEXP({line}, {text_sql(_END)})"
    columns["of_key"] = _key(line, trend.key)
    condition = ExpressionSql("TRUE") if where is None else expression_sql(where, fields, "boolean")
    values = {name: expression_sql(one, fields, "number") for name, one in of.items()}
    conditions = ["`is_event`", "`of_key` IS NOT NULL"]
    if where is not None:
        conditions.append(f"{condition.value} IS TRUE")
    mistakes = list(condition.mistakes)
    for name, value in values.items():
        mistakes.append(value.is_mistaken)
        if trend.aggregates[name].function in ("sum", "mean"):
            mistakes.append(f"ABS({value.value}) >= {number_sql(MOST_NUMBER)}")
    if mistakes:
        conditions.append(f"NOT {any_of(mistakes)}")
    used = " ".join((*conditions, *(value.value for value in values.values())))
    return EventSql(
        {name: one for name, one in columns.items() if quoted(name) in used},
        [f"{values[name].value} + 0E0" if name in values else "" for name in trend.aggregates],  # no zero below zero
        tuple(conditions),
    )


def moment_sql(line: str, at: str) -> str:
    """When an event was, to the millisecond; `EPOCH` where that is not known. Flink takes 30 February for the 28th."""
    json, text = raw_sql(line, at)
    part = [f"REGEXP_EXTRACT({text}, {text_sql(_MOMENT)}, {group})" for group in range(1, 6)]
    time = f"COALESCE({part[1]}, '')"
    whole = f"SUBSTRING({time} || SUBSTRING({text_sql(WHOLE_TIME)} FROM CHAR_LENGTH({time}) + 1) FROM 1 FOR 12)"
    east = f"CASE {part[2]} WHEN '-' THEN 1 ELSE -1 END"
    offset = f"COALESCE({east} * (CAST({part[3]} AS INT) * 60 + CAST({part[4]} AS INT)), 0)"
    number = f"TRY_CAST({text} AS DOUBLE)"
    moment = f"TIMESTAMPADD(MINUTE, {offset}, TRY_CAST({part[0]} || ' ' || {whole} AS TIMESTAMP_LTZ(3)))"
    return f"""\
CASE
    WHEN {json} LIKE '["%' THEN
      CASE WHEN CAST(TRY_CAST({part[0]} AS DATE) AS STRING) = {part[0]}
      THEN COALESCE({moment}, {EPOCH}) ELSE {EPOCH} END
    WHEN {json} NOT IN ('[true]', '[false]') AND {number} > 0E0 AND {number} < {number_sql(LAST)}
    THEN TO_TIMESTAMP_LTZ(CAST(FLOOR({number} * 1E3) AS BIGINT), 3)
    ELSE {EPOCH}
  END"""


def _fields(names: Sequence[str], line: str) -> tuple[dict[str, FieldSql], dict[str, str]]:
    """(the fields by columns of a view, these columns)."""
    fields: dict[str, FieldSql] = {}
    columns: dict[str, str] = {}
    for name in dict.fromkeys(names):
        of_line = field_sql(line, name)._asdict()
        columns |= {f"{name}_{kind}": one for kind, one in of_line.items()}
        fields[name] = FieldSql(**{kind: quoted(f"{name}_{kind}") for kind in of_line})
    return fields, columns


def _key(line: str, name: str) -> str:
    json, text = raw_sql(line, name)
    around = text_sql(f"^{_SPACE}|{_SPACE}$")
    trimmed = f"REGEXP_REPLACE({text}, {around}, '')"
    return f"""CASE
    WHEN {json} LIKE '["%' THEN
      CASE WHEN CHAR_LENGTH({trimmed}) BETWEEN 1 AND {MOST_KEY} AND NOT REGEXP({text}, '\\x00')
      THEN {trimmed} END
    WHEN REGEXP({json}, '^\\[-?[0-9]{{1,19}}\\]$') THEN {text}
  END"""
