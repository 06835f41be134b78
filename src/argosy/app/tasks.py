"""The tasks that a project has performed in child processes: which function each is."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from argosy.backends import Backends
from argosy.errors import UserMistake, nearest
from argosy.subprocess_tasks import answer
from argosy.types import Progress

Task = Callable[[Backends, Mapping[str, Any], Progress], Any]

TASKS: Final = {
    "analyse": "argosy.evaluation.analysis:analyse",
    "answer_both": "argosy.evaluation.comparison:answer_both",
    "answer_otherwise": "argosy.feedback.differing:answer_otherwise",
    "check_drift": "argosy.evaluation.drift_periods:check_drift",
    "measure_bias": "argosy.evaluation.deciding:measure_bias",
    "score_import": "argosy.training.importing:score_import",
    "train_again": "argosy.training.reproduction:train_again",
}


def perform(backends: Backends, name: str, folder: Path) -> None:
    """The child's side of `subprocess_tasks.run_task`."""
    if name not in TASKS:
        raise UserMistake(f"there is no task '{name}'{nearest(name, TASKS)}; there are: {', '.join(TASKS)}")
    module, _, function = TASKS[name].partition(":")
    task: Task = getattr(importlib.import_module(module), function)
    answer(folder, lambda request, report_progress: task(backends, request, report_progress))
