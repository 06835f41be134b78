"""One answer of a service, told from its record: what came, what was filled in, what was said and decided."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from argosy.backends import Backends
from argosy.clock import format_time
from argosy.errors import PredictionNotFound
from argosy.predictions.record import Prediction
from argosy.services.accounts import ServiceAccount, account_in

Table: TypeAlias = tuple[str, tuple[str, ...], Sequence[Sequence[object]]]
"""Title, columns and rows."""


class Explanation(NamedTuple):
    """A prediction, and the account that a service gave of it."""

    prediction: Prediction
    account: ServiceAccount

    def to_dict(self) -> dict[str, Any]:
        one, account = self.prediction, self.account
        return {
            "prediction_id": one.id,
            "made_at": one.made_at,
            "entity": one.entity,
            "client": one.client,
            "subject": one.subject,
            "inputs": one.input if isinstance(one.input, str) else dict(one.input),
            **msgspec.structs.asdict(account),
            "features": {name: msgspec.structs.asdict(each) for name, each in account.features.items()},
            "answers": [msgspec.structs.asdict(each) for each in account.answers],
            "steps": [{"step": name, "set": changes} for name, changes in account.steps],
        }

    def tables(self) -> Iterator[Table]:
        """As people read it, in the order in which it happened."""
        one, account = self.prediction, self.account
        title = f"{account.service} ({account.digest}), {format_time(one.made_at)}"
        about = [("entity", one.entity), ("client", one.client), ("subject", one.subject)]
        came = [*account.given.items(), *((name, value) for name, value in about if value is not None)]
        yield title, ("came", "value"), came
        if account.features:
            columns = ("feature", "from", "> age", "")
            yield "", columns, [_feature(name, each) for name, each in account.features.items()]
        seen = one.input if isinstance(one.input, Mapping) else {"text": one.input}
        yield "", ("models saw", "value"), [(name, _shown(value)) for name, value in seen.items()]
        yield (
            "",
            ("model", "> version", "said", "> confidence", "> probability or value"),
            [
                (each.model, each.version, each.label, f"{each.confidence:.4f}", _shown(each.number))
                for each in account.answers
            ],
        )
        steps = [
            (name, ", ".join(f"{key} = {_shown(value)}" for key, value in set_.items())) for name, set_ in account.steps
        ]
        yield "", ("step", "set"), [*steps, ("decision", account.decision)]
        if account.propensity is not None:
            chance = [("policy", account.policy), ("propensity of the decision", f"{account.propensity:.4f}")]
            yield "", ("by chance", ""), chance


def explanation_of(backends: Backends, prediction_id: str) -> Explanation:
    """Raises PredictionNotFound, also where no service asked."""
    prediction = backends.prediction_log.get(prediction_id)
    account = account_in(prediction.account)
    if account is None:
        raise PredictionNotFound(f"{prediction_id} was asked of '{prediction.model}' itself, and of no service")
    return Explanation(prediction, account)


def _feature(name: str, one: Any) -> tuple[str, str, str, str]:
    return name, one.source, "" if one.age is None else f"{one.age:,.1f} s", "stale" if one.is_stale else ""


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
