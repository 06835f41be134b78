"""Learned capacity: a small model says how much a growing array reserves, and whether that pays.

`python capacity.py` makes a project in `memory/`, prints what each step comes to, and writes the figures to
`memory/figures.json`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import recordings
import variants
from recordings import Work
from variants import MOST

import argosy

HERE = Path(__file__).parent
PLAN = HERE / "plan.yaml"
WIDTHS = {16: 1, 1024: 2, 8192: 10}
"""Bytes of an item; the arrays of wide ones are fewer by that factor."""
SETTINGS = """\
name: memory
training: {{quiet_hours: ["{}"], time_zone: UTC, nice: 15}}
"""
Table = dict[str, dict[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=Path("memory"), help="Where the project goes.")
    parser.add_argument("--arrays", type=int, default=300, help="How many arrays a round fills.")
    parser.add_argument("--rounds", type=int, default=5, help="How often each variant is measured.")
    options = parser.parse_args()
    started = time.monotonic()
    folder: Path = options.folder
    shutil.rmtree(folder, ignore_errors=True)

    step("Recordings of what arrays came to hold")
    rows = recordings.recordings(2000)
    with argosy.open(folder, create=True) as project:
        added = project.examples.add(rows, fields=["s", "j"]).added
    say(f"{added:,} arrays: s, j and how many items there were.")

    figures: dict[str, Any] = {"quiet_until": queue_in_quiet_hours(folder), **train(folder), **decide(folder)}
    work = [Work(row["s"], row["j"]) for row in rows[: options.arrays]]
    unseen = recordings.unseen_work(options.arrays, rows)
    figures["dumped"] = dump(folder, work[:20] + unseen[-20:])
    with argosy.open(folder) as project:
        model = project.models["demand@champion"]
        figures["variants"] = compare(model, work, unseen, options.rounds)
        figures["widths"] = weigh(model, work, options.rounds)
    figures["retrained"] = retrain(folder)
    (folder / "figures.json").write_text(json.dumps(figures, indent=1), "utf-8")
    say(f"\nDone in {time.monotonic() - started:.0f} s. The project is in {folder}, the figures in figures.json.")


def queue_in_quiet_hours(folder: Path) -> str:
    """Submit the plan while the arrays are busy: it waits."""
    step("Quiet hours: while the arrays are busy nothing is trained")
    set_quiet_hours(folder, begin=-1)
    with argosy.open(folder) as project:
        project.plans.submit(PLAN)
        until = project.settings.training.quiet_until(time.time()) or ""
        say(f"{project.plans.status(PLAN)}")
        say(f"No training starts before {until}.")
    return until


def train(folder: Path) -> dict[str, Any]:
    """The hours are over: train until it is good enough, and promote the best."""
    step("At night: training at low priority, until it is good enough")
    set_quiet_hours(folder, begin=4)
    with argosy.open(folder) as project:
        status = project.plans.train(PLAN)
        say(f"Nice level {project.settings.training.nice}. {status}")
        board = project.ranked("demand")
        for row in board:
            say(f"  {row['model']:<20} R² {row['validation_r2']:.4f}   MAE {row['validation_mae']:.2f} on validation")
        version = project.models.promote("demand@best", reason="best on validation")
    return {"version": version.reference, "tried": [row["model"] for row in board], "stopped": status.stopped}


def decide(folder: Path) -> dict[str, Any]:
    """Borders, and the error that the validation part shows."""
    step("Borders, and the systematic error")
    with argosy.open(folder) as project:
        project.models.decide("demand@champion", "what memory there is", clamp=(0, MOST), bias="measured")
        steps = project.models.decisions("demand@champion")[-1].steps
        model = project.models["demand@champion"]
        say(", ".join(map(str, steps)))
        asked = [{"s": 100, "j": 50}, {"s": 400, "j": 100}, {"s": -50, "j": 0}]
        answers = [float(answer) for answer in model.classify(asked)]
        for row, own, answer in zip(asked, model.scores(asked)[:, 0].tolist(), answers, strict=True):
            say(f"  s={row['s']}, j={row['j']}: the model says {own:.1f}, the answer is {answer:.1f}")
    return {"bias": next(one.add for one in steps if hasattr(one, "add")), "asked": asked, "answers": answers}


def dump(folder: Path, work: Sequence[Work]) -> dict[str, Any]:
    """Write the weights to a file, and start a process that has nothing but the file."""
    step("Weights for a new process")
    inputs = [one._asdict() for one in work]
    with argosy.open(folder) as project:
        path = project.models.export("demand@champion", folder / "demand.argosy")
        here = project.models["demand@champion"].classify(inputs)
    command = [sys.executable, str(HERE / "node.py"), str(path)]
    done = subprocess.run(command, input=json.dumps(inputs), capture_output=True, text=True, check=True)
    node = json.loads(done.stdout)
    say(f"{path.stat().st_size:,} bytes. A new process answers {node['milliseconds']:.0f} ms after it has opened them,")
    say(f"and {sum(a == b for a, b in zip(here, node['answers'], strict=True))} of {len(here)} answers are the same.")
    return {"here": here, "node": node["answers"]}


def compare(model: argosy.AdaptedModel, work: Sequence[Work], unseen: Sequence[Work], rounds: int) -> Table:
    """The six variants, and the first once more on the work of the sixth."""
    step("Six variants: what an array costs on average, in items of 16 bytes")
    found = variants.measured(
        {
            "1 capacity zero": (variants.capacity_zero, work),
            "2 formula inline": (variants.formula_inline, work),
            "3 formula in a function": (variants.formula_in_a_function, work),
            "4 prediction": (variants.prediction(model), work),
            "5 prediction plus one": (variants.prediction(model, 1), work),
            "6 prediction, new data": (variants.prediction(model), unseen),
            "1 on the new data": (variants.capacity_zero, unseen),
        },
        bytes(16),
        rounds,
    )
    say("                          reallocations   copied   wasted   filling   predicting     both")
    for name, row in found.items():
        counts = f"{row['reallocations']:13.2f} {row['copied']:8.1f} {row['wasted']:8.1f}"
        both = row["filling_us"] + row["choosing_us"]
        say(f"{name:<25} {counts} {row['filling_us']:6.1f} µs {row['choosing_us']:9.1f} µs {both:5.1f} µs")
    return found


def weigh(model: argosy.AdaptedModel, work: Sequence[Work], rounds: int) -> dict[int, Table]:
    """What reserving saves against what predicting takes, by the size of the items."""
    step("Benefit against cost of an array, without the model and with it")
    say("                                    the model takes, and what is left")
    say("item bytes   without   it saves    asked one by one           asked all at once          memory saved")
    found = {}
    for width, part in WIDTHS.items():
        ways = {
            "without": variants.capacity_zero,
            "one by one": variants.prediction(model, 1),
            "at once": variants.prediction_ahead(model, 1),
        }
        some = work[: max(10, len(work) // part)]
        found[width] = table = variants.measured(
            {name: (way, some) for name, way in ways.items()}, bytes(width), rounds
        )
        without = table["without"]
        saved = without["filling_us"] - table["one by one"]["filling_us"]
        memory = (without["wasted"] - table["one by one"]["wasted"]) * width / 1000
        nets = " ".join(_net(without, table[name]) for name in ("one by one", "at once"))
        say(f"{width:10} {without['filling_us']:6.0f} µs {saved:7.1f} µs   {nets} {memory:8,.0f} kB")
    return found


def _net(without: Mapping[str, float], one: Mapping[str, float]) -> str:
    net = without["filling_us"] - one["filling_us"] - one["choosing_us"]
    return f"{one['choosing_us']:5.1f} µs, {'gain' if net > 0 else 'loss'} {abs(net):6.1f} µs".ljust(26)


def retrain(folder: Path) -> dict[str, Any]:
    """The next night: a challenger learns from what the day has brought, and the gate decides."""
    step("The next night: retrained, judged by the gate, its own error measured")
    with argosy.open(folder) as project:
        project.examples.add(recordings.newer_recordings(800), fields=["s", "j"])
        outcome = project.retrain("demand")
        say(outcome.summary)
        if outcome.promoted:
            project.models.decide("demand@champion", "its own", bias="measured")
        decisions = list(map(str, project.models.decisions("demand@champion")[-1].steps))
        say(", ".join(decisions))
    return {"promoted": outcome.promoted, "summary": outcome.summary, "decisions": decisions}


def set_quiet_hours(folder: Path, begin: int) -> None:
    """Six hours that begin `begin` hours from now. Yours would be fixed: `["mon-fri 08:00-18:00"]`."""
    first = datetime.now(UTC) + timedelta(hours=begin)
    hours = f"{first:%H:%M}-{first + timedelta(hours=6):%H:%M}"
    (folder / "argosy.yaml").write_text(SETTINGS.format(hours), "utf-8")


def step(title: str) -> None:
    say(f"\n{title}")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
