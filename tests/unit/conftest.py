"""Plug-ins made for these tests: two adapters, two models, one dataset."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from argosy.definitions import Registries
from argosy.plugin_hooks import AdapterHooks, ModelHooks, PluginHooks
from argosy.registry import Registry


class Span(PluginHooks):
    def __init__(
        self,
        collection: str = "",
        start: str | float | None = None,
        end: str | float | None = None,
        training_ratio: Annotated[float, Meta(gt=0, lt=1)] = 0.8,
    ) -> None:
        self.collection, self.start, self.end, self.training_ratio = collection, start, end, training_ratio


class Counts(AdapterHooks):
    is_signed = False

    def __init__(
        self, sequence_length: Annotated[int, Meta(ge=1)] = 100, ngrams: tuple[int, int] = (1, 1), field: str = ""
    ) -> None:
        if ngrams[0] > ngrams[1]:
            raise ValueError("ngrams: from more words than it goes to")
        self.sequence_length, self.ngrams, self.field = sequence_length, ngrams, field


class Vectors(AdapterHooks):
    is_signed = True

    def __init__(self, sequence_length: Annotated[int, Meta(ge=1)] = 100, dimensions: int = 50) -> None:
        self.sequence_length, self.dimensions = sequence_length, dimensions


class Svm(ModelHooks):
    def __init__(
        self,
        kernel: Literal["linear", "poly", "rbf"] = "linear",
        degree: Annotated[int, Meta(ge=1, le=9)] = 3,
        tolerance: Annotated[float, Meta(gt=0)] = 1e-3,
        C: Annotated[float, Meta(gt=0)] = 1.0,  # noqa: N803
    ) -> None:
        self.kernel, self.degree, self.tolerance, self.C = kernel, degree, tolerance, C

    @classmethod
    def unused(cls, options: dict[str, Any]) -> dict[str, str]:
        kernel = options["kernel"]
        return {} if kernel == "poly" else {"degree": f"has no effect with kernel {kernel}"}


class Bayes(ModelHooks):
    def __init__(self, alpha: Annotated[float, Meta(ge=0)] = 1.0) -> None:
        self.alpha = alpha

    @classmethod
    def refuses(cls, adapter: Any, options: dict[str, Any]) -> str | None:
        return "bayes needs features that are not negative" if adapter.is_signed else None


@pytest.fixture(scope="session")
def registries() -> Registries:
    datasets: Registry[Any] = Registry("dataset")
    adapters: Registry[Any] = Registry("adapter")
    models: Registry[Any] = Registry("model")
    aliases = {"start_datetime_str": "start", "end_datetime_str": "end"}
    datasets.register("span", Span, aliases=("SpanDataset",), option_aliases=aliases)
    adapters.register("counts", Counts)
    adapters.register("word2vec", Vectors, aliases=("Word2VecAdapter",))
    models.register("svm", Svm, aliases=("scikit_model_svm",), option_aliases={"tol": "tolerance"})
    models.register("bayes", Bayes)
    return Registries(datasets, adapters, models)
