"""What commands print: a table where people look, one JSON document where programs read."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

C = TypeVar("C", bound=Callable[..., Any])


def json_option(command: C) -> C:
    """`--json`: print one JSON document in place of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def print_json(value: Any) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table as wide as it needs; columns whose name starts with `>` are right-aligned."""
    cells = [[str(cell) for cell in row] for row in rows]
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


def plural(count: int, noun: str) -> str:
    """`1 row`, `2,000 rows`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def interval(metric: dict[str, float] | None, digits: int = 3) -> str:
    """`0.912 (0.897–0.926)`, or a dash."""
    if not metric:
        return "–"
    return f"{metric['value']:.{digits}f} ({metric['low']:.{digits}f}–{metric['high']:.{digits}f})"
