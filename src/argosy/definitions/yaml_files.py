"""Plans and settings from YAML or JSON files, as plain JSON values.

YAML is read by the rules of version 1.2's core schema, where `1e-3` is a number, `no` and `2016-01-01` are text.
Only mappings with text keys, lists and scalars are taken; a key given twice is refused. A file is at most `MOST_BYTES`
long and `MOST_DEPTH` deep, and its aliases (`*name`) add no more than `MOST_ALIASED`. Every error is a
DefinitionInvalid that names the file, and the line and column where these are known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import yaml

from argosy.errors import DefinitionInvalid, PluginNotFound
from argosy.repeated_keys import object_without_repeats
from argosy.storable_text import NUL_PROBLEM, SURROGATE_PROBLEM, has_nul, has_surrogate
from argosy.typed_values import shown

MOST_BYTES = 1 << 20
MOST_DEPTH = 64
MOST_ALIASED = 100_000
"""Values and characters that aliases may add."""
_TOO_DEEP = f"is nested more than {MOST_DEPTH} deep, or refers to itself"
_TAG = "tag:yaml.org,2002:"

Content = TypeVar("Content", str, bytes)


class _Core(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml where there is one
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # the inherited ones read dates, and `no` as false


for _kind, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Core.add_implicit_resolver(_TAG + _kind, re.compile(rf"(?:{_pattern})$"), _first)

_SCALARS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "null": lambda _: None,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": lambda text: int(text, 0) if text[:2] in ("0x", "0o") else int(text),
    "float": float,
}


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping that a file holds, by its suffix (`.json`, else YAML); an empty file is an empty mapping."""
    try:
        with path.open("rb") as file:
            text = _bounded(file.read(MOST_BYTES + 1), str(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DefinitionInvalid(f"is not UTF-8 text (byte {error.start})", source=str(path)) from None
    except FileNotFoundError:
        raise DefinitionInvalid("there is no such file", source=str(path)) from None
    except OSError as error:
        raise DefinitionInvalid(f"cannot be read: {error.strerror}", source=str(path)) from None
    return parse_mapping(text, str(path), is_json=path.suffix.lower() == ".json")


def parse_mapping(text: str, source: str, *, is_json: bool = False) -> dict[str, Any]:
    """The same from a text; `source` is what errors call it."""
    _bounded(text, source)
    try:
        value = _from_json(text, source) if is_json else _from_yaml(text, source)
    except RecursionError:
        raise DefinitionInvalid(_TOO_DEEP, source=source) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DefinitionInvalid("expected a mapping (`key: value` lines) at the top", source=f"{source}:1")
    return value


@contextmanager
def located(source: Path | str) -> Iterator[None]:
    """Name the file and its line, or what else it came from, in a DefinitionInvalid or PluginNotFound without one."""
    try:
        yield
    except (DefinitionInvalid, PluginNotFound) as error:
        if error.source:
            raise
        line = _line_of(source, error.path) if isinstance(source, Path) else None
        where = f"{source}:{line}" if line else str(source)
        if isinstance(error, PluginNotFound):
            raise PluginNotFound(error.noun, error.name, error.known, error.path, where) from None
        raise DefinitionInvalid(error.problem, error.path, where) from error.__cause__


def _line_of(file: Path, path: str) -> int | None:
    """The line of `model.options.C` or `adapter[1].name`, or of as much of it as the file has."""
    node, line, rest = yaml.compose(file.read_bytes().decode("utf-8-sig"), _Core), None, path
    while rest:
        if isinstance(node, yaml.MappingNode):  # a key may have dots: forbid's are such as model.name
            inside = [(key.value, key, value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            inside = [(f"[{index}]", each, each) for index, each in enumerate(node.value)]
        else:
            break
        steps = [one for one in inside if re.match(rf"{re.escape(one[0])}(?![^.\[])", rest)]
        if not steps:
            break
        name, key, node = max(steps, key=lambda one: len(one[0]))
        line, rest = key.start_mark.line + 1, rest[len(name) :].removeprefix(".")
    return line


def _from_yaml(text: str, source: str) -> Any:
    loader = None
    try:
        loader = _Core(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
        raise DefinitionInvalid(error.problem or error.context or "is not YAML", source=where) from None
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise DefinitionInvalid(str(error).splitlines()[0], source=source) from None
    finally:
        if loader is not None:
            loader.dispose()
    return None if node is None else _Values(text, source).of(node)


class _Values:
    """Turns nodes into values. An alias is the very node that it names, which is counted each time it is met."""

    def __init__(self, text: str, source: str) -> None:
        self._source = source
        self._left = 2 * (len(text) + 1) + MOST_ALIASED  # a character is at most one of a value's, and begins one

    def of(self, node: yaml.Node, depth: int = 0) -> Any:
        self._count(node, depth)
        tag = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and tag == "map":
            return self._mapping(node, depth + 1)
        if isinstance(node, yaml.SequenceNode) and tag == "seq":
            return [self.of(each, depth + 1) for each in node.value]
        if not isinstance(node, yaml.ScalarNode) or tag not in _SCALARS:
            raise self._invalid(f"the tag '{tag}' is not taken here: write a plain value", node)
        if has_nul(node.value):  # written as an escape
            raise self._invalid(NUL_PROBLEM, node)
        try:
            return _SCALARS[tag](node.value)
        except (KeyError, ValueError):  # a tag written out, or more digits than Python reads
            raise self._invalid(f"cannot be read as {tag}: {shown(node.value)}", node) from None

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.of(key_node, depth)
            if not isinstance(key, str):
                raise self._invalid(f"a key is text; got {_written(key_node)}: quote it", key_node)
            if key in values:
                raise self._invalid(f"the key '{key}' is given twice", key_node)
            values[key] = self.of(value_node, depth)
        return values

    def _count(self, node: yaml.Node, depth: int) -> None:
        self._left -= 1 + (len(node.value) if isinstance(node, yaml.ScalarNode) else 0)
        if self._left < 0:
            raise self._invalid(f"its aliases add more than {MOST_ALIASED:,} values and characters", node)
        if depth > MOST_DEPTH:
            raise self._invalid(_TOO_DEEP, node)

    def _invalid(self, problem: str, node: yaml.Node) -> DefinitionInvalid:
        at = node.start_mark
        return DefinitionInvalid(problem, source=f"{self._source}:{at.line + 1}:{at.column + 1}")


def _written(node: yaml.Node) -> str:
    return shown(node.value) if isinstance(node, yaml.ScalarNode) else "a list or a mapping"


def _bounded(content: Content, source: str) -> Content:
    if len(content) > MOST_BYTES:
        raise DefinitionInvalid(f"is longer than {MOST_BYTES:,} bytes, which no plan or setting is", source=source)
    return content


def _from_json(text: str, source: str) -> Any:
    if not text.strip():
        return None
    try:
        found = json.loads(text, object_pairs_hook=object_without_repeats, parse_constant=_no_constant)
        return _checked_levels(found, source)
    except json.JSONDecodeError as error:
        raise DefinitionInvalid(error.msg, source=f"{source}:{error.lineno}:{error.colno}") from None
    except ValueError as error:
        raise DefinitionInvalid(str(error), source=source) from None


def _checked_levels(value: Any, source: str) -> Any:
    level = [value]
    for _ in range(MOST_DEPTH + 1):
        if any(map(has_nul, level)):
            raise DefinitionInvalid(NUL_PROBLEM, source=source)
        if any(map(has_surrogate, level)):
            raise DefinitionInvalid(SURROGATE_PROBLEM, source=source)
        level = [each for one in level if isinstance(one, dict | list) for each in _inside(one)]
    if level:
        raise DefinitionInvalid(_TOO_DEEP, source=source)
    return value


def _inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return chain.from_iterable(value.items()) if isinstance(value, dict) else value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")
