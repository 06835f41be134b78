"""Options about logs, for commands that run until they are stopped. Processes that these start follow the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from argosy.telemetry import FORMAT, FORMATS, LEVEL, LEVELS

Command = TypeVar("Command", bound=Callable[..., Any])
ACCESS_LOG: Final = "ARGOSY_ACCESS_LOG"


def _setting(variable: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(_: click.Context, __: click.Parameter, value: Any) -> None:
        if value:
            os.environ[variable] = "true" if value is True else value

    return keep


def log_options(command: Command) -> Command:
    """`--log-level` and `--log-format`."""
    for option, variable, choices, text in (
        ("--log-format", FORMAT, FORMATS, "Log lines as text, or as JSON objects (default: the project's, else text)."),
        ("--log-level", LEVEL, LEVELS, "Log lines of this level and above (default: the project's, else info)."),
    ):
        made = click.option(
            option,
            type=click.Choice(choices, case_sensitive=False),
            help=text,
            expose_value=False,
            callback=_setting(variable),
        )
        command = made(command)
    return command


access_log_option = click.option(
    "--access-log",
    is_flag=True,
    help="Log a line for each request: never what was asked.",
    expose_value=False,
    callback=_setting(ACCESS_LOG),
)
