"""The report as one HTML page: no script, no font, no picture from elsewhere, and nothing to fetch. Pure."""

from __future__ import annotations

from html import escape
from importlib import resources

from argosy.clock import format_time
from argosy.statistics.intervals import Interval
from argosy.version import __version__
from argosy.web import data, drift, life, performance
from argosy.web.contents import Contents, Subject
from argosy.web.html import badge, code, figure_of, folded, table, tile

SECTIONS = {
    "leaderboard": ("Leaderboard", performance.leaderboard),
    "confusion": ("Confusion", performance.confusion),
    "classes": ("Classes", performance.classes),
    "calibration": ("Calibration", performance.calibration),
    "learning": ("Learning curve", performance.learning_curve),
    "mistakes": ("Mistakes", data.mistakes),
    "doubts": ("Labels in doubt", data.doubts),
    "balance": ("Balance", data.balance),
    "history": ("Promotions", life.history),
    "drift": ("Drift", drift.drift),
}
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(contents: Contents) -> str:
    """The whole document; opens from a disk, an e-mail or a wiki."""
    drawn = {name: draw(contents) for name, (_, draw) in SECTIONS.items()}
    links = "".join(f"<a href='#{name}'>{escape(SECTIONS[name][0])}</a>" for name, markup in drawn.items() if markup)
    style = resources.files("argosy.web").joinpath("report.css").read_text("utf-8")
    subject = contents.subject
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<meta name='color-scheme' content='light dark'><title>{escape(contents.title)}</title>"
        f"<style>{style}</style></head><body><a class='skip' href='#main'>To the figures</a>"
        f"<header><p class='kicker'>{escape(contents.project)} · model report</p><h1>{escape(contents.title)} "
        f"{''.join(badge(alias, 'accent') for alias in subject.aliases)}</h1>"
        f"<p class='lead'>{escape(subject.adapter)} <span aria-hidden='true'>→</span> {escape(subject.model)}</p>"
        f"{_tiles(subject)}</header><nav aria-label='Sections'>{links}</nav>"
        f"<main id='main'>{''.join(drawn.values())}{_lineage(subject)}</main>"
        f"<footer>Made {escape(format_time(round(contents.made_at)))} by Argosy {__version__}. "
        "Intervals are 95 %.</footer></body></html>\n"
    )


def _tiles(subject: Subject) -> str:
    shown = [
        _figure("Micro-F1", micro) if (micro := subject.figures.get("test_micro_f1")) else "",
        _figure("Exact sets" if micro else "Test accuracy", subject.figures.get("test_accuracy")),
        _figure("Macro-F1", subject.figures.get("test_macro_f1")),
        tile("Log loss", figure_of(loss)) if (loss := subject.figures.get("test_log_loss")) else "",
        tile("One answer", f"{subject.predict_us:,.0f} <span class='unit'>µs</span>"),
        tile("Size", f"{subject.size_bytes / 1e6:,.1f} <span class='unit'>MB</span>"),
        tile("Training", f"{subject.fit_seconds:,.1f} <span class='unit'>s</span>"),
    ]
    return f"<dl class='tiles'>{''.join(shown)}</dl>"


def _figure(name: str, found: Interval | None) -> str:
    if found is None:
        return ""
    value = f"{found.value * 100:.1f} <span class='unit'>%</span>"
    return tile(name, value, f"{found.low * 100:.1f} to {found.high * 100:.1f}")


def _lineage(subject: Subject) -> str:
    environment = subject.environment
    packages = ", ".join(f"{name} {number}" for name, number in environment.get("packages", {}).items())
    rows = [
        ("Version", code(subject.reference)),
        ("Label", code(subject.label)),
        ("Trained", escape(format_time(round(subject.trained_at)))),
        ("Retrained from", code(subject.parent) if subject.parent else "–"),
        ("Collection", escape(subject.collection)),
        ("Cut", code(subject.cut)),
        ("Dataset", code(subject.dataset)),
        ("Packages", escape(packages)),
        ("Python", escape(f"{environment.get('python', '–')} on {environment.get('platform', '–')}")),
        ("Train it again", code(f"argosy reproduce {subject.reference}")),
    ]
    listed = table(("What", "Value"), rows, "How this version came to be", "prose")
    return f"<section id='lineage'>{folded('How this version came to be', listed)}</section>"
