"""Expressions over named values, as rules and steps are written with: `0.8*probability + 0.2*margin`, `kind = 'view'`.

From the loosest to the tightest: `or`, `and`, `not`, comparisons (`=`, `!=`, `<`, `<=`, `>`, `>=`, `in (a, b)`), `+ -`,
`* /`, a sign. Texts stand in single quotes, in which a quote is written twice; `null`, `true` and `false` are
themselves; functions are those of `FUNCTIONS`. Nothing is looked up in Python and nothing evaluated by it: an
expression is parsed into nodes, whose types are checked before it is used.

What is missing (`null`) makes arithmetic and comparisons missing, and `and` and `or` decide what they can, as in SQL;
`coalesce` takes the first that is there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from argosy.definitions.expression_functions import FUNCTIONS, OPERATORS, ValueType, type_of_constant
from argosy.errors import DefinitionInvalid, nearest
from argosy.typed_values import abridged_list, shown

MOST_CHARACTERS: Final = 2000
MOST_DEPTH: Final = 50
"""Of parentheses, signs and calls."""
MOST_LEVELS: Final = 200
"""Of nodes: each operator in a row such as `a + b + c` adds one. Python's own limit of recursion is 1,000."""
Evaluate: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""A row's values by name to the expression's own."""
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<text>'(?:[^']|'')*')"
    r"|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)|(?P<sign><=|>=|!=|<>|==|[-+*/=<>(),]))"
)
_CONSTANTS: Final = {"null": None, "true": True, "false": False}
_WORDS: Final = ("and", "or", "not", "in")
RESERVED_WORDS: Final = frozenset((*_CONSTANTS, *_WORDS))
"""What is no name in an expression, in any case."""
_SAME: Final = {"==": "=", "<>": "!="}
COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=")
_LEVELS: Final = (("or",), ("and",), ("not",), COMPARISONS, ("+", "-"), ("*", "/"))
_SHOWN: Final = 60


class Constant(msgspec.Struct, frozen=True):
    """A number, text, truth value, or nothing."""

    value: Any


class Name(msgspec.Struct, frozen=True):
    """The value of that name."""

    name: str


class Call(msgspec.Struct, frozen=True):
    """A function, or an operator by its sign, of what the arguments are."""

    function: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Constant | Name | Call


class Expression:
    """Parsed; raises DefinitionInvalid at `path`."""

    def __init__(self, text: str, path: str = "") -> None:
        self.text, self._path = text, path
        if len(text) > MOST_CHARACTERS:
            raise DefinitionInvalid(f"an expression has {MOST_CHARACTERS} characters at most", path)
        self.node = _Parser(text, path).parsed()
        if _depth(self.node) > MOST_LEVELS:
            problem = f"it has more than {MOST_LEVELS} operators in a row: put parentheses around parts of it"
            raise self._invalid(problem)
        self.names: tuple[str, ...] = tuple(dict.fromkeys(_names(self.node)))
        """Of all values that it looks at."""

    def __str__(self) -> str:
        return self.text

    def type_among(self, types: Mapping[str, ValueType]) -> ValueType:
        """What it comes to, of values of those types; raises DefinitionInvalid where they do not fit."""
        for name in self.names:
            if name not in types:
                known = abridged_list(types) or "none"
                raise self._invalid(f"nothing is called {shown(name)}{nearest(name, types)}; there are: {known}")
        return self._type(self.node, types)

    def check_boolean(self, types: Mapping[str, ValueType]) -> None:
        """Raise DefinitionInvalid where it is not true or false."""
        if (found := self.type_among(types)) not in ("boolean", "any"):
            raise self._invalid(f"it is a {found}: write a condition, such as kind = 'view'")

    def check_number(self, types: Mapping[str, ValueType]) -> None:
        """Raise DefinitionInvalid where it is no number."""
        if (found := self.type_among(types)) not in ("number", "any"):
            raise self._invalid(f"it is a {found} and no number")

    def compiled(self) -> Evaluate:
        """A function of a row; it raises ValueError where a number is divided by zero or too large, or is none."""
        evaluate = _compiled(self.node)

        def evaluated(row: Mapping[str, Any]) -> Any:
            try:
                return evaluate(row)
            except OverflowError:
                raise ValueError("a number is too large") from None
            except TypeError:
                raise ValueError("a text stands where a number is expected, or a number where a text is") from None

        return evaluated

    def _type(self, node: Node, types: Mapping[str, ValueType]) -> ValueType:
        if isinstance(node, Constant):
            return type_of_constant(node.value)
        if isinstance(node, Name):
            return types[node.name]
        given = [self._type(one, types) for one in node.arguments]
        try:
            return FUNCTIONS[node.function].result(given)
        except ValueError as problem:
            raise self._invalid(f"{_written(node.function)} {problem}") from None

    def _invalid(self, problem: str) -> DefinitionInvalid:
        return DefinitionInvalid(f"{shown(self.text)}: {problem}", self._path)


def _written(function: str) -> str:
    return f"'{function}'" if function in OPERATORS else f"{function}()"


def _depth(node: Node) -> int:
    """Levels of nodes; without recursion, which has a limit of its own."""
    depth, level = 0, [node]
    while level:
        depth += 1
        level = [one for each in level if isinstance(each, Call) for one in each.arguments]
    return depth


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Name):
        yield node.name
    elif isinstance(node, Call):
        for one in node.arguments:
            yield from _names(one)


def _compiled(node: Node) -> Evaluate:
    if isinstance(node, Constant):
        value = node.value
        return lambda _: value
    if isinstance(node, Name):
        name = node.name
        return lambda row: row[name]
    function, arguments = FUNCTIONS[node.function], [_compiled(one) for one in node.arguments]
    if function.takes_null:
        call = function.call
        return lambda row: call(*[one(row) for one in arguments])
    return _strict(function.call, arguments)


def _strict(call: Callable[..., Any], arguments: Sequence[Evaluate]) -> Evaluate:
    """Nothing of what has nothing among its arguments."""
    if len(arguments) == 2:  # as nearly all have
        left, right = arguments

        def of_two(row: Mapping[str, Any]) -> Any:
            first, second = left(row), right(row)
            return None if first is None or second is None else call(first, second)

        return of_two

    def of_all(row: Mapping[str, Any]) -> Any:
        given = [one(row) for one in arguments]
        return None if None in given else call(*given)

    return of_all


class _Parser:
    """By descent, a level of `_LEVELS` at a time."""

    def __init__(self, text: str, path: str) -> None:
        self._text, self._path = text, path
        self._tokens = list(self._read())
        self._at = self._depth = 0

    def parsed(self) -> Node:
        node = self._level(0)
        if self._peek():
            raise self._unexpected()
        return node

    def _read(self) -> Iterator[tuple[str, str, int]]:
        """Kind, token and where it begins."""
        at, end = 0, len(self._text.rstrip())
        while at < end:
            found = _TOKEN.match(self._text, at)
            if found is None:
                raise self._invalid(f"cannot be read from {self._text[at:end].lstrip()[:20]!r} on", at)
            kind = str(found.lastgroup)
            token = found[kind]
            yield kind, _SAME.get(token, token) if kind == "sign" else token, found.start(kind)
            at = found.end()

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._signed()
        signs = _LEVELS[level]
        if signs == ("not",):
            return self._not(level)
        node = self._level(level + 1)
        while (sign := self._peek_word()) in signs or (sign == "in" and signs is COMPARISONS):
            self._at += 1
            right = self._several() if sign == "in" else (self._level(level + 1),)
            node = Call(sign, (node, *right))
            if signs is COMPARISONS:
                break
        return node

    def _not(self, level: int) -> Node:
        if self._peek_word() != "not":
            return self._level(level + 1)
        self._at += 1
        return self._deeper(lambda: Call("not", (self._not(level),)))

    def _signed(self) -> Node:
        if self._peek() not in ("-", "+"):
            return self._atom()
        is_minus = self._take() == "-"
        node = self._deeper(self._signed)
        return Call("negative", (node,)) if is_minus else node

    def _atom(self) -> Node:
        if not self._peek():
            raise self._unexpected()
        kind, word, at = self._tokens[self._at]
        if word == "(":
            self._at += 1
            node = self._deeper(lambda: self._level(0))
            self._expect(")")
            return node
        if kind == "sign" or word.lower() in _WORDS:
            raise self._unexpected()
        self._at += 1
        if kind == "number":
            if math.isinf(float(word)):
                raise self._invalid("has a number that is too large", at)
            return Constant(float(word) if set(word) & set(".eE") else int(word))
        if kind == "text":
            return Constant(word[1:-1].replace("''", "'"))
        if self._peek() != "(":
            return Constant(_CONSTANTS[word.lower()]) if word.lower() in _CONSTANTS else Name(word)
        if word not in FUNCTIONS or word in OPERATORS:
            known = [name for name in FUNCTIONS if name not in OPERATORS]
            raise self._invalid(
                f"calls {shown(word)}, which is no function{nearest(word, known)}: {', '.join(known)}", at
            )
        return Call(word, self._several())

    def _several(self) -> tuple[Node, ...]:
        self._expect("(")
        found: list[Node] = []
        while self._peek() != ")":
            if found:
                self._expect(",")
            found.append(self._deeper(lambda: self._level(0)))
        self._at += 1
        return tuple(found)

    def _deeper(self, parse: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise self._invalid(f"is nested more than {MOST_DEPTH} deep", 0)
        node = parse()
        self._depth -= 1
        return node

    def _peek(self) -> str:
        """The next token that is no text; empty at the end."""
        if self._at == len(self._tokens):
            return ""
        kind, token, _ = self._tokens[self._at]
        return "'" if kind == "text" else token

    def _peek_word(self) -> str:
        return self._peek().lower()

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._unexpected(f", where '{sign}' was expected")
        self._at += 1

    def _unexpected(self, wanted: str = "") -> DefinitionInvalid:
        if self._at == len(self._tokens):
            return self._invalid(f"ends too early{wanted}", len(self._text))
        _, word, at = self._tokens[self._at]
        return self._invalid(f"has {word[:20]!r} at character {at + 1}{wanted}", at)

    def _invalid(self, problem: str, at: int) -> DefinitionInvalid:
        around = self._text if len(self._text) <= _SHOWN else "…" + self._text[max(0, at - 20) : at + 20] + "…"
        return DefinitionInvalid(f"the expression {around!r} {problem}", self._path)
