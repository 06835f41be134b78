"""Fine-tuning: from pretrained layers and labelled word pieces to the tensors of a network that classifies.

All of it learns by AdamW (Loshchilov and Hutter 2019): the head, which begins at zero, at a higher rate than the
encoder, which knows much already. The same rows, options and number of threads give the same bits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ExtraMissing
from argosy.models.estimator import Codes
from argosy.models.fine_tuning.batches import RowNumbers, batches, by_length, learning_rate_share
from argosy.models.fine_tuning.network import HEAD_BIAS, HEAD_WEIGHT, Network, Pooling, trainable
from argosy.models.fine_tuning.pretrained import Floats, Pretrained
from argosy.models.steps import report_progress, step

Pieces = Sequence[NDArray[np.int64]]
_ANSWERED_TOGETHER = 32


@dataclass(frozen=True)
class FineTuningSettings:
    """The options of `transformer` that training needs."""

    epochs: int
    learning_rate: float
    head_learning_rate: float
    batch_size: int
    warm_up: float
    weight_decay: float
    dropout: float
    frozen_layers: int
    pooling: Pooling
    seed: int


@dataclass(frozen=True)
class Learned:
    """`tensors` by name, and the trained network's own `logits` of the rows that `compared` numbers."""

    tensors: dict[str, Floats]
    compared: RowNumbers
    logits: Floats


def fine_tune(
    settings: FineTuningSettings,
    begin: Pretrained,
    pieces: Pieces,
    y: Codes,
    weights: Floats,
    kept_aside: RowNumbers,
    compared: RowNumbers,
) -> Learned:
    """Train on all rows but those kept aside, which choose the best epoch where there are any.

    `weights` are the classes'; each has a row that is not kept aside. Raises ExtraMissing, and what `step` does.
    """
    try:
        import torch
    except ImportError:
        raise ExtraMissing("torch", "finetuning", "training the model transformer") from None
    with _seeded(torch, settings.seed):
        tuning = _Tuning(torch, settings, begin, pieces, y, weights)
        rows = np.setdiff1d(np.arange(len(y)), kept_aside)
        tuning.train(rows, kept_aside)
        return Learned(tuning.learned(), compared, tuning.logits(compared).numpy())


class _Tuning:
    def __init__(
        self, torch: Any, settings: FineTuningSettings, begin: Pretrained, pieces: Pieces, y: Codes, weights: Floats
    ) -> None:
        self._torch, self._settings, self._begin, self._pieces = torch, settings, begin, pieces
        self._lengths = np.array([len(one) for one in pieces])
        self._y, self._weights = torch.tensor(y), torch.tensor(weights)
        self._tensors = {name: torch.from_numpy(np.array(array)) for name, array in begin.layers.items()}
        self._tensors[HEAD_WEIGHT] = torch.zeros(len(weights), begin.words.shape[1])
        self._tensors[HEAD_BIAS] = torch.zeros(len(weights))
        self._network = Network(self._tensors, settings.pooling)
        self._random = np.random.default_rng(settings.seed)

    def train(self, rows: RowNumbers, kept_aside: RowNumbers) -> None:
        settings = self._settings
        optimizer, rates = self._optimizer()
        best, best_loss = self._tensors, float("inf")
        done, steps = 0, settings.epochs * -(-len(rows) // settings.batch_size)
        for epoch in range(1, settings.epochs + 1):
            losses = []
            for batch in batches(self._lengths[rows], settings.batch_size, self._random):
                step()
                for group, rate in zip(optimizer.param_groups, rates, strict=True):
                    group["lr"] = rate * learning_rate_share(done, steps, settings.warm_up)
                losses.append(self._learn(optimizer, rows[batch]))
                done += 1
            note = f"epoch {epoch} of {settings.epochs}: loss {np.mean(losses):.4f}"
            if not len(kept_aside):
                report_progress(note)
                continue
            loss = self._loss(self.logits(kept_aside), kept_aside).item()
            report_progress(f"{note}, on the rows kept aside {loss:.4f}")
            if loss > best_loss:
                break
            best, best_loss = {name: tensor.detach().clone() for name, tensor in self._tensors.items()}, loss
        self._tensors.update(best)

    def logits(self, rows: RowNumbers) -> Any:
        """(rows, classes), without anything to learn from them."""
        with self._torch.no_grad():
            return self._network.logits(self._vectors(rows))

    def learned(self) -> dict[str, Floats]:
        return {name: tensor.detach().numpy() for name, tensor in self._tensors.items()}

    def _learn(self, optimizer: Any, rows: RowNumbers) -> float:
        vectors = self._network.vectors(*self._padded(rows))
        vectors = self._torch.nn.functional.dropout(vectors, self._settings.dropout)
        loss = self._loss(self._network.logits(vectors), rows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    def _loss(self, logits: Any, rows: RowNumbers) -> Any:
        return self._torch.nn.functional.cross_entropy(logits, self._y[rows], self._weights)

    def _optimizer(self) -> tuple[Any, list[float]]:
        """AdamW, and the full learning rate of each of its groups; only matrices decay."""
        settings, head = self._settings, (HEAD_WEIGHT, HEAD_BIAS)
        body = trainable(self._begin.layers, settings.frozen_layers)
        for name in (*body, *head):
            self._tensors[name].requires_grad_(True)
        matrices = [self._tensors[name] for name in body if self._tensors[name].ndim > 1]
        others = [self._tensors[name] for name in body if self._tensors[name].ndim == 1]
        groups: list[dict[str, Any]] = [
            {"params": matrices, "lr": settings.learning_rate, "weight_decay": settings.weight_decay},
            {"params": others, "lr": settings.learning_rate, "weight_decay": 0.0},
            {"params": [self._tensors[name] for name in head], "lr": settings.head_learning_rate, "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        return self._torch.optim.AdamW(groups, fused=True), [group["lr"] for group in groups]

    def _vectors(self, rows: RowNumbers) -> Any:
        vectors = self._torch.zeros(len(rows), self._begin.words.shape[1])
        with self._torch.no_grad():
            for batch in by_length(self._lengths[rows], _ANSWERED_TOGETHER):
                step()
                vectors[batch] = self._network.vectors(*self._padded(rows[batch]))
        return vectors

    def _padded(self, rows: RowNumbers) -> tuple[Any, Any]:
        """(texts, pieces, width) and how many of each text's pieces count."""
        lengths = self._lengths[rows]
        padded = np.zeros((len(rows), lengths.max(), self._begin.words.shape[1]), np.float32)
        for place, row in enumerate(rows.tolist()):
            padded[place, : len(self._pieces[row])] = self._begin.rows(self._pieces[row])
        return self._torch.from_numpy(padded), self._torch.from_numpy(lengths)


@contextmanager
def _seeded(torch: Any, seed: int) -> Iterator[None]:
    """Leave PyTorch's random state and threads as they were; within, as many threads as a worker is given."""
    before = torch.get_num_threads()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or 1))
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(before)
