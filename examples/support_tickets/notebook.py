"""Write `loop.ipynb` anew from `loop.py`: `python notebook.py`. Cells begin at `# %%`; outputs are left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MARK = "# %%"


def notebook(script: str) -> dict[str, Any]:
    """The script's cells as a notebook of format 4.5."""
    cells = [_cell(number, text) for number, text in enumerate(script.split(f"{MARK}")[1:], 1)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _cell(number: int, text: str) -> dict[str, Any]:
    kind, _, body = text.partition("\n")
    cell: dict[str, Any] = {"id": f"cell-{number:02d}", "metadata": {}}
    if kind.strip() == "[markdown]":
        prose = "\n".join(line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines())
        return {**cell, "cell_type": "markdown", "source": prose}
    return {**cell, "cell_type": "code", "execution_count": None, "outputs": [], "source": body.strip()}


def as_json(script: str) -> str:
    return json.dumps(notebook(script), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (HERE / "loop.ipynb").write_text(as_json((HERE / "loop.py").read_text("utf-8")), "utf-8")
