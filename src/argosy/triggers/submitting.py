"""The handler of `submit` jobs: import what a trigger found, and submit its plan.

It may be killed at any moment and begun again. A content that was imported is found to be, and the plan's submission
notes, in its own transaction, the firing that it was for.
"""

from __future__ import annotations

from collections import Counter
from functools import partial

import msgspec

from argosy.backends import Backends
from argosy.definitions import parse_plan
from argosy.definitions.plan_triggers import FilesTrigger
from argosy.jobs.guard import LeaseGuard
from argosy.jobs.job import Job
from argosy.jobs.runner import Outcome
from argosy.plurals import plural
from argosy.telemetry import logger
from argosy.triggers.firing import SubmitRequest
from argosy.triggers.importing import FileImports
from argosy.tuning.plan_triggers import AlreadySubmitted, note_submitted, registered_triggers
from argosy.tuning.project_plans import ProjectPlans
from argosy.tuning.trigger_files import FilePlace, FileState

_log = logger("argosy.triggers")


class TriggeredSubmission:
    """Runs in a worker."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def __call__(self, job: Job, guard: LeaseGuard) -> Outcome:
        request = msgspec.convert(job.payload, SubmitRequest)
        files, is_submitted = Counter[str](), False
        imports = self._imports(request, guard)
        if imports is not None:
            for file in request.files:
                guard.check()
                files[imports.take(file, job.failures > 0)] += 1
        if files[FileState.BROKEN]:
            broken = plural(files[FileState.BROKEN], "file")
            _log.warning("%s: %s not imported: see 'argosy plan status'", request.model, broken)
        if not request.files or (imports is not None and imports.is_any_imported()):
            guard.check()
            is_submitted = self._submit(request)
        return Outcome({"plan": request.model, "files": dict(files), "submitted": is_submitted})

    def _imports(self, request: SubmitRequest, guard: LeaseGuard) -> FileImports | None:
        """None where the trigger is there no more, or is not on files."""
        place = FilePlace(request.model, request.trigger, request.place)
        with self._backends.database.read() as transaction:
            registered = registered_triggers(transaction, request.model, paused=True)
        found = [one.trigger for one in registered if one.name == request.trigger]
        if not found or not isinstance(found[0], FilesTrigger):
            return None
        return FileImports(self._backends, place, found[0].options, request.before, guard)

    def _submit(self, request: SubmitRequest) -> bool:
        plans = ProjectPlans(self._backends)
        with self._backends.database.read() as transaction:
            source = plans.triggers.source(transaction, request.model)
        if source is None:
            return False
        plan = parse_plan(source, request.model, self._backends.registries)
        confirm = partial(note_submitted, plan=request.model, name=request.trigger, fire=request.fire)
        try:
            plans.submit_plan(plan, confirm=confirm)
        except AlreadySubmitted:
            return False
        return True
