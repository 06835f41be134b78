"""Models that keep scikit-learn's interface: pipelines and classifiers with `predict` and, at best, `predict_proba`."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from argosy.errors import ArgosyError, ExtraMissing, ImportedModelFailed, ImportInvalid
from argosy.models.answer_kinds import VALUE
from argosy.models.lean_imports import import_lean
from argosy.models.runtime import Answers, Declared, ModelRow, class_name, one_hot

READS_FILES: Final = ("file", "filename")
"""Of a vectorizer's option `input`: who asks it a text would be answered from the file of that name."""
INFLATED_BYTES: Final = 4 << 30
MEMBERS: Final = 100_000


class Scikit:
    """Asks for probabilities, else for decision values, else for labels."""

    def __init__(self, model: Any, declared: Declared, classes: Sequence[str] = ()) -> None:
        if not hasattr(model, "predict"):
            raise ImportInvalid(f"the file holds a {type(model).__name__}, which cannot predict")
        if any(str(vars(part).get("input")) in READS_FILES for part in _parts(model)):
            raise ImportInvalid("the model takes names of files and reads those: give its vectorizer input='content'")
        _check_fields(model, declared)
        self._model, self._declared = model, declared
        named = [class_name(one) for one in getattr(model, "classes_", ())] or list(classes)
        self.classes = named or ([VALUE] if _is_regressor(model) else [])

    def answers(self, rows: Sequence[ModelRow]) -> Answers:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self._answers(self._table(rows))
        except ArgosyError:
            raise
        except Exception as error:
            raise ImportedModelFailed(f"the imported model failed: {type(error).__name__}") from error

    def _answers(self, table: Any) -> Answers:
        if hasattr(self._model, "predict_proba"):
            return np.asarray(self._model.predict_proba(table), np.float64)
        if hasattr(self._model, "decision_function"):
            found = np.asarray(self._model.decision_function(table), np.float64)
            return np.stack([-found, found], axis=1) if found.ndim == 1 else found
        answered = self._model.predict(table)
        if self.classes == [VALUE]:
            return np.asarray(answered, np.float64).reshape(len(answered), -1)
        return one_hot(list(answered), self.classes)

    def _table(self, rows: Sequence[ModelRow]) -> Any:
        """Texts as a list, numbers as an array; columns by name where the model was fitted on such."""
        if not self._declared.fields:
            return list(rows)
        if hasattr(self._model, "feature_names_in_"):
            try:
                import pandas as pd
            except ImportError:
                raise ExtraMissing("pandas", "frames", "a model that was fitted on named columns") from None
            return pd.DataFrame(list(rows), columns=list(self._declared.fields))
        are_numbers = set(self._declared.fields.values()) == {"number"}
        return np.array(list(rows), np.float64 if are_numbers else object)


def _is_regressor(model: Any) -> bool:
    from sklearn.base import is_regressor

    try:
        return bool(is_regressor(model))
    except Exception:  # noqa: BLE001  # an object of another library
        return False


def _check_fields(model: Any, declared: Declared) -> None:
    """Raise ImportInvalid where the model was fitted on other columns than are declared, as far as it says on which."""
    names = [str(name) for name in getattr(model, "feature_names_in_", ())]
    expected = getattr(model, "n_features_in_", None)
    if not declared.fields or (not names and expected is None):
        return
    given = list(declared.fields)
    if names and set(names) != set(given):
        raise ImportInvalid(f"the model was fitted on the fields {', '.join(names)}; declared are {', '.join(given)}")
    if expected is not None and expected != len(given):
        raise ImportInvalid(f"the model was fitted on {expected} fields, and {len(given)} are declared")


def from_skops(content: bytes, declared: Declared, classes: Sequence[str], trusted: Sequence[str]) -> Scikit:
    """The model in a skops file, of types that skops trusts and those named; raises ImportInvalid, ExtraMissing."""
    import_lean("sklearn")
    try:
        import skops.io
    except ImportError:
        raise ExtraMissing("skops", "import", "a model in skops's format") from None
    try:
        _check_size(content)
        unknown = sorted(set(skops.io.get_untrusted_types(data=content)) - set(trusted))
        if unknown:
            raise ImportInvalid(
                f"the file holds types that are not trusted: {', '.join(unknown)}; each is let in by being named"
            )
        model = skops.io.loads(content, trusted=list(trusted))
    except ImportInvalid:
        raise
    except Exception as error:  # whatever a damaged file makes it raise
        raise ImportInvalid(f"the file cannot be read as skops: {library_message(error)}") from error
    return Scikit(model, declared, classes)


def _check_size(content: bytes) -> None:
    """What a zip file says of its size is what is read of it at most."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        members = file.infolist()
    inflated = sum(member.file_size for member in members)
    if len(members) > MEMBERS or inflated > INFLATED_BYTES:
        raise ImportInvalid(f"the file unpacks to {inflated:,} bytes in {len(members):,} parts, which is too much")


def _parts(model: Any) -> Iterator[Any]:
    """The objects with attributes that a model is made of, itself first."""
    waiting, seen = [model], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
        elif hasattr(one, "__dict__") and not isinstance(one, type):
            yield one
            waiting += vars(one).values()


def library_message(error: BaseException) -> str:
    """What a library says of a file, in one short line: no example was met yet."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
