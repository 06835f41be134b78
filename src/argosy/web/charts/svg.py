"""The few elements that the plots are made of, and scales. Text is escaped here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

Attribute = str | float | None


def element(name: str, content: str | Iterable[Markup] = "", **attributes: Attribute) -> Markup:
    """An element; what is no markup is escaped. `class_` and `stroke_width` become `class` and `stroke-width`."""
    inner = escape(content) if isinstance(content, str) else Markup("").join(content)
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _number(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, inner)


def text(content: object, **attributes: Attribute) -> Markup:
    return element("text", str(content), **attributes)


def figure(width: float, height: float, title: str, description: str, content: Iterable[Markup]) -> Markup:
    """A plot that says what it shows to whoever does not see it."""
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
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
