"""The registered models of a project."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argosy.backends import Backends
from argosy.database import in_transaction
from argosy.errors import DecisionsInvalid, FileNotKept, VersionMarked, nearest
from argosy.jobs.selection import decisions_meant, resolve_version, trained_of
from argosy.processes import current_user
from argosy.store import kept, marks
from argosy.store.aliases import CHAMPION
from argosy.store.decided import decision_history
from argosy.store.trained import Move, Trained, Version
from argosy.telemetry import logger

_log = logger("argosy.models")

if TYPE_CHECKING:
    from argosy.evaluation.comparison import Comparison
    from argosy.evaluation.promotion import Promotion
    from argosy.models.adapted_model import AdaptedModel
    from argosy.models.decisions import Decisions
    from argosy.store.decided import DecisionRevision
    from argosy.store.kept import Curves, KeptFile
    from argosy.store.kept_code import KeptCode


class ProjectModels:
    """`project.models`; a reference is `topics@champion`, `topics@3`, `topics@best`, `topics@proposed`, `topics` or the
    label of a result, as plans and notifications have it."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._loaded: dict[tuple[str, Decisions], AdaptedModel] = {}

    def __getitem__(self, reference: str) -> AdaptedModel:
        """The trained pair with the version's decisions, loaded once; raises ModelNotFound, VersionNotFound,
        ArtifactCorrupt.

        It warns where a plug-in of yours that answers has other code than the pair was trained with.
        """
        from argosy.models.adapted_model import AdaptedModel
        from argosy.store.trained_code import changed_code_message, changed_plugins

        trained, decisions = self.trained(reference), decisions_meant(self._backends.plans, reference)
        key = (trained.artifact, decisions)
        if key not in self._loaded:
            self._backends.load_plugins()
            if changed := changed_plugins(trained, self._backends.store.trained):
                _log.warning("%s", changed_code_message(reference, changed))
            model = AdaptedModel.load(self._backends.artifacts.fetch(trained.artifact))
            self._loaded[key] = model.decided_by(decisions)
        return self._loaded[key]

    def with_stored_code(self, reference: str) -> AdaptedModel:
        """The trained pair, answering with the code of your plug-ins that it was trained with, next to today's.

        Raises CodeNotKept, PluginFailed, and what `[]` raises.
        """
        from argosy.models.adapted_model import AdaptedModel
        from argosy.store.trained_code import stored_code

        trained = self.trained(reference)
        self._backends.load_plugins()
        with stored_code(self._backends.store, trained.label):
            model = AdaptedModel.load(self._backends.artifacts.fetch(trained.artifact))
            model.served()
        return model.decided_by(decisions_meant(self._backends.plans, reference))

    def resolve(self, reference: str) -> Version:
        """The version that a reference means."""
        return resolve_version(self._backends.plans, reference)

    def names(self) -> list[str]:
        return self._backends.store.models()

    def versions(self, model: str) -> Sequence[Version]:
        """In order; raises ModelNotFound."""
        return self._backends.store.versions(model)

    def trained(self, reference: str) -> Trained:
        """All that is recorded of a version, or of a label without one."""
        return trained_of(self._backends.plans, reference)

    def changed_code(self, reference: str) -> list[str]:
        """The user's plug-ins whose code here is not what the version was trained with, as `model.mine`."""
        from argosy.evaluation.changes import plugins_changed

        return plugins_changed(self.trained(reference), self._backends.registries)

    def export(self, reference: str, path: str | PathLike[str], format: str = "argosy", *, force: bool = False) -> Path:  # noqa: A002
        """Write a version to a file of its own, as `argosy models export` does; where it is. Raises ExportInvalid."""
        from argosy.transfer.exporting import export_version

        return export_version(self._backends, reference, Path(path), format, force=force).path

    def import_file(self, path: str | PathLike[str], model: str = "", format: str = "", **options: Any) -> Version:  # noqa: A002
        """Make a file a version, as `argosy models import` does. Raises ImportInvalid.

        `options` are `takes`, `dataset`, `classes`, `trusted`, `allow_pickle` and `signature`, see `import_file`.
        """
        from argosy.operations.model_files import import_file
        from argosy.training.remote_models import is_remote

        place = path if isinstance(path, str) and is_remote(path) else Path(path)
        return import_file(self._backends, place, format, model, **options).version

    def code(self, reference: str) -> KeptCode:
        """The code of the user's plug-ins that a version was trained with; raises CodeNotKept."""
        from argosy.store.kept_code import needed_code

        return needed_code(self._backends.store, self.trained(reference).label, reference)

    def files(self, reference: str) -> list[KeptFile]:
        """What the version's plug-ins attached while they were trained."""
        label = self.trained(reference).label
        with self._backends.database.read() as transaction:
            return [file for file in kept.kept_files(transaction, label) if file.kind == "attachment"]

    def file(self, reference: str, name: str) -> Path:
        """One of them, to read; raises FileNotKept."""
        there = {file.name: file.digest for file in self.files(reference)}
        if name not in there:
            known = ", ".join(there) or "none"
            raise FileNotKept(f"{reference} has no file '{name}'{nearest(name, there)}; there are: {known}")
        return self._backends.artifacts.fetch(there[name])

    def curves(self, reference: str) -> Curves:
        """Metric to its (step, value): what the version's plug-ins logged while they were trained."""
        label = self.trained(reference).label
        with self._backends.database.read() as transaction:
            return kept.kept_curves(transaction, label)

    def tags(self, reference: str) -> dict[str, str]:
        """The tags of a version, by name."""
        version = self.resolve(reference)
        with self._backends.database.read() as transaction:
            return kept.tags_of(transaction, version.model).get(version.number, {})

    def tag(self, reference: str, name: str, value: str = "") -> None:
        """Set a tag of one version; raises TagInvalid."""
        version = self.resolve(reference)
        in_transaction(
            self._backends.database, lambda within: kept.tag_version(within, version.model, version.number, name, value)
        )

    def untag(self, reference: str, name: str) -> bool:
        """Take a tag away; False where there was none."""
        version = self.resolve(reference)
        return in_transaction(
            self._backends.database, lambda within: kept.untag_version(within, version.model, version.number, name)
        )

    def decide(
        self, reference: str, reason: str = "", by: str = "", steps: list[dict[str, Any]] | None = None, **changes: Any
    ) -> Version:
        """Change what is made of a version's answers before they are given, as `argosy models decide` does.

        `changes` are the fields of `evaluation.deciding.DecisionChange`; in place of them, `steps` is the whole list.
        Raises DecisionsInvalid.
        """
        from argosy.evaluation.deciding import DecisionChange, change_decisions, replace_decisions

        if steps is not None:
            if changes:
                raise DecisionsInvalid(f"steps are the whole list: leave out {', '.join(changes)}")
            return replace_decisions(self._backends, reference, steps, reason, by or current_user())
        return change_decisions(self._backends, reference, DecisionChange(**changes), reason, by or current_user())

    def decisions(self, reference: str) -> list[DecisionRevision]:
        """How a version's decisions were changed, oldest first; those of the last are in force."""
        version = self.resolve(reference)
        with self._backends.database.read() as transaction:
            return decision_history(transaction, version.model, version.number)

    def mark(self, reference: str, reason: str, by: str = "") -> Version:
        """Say that a version, and every other of the same result, is not to be promoted; the first reason stays."""
        version = self.resolve(reference)
        if not reason.strip():
            raise VersionMarked("a mark needs a reason")
        in_transaction(
            self._backends.database,
            lambda within: marks.mark_result(within, version.label, reason, by or current_user()),
        )
        return self.resolve(version.reference)

    def unmark(self, reference: str) -> Version:
        """Take a version's mark away."""
        version = self.resolve(reference)
        in_transaction(self._backends.database, lambda within: marks.unmark_result(within, version.label))
        return self.resolve(version.reference)

    def promote(
        self,
        reference: str,
        alias: str = CHAMPION,
        reason: str = "",
        by: str = "",
        *,
        force: bool = False,
        even_if_worse: bool = False,
    ) -> Version:
        """Point an alias at a version; servers follow within a second. Raises VersionMarked unless forced.

        Raises PromotionDoubtful, with the comparison, where the champion that it would replace is better or cannot be
        compared with it, unless `even_if_worse`: nothing is compared then.
        """
        from argosy.evaluation.promotion import promote_version

        return promote_version(
            self._backends, reference, alias, reason, by or current_user(), force=force, even_if_worse=even_if_worse
        )

    def check_promotion(self, reference: str) -> Promotion | None:
        """How a version compares with the champion that it would replace; None where there is none, or it is that."""
        from argosy.evaluation.promotion import check_promotion

        return check_promotion(self._backends, self.resolve(reference))

    def rollback(self, model: str, alias: str = CHAMPION, reason: str = "", by: str = "") -> Version:
        """Point an alias back at the version it had before; raises NothingToRollBack."""
        store, by = self._backends.store, by or current_user()
        number = in_transaction(
            store.database, lambda within: store.rollback(within, model, alias, by=by, reason=reason)
        )
        return store.stored_version(f"{model}@{number}")

    def remove_alias(self, model: str, alias: str, reason: str = "", by: str = "") -> int:
        """Take an alias away; the number that it pointed at. Raises ModelNotFound, VersionNotFound."""
        store, by = self._backends.store, by or current_user()
        return in_transaction(
            store.database, lambda within: store.remove_alias(within, model, alias, by=by, reason=reason)
        )

    def diff(self, first: str, second: str) -> Comparison:
        """What is different between two versions or labels: definition, rows, environment, metrics, answers.

        Raises ModelNotFound, VersionNotFound.
        """
        from argosy.evaluation.comparison import compare

        return compare(self._backends, first, second)

    def history(self, model: str, alias: str = "") -> list[Move]:
        """How a model's aliases moved, and which challengers the gate refused, newest first."""
        from argosy.feedback.history import history

        return history(self._backends, model, alias)
