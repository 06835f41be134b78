"""The state of a submitted plan's definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from argosy.clock import format_time
from argosy.jobs.job import Job, JobState
from argosy.jobs.replaced_plans import ReplacedPlan
from argosy.plurals import plural

SHOWN_REPLACED = 3
"""Earlier forms of a plan that are listed one by one."""


@dataclass(frozen=True)
class PlanStatus:
    """Where a plan's definitions are; `counts` has every state."""

    plan: str
    submitted_at: float
    counts: Mapping[JobState, int]
    running: tuple[Job, ...]
    failed: tuple[Job, ...]
    lacking: Mapping[str, int]
    """Plug-ins that queued definitions require, and how many: a worker without them leaves those for another."""
    is_cancelled: bool = False
    search: str = ""
    """Of a plan that searches: how far it is."""
    is_searching: bool = False
    """More definitions will be asked for."""
    stopped: str = ""
    """Why it ended before all of it was tried."""
    replaced: tuple[ReplacedPlan, ...] = ()
    """Earlier forms of it, the newest first; of all that the plan wants alone."""

    is_other_form: bool = False
    """It was asked for by a file whose plan is not what was submitted last under the name; all else is of that."""

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def is_over(self) -> bool:
        """Nothing is queued or running any more, nor will be."""
        return not self.is_searching and not self.counts[JobState.QUEUED] and not self.counts[JobState.RUNNING]

    def __str__(self) -> str:
        """The counts by state, and the failures with their errors: a line each."""
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return f"<pre>{escape(str(self))}</pre>"

    def _lines(self) -> list[str]:
        counts = ", ".join(f"{number} {state.value}" for state, number in self.counts.items() if number)
        lines = [f"Plan '{self.plan}'{' (cancelled)' if self.is_cancelled else ''}: {counts or 'nothing to do'}."]
        submitted = format_time(round(self.submitted_at))
        lines += [f"  as submitted {submitted}, which is another form than this plan"] if self.is_other_form else []
        lines += [f"  search: {self.search}"] if self.search else []
        lines += [f"  stopped: {self.stopped}"] if self.stopped else []
        lines += [f"  {number} wait for a worker with the plug-in {name}" for name, number in self.lacking.items()]
        lines += [f"  {job.label} failed{_attempts(job)}: {job.error}" for job in self.failed]
        lines += [f"  'argosy plan retry {self.plan}' queues what failed again"] if self.failed and self.is_over else []
        lines += [_line_of(one) for one in self.replaced[:SHOWN_REPLACED]]
        more = len(self.replaced) - SHOWN_REPLACED
        return [*lines, f"  … and {more:,} replaced before"] if more > 0 else lines


def _attempts(job: Job) -> str:
    return f" after {job.failures} attempts" if job.failures > 1 else ""


def _line_of(one: ReplacedPlan) -> str:
    form = "the same plan on other rows" if one.is_same_plan else "another form of the plan"
    count = plural(one.definitions, "definition")
    times = [format_time(round(moment)) for moment in (one.replaced_at, one.submitted_at)]
    return (
        f"  replaced {times[0]}: {form}, submitted {times[1]}, {count} of it ({one.trained:,} trained) no longer wanted"
    )
