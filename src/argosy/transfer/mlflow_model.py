"""What MLflow loads and asks: the loader module of the folders that `mlflow_folder` writes.

MLflow finds `_load_pyfunc` by the module's name, which stands in those folders and must therefore stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argosy.models.adapted_model import AdaptedModel
from argosy.models.answer_kinds import VALUE
from argosy.models.decisions import decided_numbers
from argosy.models.inputs import is_lone_text
from argosy.types import Input

if TYPE_CHECKING:
    import pandas


def _load_pyfunc(path: str) -> MlflowModel:
    return MlflowModel(AdaptedModel.load(Path(path)))


class MlflowModel:
    """A pair that is asked with data frames, or with lists of inputs."""

    def __init__(self, model: AdaptedModel) -> None:
        self._model = model

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> pandas.DataFrame:  # noqa: ARG002
        """A row an input: `label`, `confidence`, and `probabilities` in the order of the classes; or `value`.

        Where its decisions ask for them, the likeliest classes too, as `top_labels` and `top_probabilities`.
        """
        import pandas

        from argosy.label_sets import as_members

        model, inputs = self._model, self._inputs(model_input)
        estimator, found = model.estimator, model.scores(inputs)
        if estimator.answers_numbers:
            return pandas.DataFrame({VALUE: decided_numbers(found, model.decisions.steps)[:, 0]})
        labels, top = model.answers_of_scores(found), model.top_of_scores(found)
        return pandas.DataFrame(
            {
                "label": [sorted(as_members(label)) for label in labels] if estimator.answers_sets else labels,
                "confidence": model.confidence_of_scores(found),
                "probabilities": list(model.probabilities_of_scores(found)),
                **({"top_labels": top.labels, "top_probabilities": top.probabilities} if top else {}),
            }
        )

    def _inputs(self, given: Any) -> list[Input]:
        if not hasattr(given, "columns"):
            return [given] if isinstance(given, str | Mapping) else list(given)
        reads = self._model.adapter.reads
        if is_lone_text(reads) and (len(given.columns) == 1 or next(iter(reads)) in given.columns):
            name = next(iter(reads))
            return list(given[name] if name in given.columns else given.iloc[:, 0])
        return [{name: _value(value) for name, value in row.items()} for row in given.to_dict("records")]


def _value(value: Any) -> Any:
    """A cell without anything in it is a field that is missing; numpy's numbers are Python's."""
    plain = value.item() if hasattr(value, "item") else value
    return None if plain != plain else plain
