"""Output of commands: tables for people, one JSON document for programs.

Nothing else in `cli` prints: control characters in a label, a name or a text are escaped here.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO, TypeVar, cast

import click

from argosy.terminal_text import IN_JSON, visible, visible_line

C = TypeVar("C", bound=Callable[..., Any])
WIDTH = 100
"""Columns where the width is unknown: in a pipe."""
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))
_CLEARED = "\r\x1b[K"
"""Empties the terminal's line."""


def json_option(command: C) -> C:
    """`--json`: print one JSON document in place of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def print_line(text: object = "", err: bool = False, file: TextIO | None = None) -> None:
    """Print one or more lines; on standard error if `err`, or into a file."""
    click.echo(visible(str(text)), file, err=err)


def print_json(value: Any) -> None:
    """A document, in UTF-8 whatever the terminal's encoding is: a program reads it."""
    import msgspec

    try:
        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except UnicodeEncodeError:  # the name of a file that is no UTF-8
        text = json.dumps(msgspec.to_builtins(value), indent=2)
    _write_utf_8()
    click.echo(text.translate(IN_JSON))


def print_json_line(value: Any) -> None:
    """A document on one line, for programs that read line by line."""
    import msgspec

    _write_utf_8()
    click.echo(msgspec.json.encode(value).decode().translate(IN_JSON))


class _Terminal:
    """Standard output where it is a terminal."""

    def write(self, text: str) -> int:
        return sys.stdout.write(visible(text.replace("\r\n", "\n")))


def standard_output() -> TextIO:
    """A stream that writes text unchanged, in UTF-8, to a file or a pipe, and escaped to a terminal."""
    _write_utf_8()
    return cast(TextIO, _Terminal()) if sys.stdout.isatty() else sys.stdout


def _write_utf_8() -> None:
    """Write further standard output in UTF-8, unless it is a terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")


@contextmanager
def counting(quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """Show the number of items read so far on standard error, if that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _what, _count: None
        return
    yield lambda what, count: click.echo(f"{_CLEARED}  {count:,} {visible_line(what)} …", nl=False, err=True)
    click.echo(_CLEARED, nl=False, err=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table as wide as it needs; columns whose name starts with `>` are right-aligned."""
    cells = [[visible_line(str(cell)) for cell in row] for row in rows]
    columns, title = [visible_line(name) for name in columns], visible_line(title)
    names = [name.lstrip(">") for name in columns]
    widths = [max(len(name), *(len(row[place]) for row in cells), 0) for place, name in enumerate(names)]

    def line(row: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if name.startswith(">") else cell.ljust(width)
            for cell, width, name in zip(row, widths, columns, strict=True)
        )
        return ("  " + "   ".join(padded)).rstrip()

    head = [line(names), "  " + "─" * (sum(widths) + 3 * (len(widths) - 1))] if any(names) else []
    lines = [*([title, ""] if title else []), *head, *map(line, cells), ""]
    if sys.stdout.isatty() and max(map(len, lines)) > shutil.get_terminal_size().columns:
        _print_folded(columns, cells, title)
    else:
        click.echo("\n".join(lines))


def _print_folded(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str) -> None:
    """The table within a terminal that is too narrow for it."""
    from rich import box  # 50 ms to import, which a table that fits does not need
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)


def rough_span(seconds: float) -> str:
    """`12 s`, `3 min`: how long it is, roughly."""
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def interval(metric: dict[str, float] | None, digits: int = 3) -> str:
    """`0.912 (0.897–0.926)`, or a dash."""
    if not metric:
        return "–"
    return f"{metric['value']:.{digits}f} ({metric['low']:.{digits}f}–{metric['high']:.{digits}f})"
