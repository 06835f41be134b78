"""What the plan `thorough.yaml` of a new project finds on public sets: `python -m benchmarks.quality [NAME …]`.

Each set is imported with its published split into a project of its own under `--into`, and trained by the plan that
`argosy init` writes, with the dataset and its collection named, by two processes. What is first on *validation* is
reported by its accuracy on test, compared with scikit-learn's TfidfVectorizer and LogisticRegression on the very same
rows; `baseline_all` may learn from the validation part as well.

Results are kept in `results.json` there: a set that has one is not measured again, one that was interrupted goes on.
`--fresh` forgets the sets that are named. `--without transformer` leaves out what is so called, as a machine
without its extra does; asked again with it, only that is trained. The last line is one JSON object of all results.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.quality_sets import OUT_OF_SCOPE, SETS, Set, data_folder

PROCESSES = 2
Result = dict[str, Any]


def main(arguments: list[str], sets: dict[str, Set] = SETS, data: Path | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(sets)}; all unless given")
    parser.add_argument("--into", type=Path, default=Path(tempfile.gettempdir()) / "argosy-quality")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    parser.add_argument("--without", action="append", default=[], metavar="PLUGIN", help="leave this out of the plan")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(sets):
        parser.error(f"no set is called {', '.join(sorted(unknown))}; there are: {', '.join(sets)}")
    names = given.names or list(sets)
    wanted = {name: sets[name] for name in names}
    found = measured(given.into, wanted, data or data_folder(), given.fresh, sorted(given.without))
    print("\n".join(table(found)))
    print(json.dumps({name: {key: one[key] for key in ("argosy", "baseline", "label")} for name, one in found.items()}))


def measured(
    into: Path, sets: dict[str, Set], data: Path, fresh: bool = False, without: Sequence[str] = ()
) -> dict[str, Result]:
    """The results by name; each is kept as soon as it is there."""
    into.mkdir(parents=True, exist_ok=True)
    for name in sets if fresh else ():
        shutil.rmtree(into / name, ignore_errors=True)
        _keep(into, name, None)
    for name, one in sets.items():
        if kept(into).get(name, {}).get("without") != list(without):
            print(f"{name}: measuring", flush=True)
            _keep(into, name, measure(into / name, name, one, data, without))
    return {name: kept(into)[name] for name in sets}


def kept(into: Path) -> dict[str, Result]:
    path = into / "results.json"
    return json.loads(path.read_text()) if path.exists() else {}  # type: ignore[no-any-return]


def _keep(into: Path, name: str, result: Result | None) -> None:
    results = {**kept(into), name: result}
    path = into / "results.json.new"
    path.write_text(json.dumps({name: one for name, one in results.items() if one is not None}, indent=1))
    path.rename(into / "results.json")


def measure(folder: Path, name: str, chosen: Set, data: Path, without: Sequence[str]) -> Result:
    """One set, from its file to the figures of the best on validation."""
    import argosy
    from argosy.app.scaffold import create_project

    if not (folder / "argosy.yaml").exists():
        create_project(folder, name.replace("_", "-"))
    with argosy.open(folder) as project:
        if name not in project.examples.collections():
            project.examples.add(chosen.read(data), into=name)
        plan = plan_of(folder, name, without)
        with clocked(folder / "seconds.json") as spent:
            status = project.plans.train(plan, processes=PROCESSES)
        if status.failed:
            raise SystemExit(f"{name}: {status.failed[0].label} failed: {status.failed[0].error}")
        best = project.leaderboard(status.plan).iloc[0]
        parts = parts_of(project, project.plans.check(plan).datasets[0].digest)
        confusion = project.models.trained(f"{status.plan}@best").confusion
    return {
        "argosy": round(best["test_accuracy"], 4),
        "low": round(best["test_accuracy_low"], 4),
        "high": round(best["test_accuracy_high"], 4),
        "label": best["label"],
        "recipe": f"{best['adapter']} + {best['model']}",
        "baseline": round(baseline(parts, ["train"]), 4),
        "baseline_all": round(baseline(parts, ["train", "validation"]), 4),
        "rows": {part: len(labels) for part, (_, labels) in parts.items()},
        **in_scope_figures(confusion),
        **{key: round(value / 60, 1) for key, value in spent.items()},
        "load": round(os.getloadavg()[2], 1),
        "definitions": status.total,
        "without": list(without),
    }


def plan_of(folder: Path, name: str, without: Sequence[str] = ()) -> dict[str, Any]:
    """The plan that the project came with, over the published split of a collection."""
    import yaml

    plan: dict[str, Any] = yaml.safe_load((folder / "thorough.yaml").read_text("utf-8"))
    for kind in ("adapter", "model"):
        plan[kind] = [one for one in plan[kind] if not any(f'"name": "{left}"' in json.dumps(one) for left in without)]
    return {**plan, "dataset": {"name": "given_split", "options": {"collection": name}}}


@contextmanager
def clocked(path: Path) -> Iterator[dict[str, float]]:
    """Minutes by the wall and of processor time, added to what earlier attempts took."""
    spent = json.loads(path.read_text()) if path.exists() else {"wall_minutes": 0.0, "cpu_minutes": 0.0}
    wall, cpu = time.perf_counter(), _children_seconds()
    try:
        yield spent
    finally:
        spent["wall_minutes"] += time.perf_counter() - wall
        spent["cpu_minutes"] += _children_seconds() - cpu
        path.write_text(json.dumps(spent))


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def parts_of(project: Any, digest: str) -> dict[str, tuple[list[str], list[str]]]:
    """The very rows that the plan's definitions learned from and were tested on."""
    from argosy.datasets.dataset import load

    parts = load(project.database, project.vault, digest).parts
    return {part.value: (list(rows.inputs), list(rows.labels)) for part, rows in parts.items()}


def baseline(parts: dict[str, tuple[list[str], list[str]]], learned: list[str]) -> float:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts = [text for part in learned for text in parts[part][0]]
    labels = [label for part in learned for label in parts[part][1]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels)
    return float(model.score(*parts["test"]))


def in_scope_figures(confusion: dict[str, Any]) -> dict[str, float]:
    """Where there is a class of what no intent is meant by: accuracy on the others, and how much of it is found."""
    labels, matrix = confusion["labels"], confusion["matrix"]
    if OUT_OF_SCOPE not in labels:
        return {}
    at = labels.index(OUT_OF_SCOPE)
    rows = [(place, row) for place, row in enumerate(matrix) if place != at]
    right, total = sum(row[place] for place, row in rows), sum(sum(row) for _, row in rows)
    return {"in_scope": round(right / total, 4), "oos_recall": round(matrix[at][at] / sum(matrix[at]), 4)}


def table(found: dict[str, Result]) -> Iterator[str]:
    """As Markdown."""
    yield "| set | train, validation, test | argosy | baseline | baseline_all | minutes, of CPU | recipe | without |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, one in found.items():
        rows = ", ".join(f"{one['rows'].get(part, 0):,}" for part in ("train", "validation", "test"))
        figure = f"**{one['argosy']:.3f}** ({one['low']:.3f}–{one['high']:.3f})"
        took = f"{one['wall_minutes']} at load {one['load']}, {one['cpu_minutes']}"
        others = f"{one['baseline']:.3f} | {one['baseline_all']:.3f}"
        yield f"| {name} | {rows} | {figure} | {others} | {took} | {one['recipe']} | {', '.join(one['without'])} |"


if __name__ == "__main__":
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that workers are stopped and minutes are kept
    main(sys.argv[1:])
