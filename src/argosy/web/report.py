"""The report as one HTML page: no script, no font, no picture from elsewhere, and nothing to fetch. Pure."""

from __future__ import annotations

import base64
import hashlib

from argosy.statistics.calibration_bins import calibration_error, confidence_gap
from argosy.statistics.class_figures import confused
from argosy.version import __version__
from argosy.web import drift_lines, plots
from argosy.web.contents import Contents
from argosy.web.environment import style_sheet, template_environment

SECTIONS = {
    "leaderboard": "Leaderboard",
    "numbers": "Predicted and actual numbers",
    "confusion": "Confusion matrix",
    "classes": "Classes",
    "calibration": "Calibration",
    "learning": "Learning curve",
    "logged": "Logged while training",
    "mistakes": "Mistakes",
    "doubts": "Labels in doubt",
    "balance": "Class balance",
    "history": "Promotions",
    "drift": "Drift",
    "services": "What decisions are worth",
}
"""Each is a template in `templates/sections`; one that draws nothing is left out."""


def page(contents: Contents) -> str:
    """The whole document; opens from a disk, an e-mail or a wiki."""
    jinja, style = template_environment(), style_sheet("report.css")
    tools = {
        "plots": plots,
        "drift_lines": drift_lines,
        "confused": confused,
        "calibration_error": calibration_error,
        "confidence_gap": confidence_gap,
    }
    bodies = {
        name: jinja.get_template(f"sections/{name}.html").render(contents=contents, title=title, **tools).strip()
        for name, title in SECTIONS.items()
    }
    return jinja.get_template("report.html").render(
        contents=contents,
        sections=[(name, SECTIONS[name], body) for name, body in bodies.items() if body],
        style=style,
        policy=f"default-src 'none'; style-src '{_digest(style)}'",
        version=__version__,
    )


def _digest(style: str) -> str:
    """What a content security policy calls the style sheet, so that it lets in this one and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"
