"""Invented contents of a report with every section; and a parsed page."""

from html.parser import HTMLParser

from argosy.evaluation.drift import compare_profiles
from argosy.evaluation.drift_periods import Period
from argosy.evaluation.findings import Case, Live, Point
from argosy.predictions.profiles import Profile
from argosy.services.value import PolicyValue, ServiceValue
from argosy.statistics.calibration_bins import Bin
from argosy.statistics.class_figures import class_figures
from argosy.statistics.intervals import Interval
from argosy.statistics.shifts import Moments
from argosy.web.contents import Board, Competitor, Contents, ReportedMove, Subject

LABELS = ["billing", "delivery", "<other> & more"]
CONFUSION = [[40, 2, 1], [3, 51, 0], [0, 4, 12]]
FIGURES = {"validation_accuracy": Interval(0.9, 0.86, 0.93), "test_accuracy": Interval(0.9115, 0.85, 0.95)}


def competitor(number, label, **changes):
    given = {"rank": number, "tied": number < 3, "versions": [f"shop@{number}"], "aliases": [], "adapter": "tfidf"}
    given |= {"model": f"logistic C={number}", "figures": FIGURES, "fit_seconds": 0.5, "size_bytes": 20_000}
    return Competitor(**{**given, "label": label, "predict_us": 80.0, **changes})


def subject():
    return Subject(
        reference="shop@1",
        label="tfidf-logistic-0123456789ab",
        aliases=["champion"],
        adapter="tfidf",
        model="logistic",
        dataset="d" * 64,
        cut="all",
        collection="default",
        trained_at=1_790_000_000.0,
        parent=None,
        figures={**FIGURES, "test_macro_f1": Interval(0.88, 0.8, 0.93), "test_log_loss": Interval(0.3, 0.2, 0.4)},
        fit_seconds=0.5,
        size_bytes=20_000,
        predict_us=80.0,
        environment={"packages": {"numpy": "2.0"}, "python": "3.11", "platform": "Linux"},
    )


def profile(answers, sure, length, unseen):
    rows = sum(answers.values())
    means = {"confidence": sure, "length": length, "vocabulary": unseen, "field <age>": 40.0}
    return Profile(answers, {name: Moments(rows, mean, 0.1) for name, mean in means.items()})


def contents(**changes):
    rows = [competitor(number, f"other-{number}") for number in (2, 3)]
    boards = [
        Board("d" * 12, [competitor(1, subject().label, aliases=["champion"]), *rows], "<other> & more", 0.45),
        Board("e" * 12, [competitor(4, "older")]),
    ]
    sample = profile({"billing": 30, "delivery": 20}, 0.9, 3.4, 0.1)
    live = profile({"delivery": 60}, 0.7, 3.7, 0.3)
    drifts = [compare_profiles(sample, one) for one in (sample, live)]
    days = [Period(1, 1.79e9 + 86_400 * at, 1.79e9 + 86_400 * (at + 1), one) for at, one in enumerate(drifts)]
    drifted = Live(drifts[1], sample.answers, live.answers, 1.79e9, 1.791e9, days)
    evidence = {"difference": 0.04, "low": 0.01, "high": 0.07}
    case = Case("ab" * 16, "test", "billing", "<other> & more", 0.97)
    value = PolicyValue("pass", 40, Interval(0.25, 0.1, 0.4), None, None)
    given = {
        "title": "shop@1",
        "project": "shop",
        "made_at": 1.791e9,
        "boards": boards,
        "subject": subject(),
        "classes": class_figures(LABELS, CONFUSION),
        "confusion_labels": LABELS,
        "confusion": CONFUSION,
        "balance": {"train": {"billing": 300, "delivery": 400, "<other> & more": 20}, "test": {"billing": 43}},
        "calibration": [Bin(20, 0.6, Interval(0.5, 0.3, 0.7)), Bin(20, 0.9, Interval(0.95, 0.8, 1.0))],
        "curve": [Point(100, Interval(0.7, 0.6, 0.8)), Point(700, Interval(0.9, 0.85, 0.95))],
        "logged": {"loss <of all>": [(step, 1 / (step + 1)) for step in range(250)], "rows": [(0, 720.0)]},
        "mistakes": [case],
        "mistakes_total": 10,
        "doubts": [case],
        "doubts_total": 3,
        "doubted": [("billing", "<other> & more", 2), ("delivery", "billing", 1)],
        "promotions": [ReportedMove(1.79e9, "champion", None, 1, "promote", "ann", "<best>", evidence)],
        "live": drifted,
        "services": [ServiceValue("offers", "offer <it>", "pass", "bought", 40, 1200, [value])],
    }
    return Contents(**{**given, **changes})


class Page(HTMLParser):
    """Every tag closed in order; `ids`, `links`, `texts` and `tables` (rows of cells) collected."""

    VOID = frozenset({"meta", "link", "br", "img"})

    def __init__(self, markup):
        super().__init__()
        self.open, self.ids, self.links, self.tables, self.tags, self.text = [], [], [], [], [], ""
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append((tag, found))
        if tag not in self.VOID:
            self.open.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in {"td", "th"}:
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.text += data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data
