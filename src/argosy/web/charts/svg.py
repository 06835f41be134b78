"""The few elements that the plots are made of, and scales. Text is escaped here and nowhere else."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from argosy.terminal_text import visible

Attribute = str | float | None
_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""Beyond control characters."""
NAME_SIZE = 12.5
"""Of letters, as the style sheet has it."""
_WIDTHS = {
    0.42: "ijlI.,:;'|!- ",
    0.5: "frt[]()_/",
    0.6: "csz",
    0.67: "kvxy",
    0.72: "abdeghnopqu0123456789",
    1.11: "mwMW@%…",
}


def element(name: str, content: str | Iterable[Markup] = "", **attributes: Attribute) -> Markup:
    """An element; what is no markup is escaped. `class_` and `stroke_width` become `class` and `stroke-width`.

    Characters that no XML may hold, even escaped, are shown as escapes such as \\x1b.
    """
    inner = escape(_writable(content)) if isinstance(content, str) else Markup("").join(content)
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _number(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, inner)


def text(content: object, **attributes: Attribute) -> Markup:
    return element("text", str(content), **attributes)


def name_text(content: str, room: float, *, is_bold: bool = False, **attributes: Attribute) -> Markup:
    """A name next to what it names, in smaller letters where some reader's font would make it wider than the room."""
    widest = sum(map(_widest, content)) * (1.0 if is_bold else 0.92)
    return text(content, class_="name", font_size=room / widest if widest * NAME_SIZE > room else None, **attributes)


def _widest(letter: str) -> float:
    """The width in a wide bold font (DejaVu Sans Bold), in units of its size."""
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.1
    return next((width for width, letters in _WIDTHS.items() if letter in letters), 0.85)


def figure(width: float, height: float, title: str, description: str, content: Iterable[Markup]) -> Markup:
    """A plot that says what it shows to anyone who does not see it."""
    return element(
        "svg",
        [element("title", title), *content],
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        width=width,
        height=height,
        role="img",
        aria_label=f"{title}. {description}",
    )


@dataclass(frozen=True)
class Scale:
    """From values to places along an axis."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self, wanted: int = 5) -> list[float]:
        """Round values within the scale, about as many as wanted."""
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        raw = span / max(wanted, 1)
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [round(at * step, 10) for at in range(first, math.floor(self.high / step + 1e-9) + 1)]


def percent(share: float, digits: int = 0) -> str:
    return f"{share * 100:.{digits}f} %"


def _number(value: Attribute) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else _writable(str(value))


def _writable(content: str) -> str:
    if isinstance(content, Markup):
        return content
    return _NOT_IN_XML.sub(lambda found: ascii(found[0])[1:-1], visible(content))
