"""Jinja2 as every page uses it: what is inserted is escaped, what is missing is an error."""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from argosy.clock import format_time
from argosy.definitions.metrics import figure_text, metric_name
from argosy.plurals import plural

EXCERPT = 220
"""How much of a long text is shown unopened."""


@cache
def template_environment() -> Environment:
    """The templates of this package; shared by threads."""
    made = Environment(
        loader=PackageLoader("argosy.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"day": day, "minute": minute, "second": second, "plural": plural}
    made.filters |= {"figure_text": figure_text, "metric_name": metric_name}
    made.globals |= {"EXCERPT": EXCERPT}
    return made


def style_sheet(name: str) -> str:
    """The text of a style sheet of this package."""
    return resources.files("argosy.web").joinpath(name).read_text("utf-8")


def day(moment: float) -> str:
    return format_time(moment)[:10]


def minute(moment: float) -> str:
    return format_time(moment)[:16].replace("T", " ")


def second(moment: float) -> str:
    return format_time(moment)[:19].replace("T", " ")
