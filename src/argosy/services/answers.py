"""A service's question and answer as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from argosy.definitions.service_steps import SCORE
from argosy.http.bodies import body_problem
from argosy.http.responses import to_json
from argosy.repeated_keys import check_keys, keys_in
from argosy.services.calls import ServiceAnswer, ServiceCall, ServiceRow
from argosy.serving.rest.callers import identities_in
from argosy.vault.tokens import Token

_OWN: Final = frozenset((SCORE, "decision", "rank", "policy", "bias"))
"""What steps set that an answer has a place for, or keeps to itself."""


class ServiceQuestion(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /services/NAME`."""

    inputs: list[dict[str, Any]]
    fill: list[str] | None = None
    """The features that are looked up; not given: all."""
    model: str = ""
    """Wanted in place of the service's own, `NAME` or `NAME@VERSION`."""
    client: Any = None
    subject: Any = None
    entity: Any = None
    explain: bool = False
    """Whether the answer is to say how each row was decided."""


_read = msgspec.json.Decoder(ServiceQuestion).decode


def parse_question(body: bytes) -> ServiceQuestion:
    """Raises RequestInvalid."""
    try:
        question = _read(body)
        check_keys(body, sum(map(keys_in, question.inputs)) + _own_keys(body, question))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise body_problem(error, body, "no question", ServiceQuestion.__struct_fields__) from None
    return question


def _own_keys(body: bytes, question: ServiceQuestion) -> int:
    """How many keys the body has around its inputs."""
    if body.count(b":") == sum(map(len, question.inputs)) + 1:
        return 1  # `inputs` alone, as nearly always
    return keys_in(msgspec.json.decode(body)) - sum(map(keys_in, question.inputs))


def call_of(
    question: ServiceQuestion, said: Mapping[str, str | None], caller: Token | None, deadline: float, traceparent: str
) -> ServiceCall:
    """What is asked, and by whom: `said` is what headers say, behind what the body does. Raises RequestInvalid."""
    parameters = {"client": question.client, "subject": question.subject, "entity": question.entity}
    who = identities_in(parameters, said)
    return ServiceCall(
        question.inputs,
        question.fill,
        question.model,
        who["client"],
        who["subject"],
        who["entity"],
        "" if caller is None else caller.name,
        deadline,
        traceparent=traceparent,
    )


def answer_json(answer: ServiceAnswer, *, explains: bool) -> bytes:
    """The body of the answer; a result a row, in the order of the inputs and their candidates."""
    main, ids = answer.responses[0], answer.prediction_ids
    results = [_result(row, ids[place], explains) for place, row in enumerate(answer.rows)]
    return to_json({"service": answer.service, "model": main.model, "version": main.version, "results": results})


def _result(row: ServiceRow, prediction_id: str, explains: bool) -> dict[str, Any]:
    said = row.answers[0]
    result = {
        "decision": row.decision,
        SCORE: row.values.get(SCORE),
        "label": said.label,
        "prediction_id": prediction_id,
    }
    if row.rank is not None:
        result["rank"] = row.rank
    if row.propensity is not None:
        result["propensity"] = row.propensity
    made = {name: value for _, changes in row.steps for name, value in changes.items() if name not in _OWN}
    if made:
        result["values"] = made
    missing, stale = [], []
    for name, one in row.features.items():
        if one.source in ("default", "nothing"):
            missing.append(name)
        if one.is_stale:
            stale.append(name)
    if missing:
        result["missing"] = missing
    if stale:
        result["stale"] = stale
    if explains:
        result["explained"] = explained(row)
    return result


def explained(row: ServiceRow) -> dict[str, Any]:
    """How a row was decided: what was filled in from where, what the models said, what each step set."""
    return {
        "features": {
            name: {"from": one.source, "age_seconds": one.age, "stale": one.is_stale}
            for name, one in row.features.items()
        },
        "models": [msgspec.structs.asdict(one) for one in row.answers],
        "inputs": dict(row.inputs),
        "steps": [{"step": name, "set": changes} for name, changes in row.steps],
    }
