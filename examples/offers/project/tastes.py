"""What the model sees of a customer and a product; `prepare` of the service, and of the examples of last year."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def prepare(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows with tastes, with the share of views in the product's category, and with the price above the budget.

    A taste is a text of pairs: `R_tea R_smoky`. What is learned of R and one smoky tea holds for R and the others.
    """
    return [{**row, **_derived(row)} for row in rows]


def _derived(row: Row) -> dict[str, Any]:
    """Of a customer or a product that is new some things are not known."""
    words = [*re.findall(r"\w+", row["title"] or ""), row["category"] or ""]
    views, price, budget = row["views"], row["price"], row["budget"]
    return {
        "own_taste": " ".join(f"{row['customer']}_{word}" for word in words),
        "common_taste": " ".join(f"{row['segment'] or 'unknown'}_{word}" for word in words),
        "interest": row[f"{row['category']}_views"] / views if views and row["category"] else None,
        "over_budget": None if price is None or budget is None else max(0.0, price - budget),
    }
