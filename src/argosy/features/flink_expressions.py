"""Expressions over events as Flink SQL. Pure.

What Argosy's own evaluation says of an event is what the SQL says: a value, nothing (NULL), or that it cannot be said
(a division by zero, a text where a number is expected), which is a condition of its own and no failure of the job.

An event's field has the type that its value in JSON has. A place in an expression wants one type; a value of another
one is odd there: a mistake of the event where it is computed with, merely unequal in `=`, `!=` and `in`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from argosy.definitions.expression_functions import FUNCTIONS, ValueType, type_of_constant
from argosy.definitions.expressions import COMPARISONS, Call, Constant, Expression, Name, Node
from argosy.errors import DefinitionInvalid
from argosy.typed_values import shown

LARGEST: Final = "1.7976931348623157E308"
Wanted: TypeAlias = Literal["number", "quantity", "text", "boolean"]
"""A quantity is a number or a truth value, as 0 or 1."""
_SQL_TYPES: Final[Mapping[Wanted, str]] = {
    "number": "DOUBLE",
    "quantity": "DOUBLE",
    "text": "STRING",
    "boolean": "BOOLEAN",
}
_STRICT: Final[Mapping[str, str]] = {
    "+": "({} + {})",
    "-": "({} - {})",
    "*": "({} * {})",
    "/": "({} / NULLIF({}, 0E0))",
    "negative": "(0E0 - {})",
    "abs": "ABS({})",
    "log": "LN({})",
    "exp": "EXP({})",
    "sqrt": "SQRT({})",
    "floor": "FLOOR({})",
    "ceil": "CEIL({})",
    "lower": "LOWER({})",
    "length": "CAST(CHAR_LENGTH({}) AS DOUBLE)",
}
"""Functions and operators whose value is missing where an argument is."""
_MISTAKES: Final[Mapping[str, str]] = {"/": "{0} IS NOT NULL AND {1} = 0E0", "log": "{0} <= 0E0", "sqrt": "{0} < 0E0"}
_IS_FINITE: Final = ("+", "-", "*", "/", "exp")
"""What may come to a number that is too large."""


class FieldSql(NamedTuple):
    """SQL of an event's field: its value in JSON between brackets, and as each type, NULL where it is of another."""

    json: str
    number: str
    quantity: str
    text: str
    boolean: str


class ExpressionSql(NamedTuple):
    """SQL of a value, NULL where it is missing, odd or mistaken; `mistakes`: any of these says that there is none."""

    value: str
    mistakes: tuple[str, ...] = ()
    odd: str = ""
    """The condition that it is there, but of another type than is wanted; empty: it never is."""

    @property
    def is_mistaken(self) -> str:
        """One condition, never NULL: that there cannot be a value of the type that is wanted."""
        return any_of((*self.mistakes, *filter(None, [self.odd])))

    @property
    def is_there(self) -> str:
        """The condition that it is not missing."""
        return f"({self.value} IS NOT NULL OR {self.odd})" if self.odd else f"{self.value} IS NOT NULL"


def any_of(conditions: Sequence[str]) -> str:
    """SQL of whether one of these is true."""
    once = dict.fromkeys(conditions)
    return f"(({' OR '.join(f'({one})' for one in once)}) IS TRUE)" if once else "FALSE"


def raw_sql(line: str, name: str) -> tuple[str, str]:
    """SQL of a field of the JSON object in that column: its value in JSON between brackets, and as a text."""
    path = text_sql(f"$['{name}']")
    return f"JSON_QUERY({line}, {path} WITH UNCONDITIONAL ARRAY WRAPPER)", f"JSON_VALUE({line}, {path})"


def field_sql(line: str, name: str) -> FieldSql:
    """Of a field of the JSON object in that column."""
    json, text = raw_sql(line, name)
    number = f"TRY_CAST({text} AS DOUBLE)"
    is_number = f"{json} NOT LIKE '[\"%' AND {json} NOT IN ('[true]', '[false]') AND ABS({number}) <= {LARGEST}"
    return FieldSql(
        json=json,
        number=f"CASE WHEN {is_number} THEN {number} END",
        quantity=f"CASE WHEN {json} = '[true]' THEN 1E0 WHEN {json} = '[false]' THEN 0E0"
        f" WHEN {is_number} THEN {number} END",
        text=f"CASE WHEN {json} LIKE '[\"%' THEN {text} END",
        boolean=f"CASE {json} WHEN '[true]' THEN TRUE WHEN '[false]' THEN FALSE END",
    )


def expression_sql(expression: Expression, fields: Mapping[str, FieldSql], wanted: Wanted) -> ExpressionSql:
    """Raises DefinitionInvalid where it is not to be known before there are events what is compared."""
    return _Renderer(expression.text, fields).sql(expression.node, wanted)


def text_sql(value: str) -> str:
    """A text as SQL has it."""
    return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A column's name as SQL has it."""
    return f"`{name}`"


def interval_sql(milliseconds: int) -> str:
    """A span of time of 999 days at most, which is what Flink computes with."""
    seconds, milliseconds = divmod(milliseconds, 1000)
    days, seconds = divmod(seconds, 86_400)
    time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
    return f"INTERVAL '{days} {time}' DAY(3) TO SECOND(3)"


def number_sql(value: float) -> str:
    """A number of double precision as SQL has it."""
    written = repr(float(value)).upper()
    written = written if "E" in written else f"{written}E0"
    return f"({written})" if written.startswith("-") else written


class _Renderer:
    def __init__(self, text: str, fields: Mapping[str, FieldSql]) -> None:
        self._text, self._fields = text, fields

    def sql(self, node: Node, wanted: Wanted) -> ExpressionSql:
        if isinstance(node, Name):
            return _of_field(self._fields[node.name], wanted)
        if isinstance(node, Constant) or not _has_name(node):
            return _of_constant(node, wanted)
        if node.function in ("coalesce", "if"):
            return self._chosen(node, wanted)
        found = self._called(node)
        return _as(found, self._type(node), wanted)

    def _called(self, node: Call) -> ExpressionSql:
        function = node.function
        if function in ("and", "or"):
            return self._joined(function, *[self.sql(one, "boolean") for one in node.arguments])
        if function == "not":
            one = self.sql(node.arguments[0], "boolean")
            return ExpressionSql(f"(NOT {one.value})", _strict_mistakes([one]))
        if function in COMPARISONS:
            left, right = node.arguments
            return self._compared(function, left, right)
        if function == "in":
            value, *several = node.arguments
            found = [self._compared("=", value, one, node.arguments) for one in several]
            return ExpressionSql(f"({' OR '.join(one.value for one in found)})", _mistakes(found))
        if function == "is_null":
            return self._is_null(node.arguments[0])
        return self._strict(node)

    def _strict(self, node: Call) -> ExpressionSql:
        function = node.function
        wanted: Wanted = "text" if function in ("lower", "length") else "quantity"
        found = [self.sql(one, wanted) for one in node.arguments]
        values, mistakes = [one.value for one in found], _strict_mistakes(found)
        if function == "round":
            return ExpressionSql(_rounded(values[0]), mistakes)
        if function in ("min", "max"):
            name = "LEAST" if function == "min" else "GREATEST"
            return ExpressionSql(f"{name}({', '.join(values)})", mistakes)
        value, own = _STRICT[function].format(*values), []
        if function in _MISTAKES:
            own.append(_MISTAKES[function].format(*values))
        if function in _IS_FINITE:
            own.append(f"NOT ABS({value}) <= {LARGEST}")
        return ExpressionSql(value, (*mistakes, *own))

    def _joined(self, function: str, left: ExpressionSql, right: ExpressionSql) -> ExpressionSql:
        """What decides alone lets the other be anything."""
        decides = "FALSE" if function == "and" else "TRUE"
        odd = [
            f"{one.odd} AND {other.value} IS NOT {decides}" for one, other in ((left, right), (right, left)) if one.odd
        ]
        value = f"({left.value} {function.upper()} {right.value})"
        return ExpressionSql(value, (*_mistakes((left, right)), *odd))

    def _chosen(self, node: Call, wanted: Wanted) -> ExpressionSql:
        if node.function == "coalesce":
            *firsts, found = [self.sql(one, wanted) for one in node.arguments]
            for one in reversed(firsts):
                found = _first_of(one, found, wanted)
            return found
        when, one, other = (
            self.sql(node.arguments[0], "boolean"),
            *[self.sql(one, wanted) for one in node.arguments[1:]],
        )
        odd = f"(CASE WHEN {when.value} THEN {one.odd or 'FALSE'} ELSE {other.odd or 'FALSE'} END)"
        return ExpressionSql(
            f"(CASE WHEN {when.value} THEN {one.value} ELSE {other.value} END)",
            (*_strict_mistakes([when]), *_mistakes((one, other))),
            odd if one.odd or other.odd else "",
        )

    def _compared(self, sign: str, left: Node, right: Node, among: Sequence[Node] = ()) -> ExpressionSql:
        """`among`: all nodes of one comparison, which are of one type."""
        wanted = self._common_type(among or (left, right))
        found = [self.sql(left, wanted), self.sql(right, wanted)]
        values = [one.value for one in found]
        plain = f"({values[0]} {'<>' if sign == '!=' else sign} {values[1]})"
        if sign not in ("=", "!="):
            return ExpressionSql(plain, _strict_mistakes(found))
        cases = ""
        for one, other, node in zip(found, reversed(found), (right, left), strict=True):
            if one.odd:
                is_there = "" if isinstance(node, Constant) and node.value is not None else f" AND {other.is_there}"
                cases += f"WHEN {one.odd}{is_there} THEN {'TRUE' if sign == '!=' else 'FALSE'} "
        return ExpressionSql(f"(CASE {cases}ELSE {plain} END)" if cases else plain, _mistakes(found))

    def _common_type(self, nodes: Sequence[Node]) -> Wanted:
        kinds = {self._type(one) for one in nodes} - {"any"}
        if not kinds and all(not isinstance(one, Constant) for one in nodes):
            raise DefinitionInvalid(
                f"{shown(self._text)}: Flink must know whether numbers or texts are compared: write a + 0 for numbers"
                " and coalesce(a, '') for texts, or use the engine 'local'"
            )
        return "text" if "text" in kinds else "quantity"

    def _is_null(self, node: Node) -> ExpressionSql:
        if isinstance(node, Name):
            return ExpressionSql(f"({self._fields[node.name].json} IS NULL)")
        kind = self._type(node)
        found = self.sql(node, "quantity" if kind == "any" else kind)
        return ExpressionSql(f"(NOT {found.is_there})", found.mistakes)

    def _type(self, node: Node) -> ValueType:
        if isinstance(node, Name):
            return "any"
        if isinstance(node, Constant):
            return type_of_constant(node.value)
        return FUNCTIONS[node.function].result([self._type(one) for one in node.arguments])


def _of_field(field: FieldSql, wanted: Wanted) -> ExpressionSql:
    value = getattr(field, wanted)
    return ExpressionSql(value, odd=f"({field.json} IS NOT NULL AND {value} IS NULL)")


def _of_constant(node: Node, wanted: Wanted) -> ExpressionSql:
    """What is the same of every event is evaluated here."""
    nothing = f"CAST(NULL AS {_SQL_TYPES[wanted]})"
    try:
        value = _evaluated(node)
        if isinstance(value, int) and (wanted == "quantity" or (wanted == "number" and not isinstance(value, bool))):
            value = float(value)
    except (ValueError, TypeError, OverflowError):
        return ExpressionSql(nothing, ("TRUE",))
    kind = type_of_constant(value)
    if kind == wanted or (kind, wanted) == ("number", "quantity"):
        return ExpressionSql(_literal(value))
    return ExpressionSql(nothing, odd="" if value is None else "TRUE")


def _as(found: ExpressionSql, kind: ValueType, wanted: Wanted) -> ExpressionSql:
    if kind in (wanted, "any") or (kind, wanted) == ("number", "quantity"):
        return found
    if (kind, wanted) == ("boolean", "quantity"):
        return ExpressionSql(f"(CASE {found.value} WHEN TRUE THEN 1E0 WHEN FALSE THEN 0E0 END)", found.mistakes)
    return ExpressionSql(f"CAST(NULL AS {_SQL_TYPES[wanted]})", found.mistakes, f"({found.value} IS NOT NULL)")


def _first_of(one: ExpressionSql, other: ExpressionSql, wanted: Wanted) -> ExpressionSql:
    """The first that is there, which may be odd."""
    value = f"COALESCE({one.value}, {other.value})"
    odd = [one.odd] if one.odd else []
    odd += [f"({one.value} IS NULL AND {other.odd})"] if other.odd else []
    return ExpressionSql(
        f"(CASE WHEN {one.odd} THEN CAST(NULL AS {_SQL_TYPES[wanted]}) ELSE {value} END)" if one.odd else value,
        _mistakes((one, other)),
        f"({' OR '.join(odd)})" if odd else "",
    )


def _rounded(value: str) -> str:
    """Halves to the even number, as Python does."""
    floor = f"FLOOR({value})"
    rest = f"({value} - {floor})"
    even = f"2E0 * FLOOR(({floor} + 1E0) / 2E0)"
    return f"(CASE WHEN {rest} < 0.5E0 THEN {floor} WHEN {rest} > 0.5E0 THEN {floor} + 1E0 ELSE {even} END)"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return text_sql(value) if isinstance(value, str) else number_sql(value)


def _evaluated(node: Node) -> Any:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Name):
        raise TypeError(node.name)
    function, given = FUNCTIONS[node.function], [_evaluated(one) for one in node.arguments]
    return None if not function.takes_null and None in given else function.call(*given)


def _has_name(node: Node) -> bool:
    return isinstance(node, Name) or (isinstance(node, Call) and any(map(_has_name, node.arguments)))


def _mistakes(found: Sequence[ExpressionSql]) -> tuple[str, ...]:
    return tuple(mistake for one in found for mistake in one.mistakes)


def _strict_mistakes(found: Sequence[ExpressionSql]) -> tuple[str, ...]:
    """Of what computes with all of these, if all are there."""
    odd = [
        " AND ".join([one.odd, *(other.is_there for other in found if other is not one)]) for one in found if one.odd
    ]
    return (*_mistakes(found), *odd)
