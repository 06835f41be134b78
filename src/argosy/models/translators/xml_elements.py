"""XML as elements, from files that nobody trusts: no document type, no entities, and bounds on depth and number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from argosy.errors import ImportInvalid

DEEPEST: Final = 1_000
MOST_ELEMENTS: Final = 5_000_000


@dataclass(slots=True)
class Element:
    """Names are without their prefix."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def child(self, *tags: str) -> Element | None:
        """The first of any of these names."""
        return next((one for one in self.children if one.tag in tags), None)

    def all(self, *tags: str) -> list[Element]:
        return [one for one in self.children if one.tag in tags]

    def within(self, *tags: str) -> Iterator[Element]:
        """Every one of these names below this one, in the file's order."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            if one.tag in tags:
                yield one
            waiting += reversed(one.children)

    def number(self, name: str, default: float | None = None) -> float:
        """An attribute as a number; raises ImportInvalid."""
        value = self.attributes.get(name)
        if value is None and default is not None:
            return default
        try:
            return float(value or "")
        except ValueError:
            raise ImportInvalid(f"the file's {self.tag} has no number as its {name}") from None


def read_elements(content: bytes) -> Element:
    """The root. Raises ImportInvalid."""
    reader = _ElementReader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ImportInvalid(f"the file cannot be read as XML: {error}") from None
    return reader.root


class _ElementReader:
    def __init__(self) -> None:
        self.root = Element("", {})
        self._open: list[Element] = []
        self._count = 0

    def refuse(self, *_: object) -> None:
        raise ImportInvalid("the file declares a document type or entities, which are not read")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise ImportInvalid(
                f"the file has more than {MOST_ELEMENTS:,} elements, or more than {DEEPEST:,} in each other"
            )
        element = Element(local_name(name), attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _: str) -> None:
        self._open.pop()

    def characters(self, text: str) -> None:
        self._open[-1].text += text


def local_name(name: str) -> str:
    return name.rpartition(":")[2]


def listed_values(text: str) -> list[str]:
    """The items of an Array: separated by white space, those with some in quotes."""
    items, current, is_quoted, is_escaped, is_open = [], "", False, False, False
    for one in text:
        if is_escaped:
            current, is_escaped = current + one, False
        elif one == "\\" and is_quoted:
            is_escaped = True
        elif one == '"':
            is_quoted, is_open = not is_quoted, True
        elif one.isspace() and not is_quoted:
            if current or is_open:
                items.append(current)
            current, is_open = "", False
        else:
            current += one
    return [*items, current] if current or is_open else items
