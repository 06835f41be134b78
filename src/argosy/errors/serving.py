"""Models, predictions and what asks for them."""

from __future__ import annotations

from argosy.errors.root import ArgosyError, Outage, Overtaken, UserMistake

# --- models


class FormsDisagree(UserMistake):
    """The form that would serve a model answers differently from the form that was trained: a fault of its plug-ins."""


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


# --- services


class ServiceNotFound(UserMistake):
    """No service of the project has that name."""


class FeatureUnavailable(ArgosyError):
    """What a service must know did not come from the cache in time, is not there, or is too old to decide on."""


class ServiceStepFailed(ArgosyError):
    """A service's own function raised an error, took too long, or gave back what it must not."""


class FunctionHung(ServiceStepFailed):
    """It took too long and was given up: it is not called again for the same rows."""


class OutcomeInvalid(UserMistake):
    """What was said of an outcome cannot be one, or no service has an outcome of that name."""
