"""Outcomes and corrections, append-only, joined to predictions by id or by entity and time.

- Feedback is accepted for every id that was issued, drained or not; another raises PredictionNotFound.
- The same feedback twice is kept once: under one idempotency key; without a key, where a source repeats its last word
  on a prediction. A change of mind is news, also back to an earlier word, and so is a word that may now measure. A key
  used again for something else raises FeedbackInvalid. A token's keys and words are its own: no other's are the same.
- Contradictory feedback is all kept, in order: which one counts is decided where examples are derived.
- A list of labels is refused for a prediction that was answered with one label.
- Whether a piece measures is decided when it is taken, and does not show in what is returned or raised.
- Keys are kept as keyed hashes, since callers tend to put names into them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from argosy.database import Database, Transaction, in_transaction
from argosy.errors import FeedbackInvalid, PredictionNotFound
from argosy.label_sets import as_members, in_form_of, is_set, label_of
from argosy.predictions import statements
from argosy.predictions.giver import OWNER, Giver
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE, PredictionLog, where_else
from argosy.vault.vault import Vault

Kind = Literal["outcome", "correction"]
LABEL_CHARACTERS = 1000
LOCK = "feedback"
"""Of all who add feedback: its numbers are in the order of commits."""
ENTITY_PREDICTIONS = 1000
"""Feedback for an entity reaches at most this many predictions."""


@dataclass(frozen=True)
class Feedback:
    """What a giver states a prediction should have been, or what then happened.

    `is_uniform`: its prediction is said to have been drawn without regard to its answer. Of what was taken: `given_at`
    says when by the database's clock, `token` the name of the token it came with (empty without one), `measures`
    whether it may be evidence.
    """

    prediction_id: str
    kind: Kind
    label: str
    source: str
    is_uniform: bool = False
    given_at: float = 0.0
    idempotency_key: str = ""
    token: str = ""
    measures: bool = False


class FeedbackLog:
    """`now` takes the place of the database's clock; `bring` has predictions be in the database, wherever they rest."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        now: Callable[[], float] | None = None,
        bring: Callable[[Iterable[str]], None] = lambda _: None,
    ) -> None:
        self._database, self._now, self._bring = database, now, bring
        self._scope = vault.scope(SCOPE)
        self._ids = PredictionIds(self._scope)

    def add(
        self,
        prediction_id: str,
        kind: str,
        label: str,
        source: str,
        idempotency_key: str = "",
        is_uniform: bool = False,
    ) -> bool:
        """Keep what the project's owner says; False where it was there already."""
        given = Feedback(prediction_id, cast(Kind, kind), label, source, is_uniform, 0.0, idempotency_key)
        return bool(self.add_many([given]))

    def add_many(self, given: Sequence[Feedback], giver: Giver = OWNER) -> int:
        """Keep all of these or, where one cannot be taken, none; how many were new.

        Raises NotPermitted where the giver may not say so.
        """
        checked = [self._checked(one, giver) for one in given]
        lists = [one for one in checked if is_set(one.label)]
        if lists:
            self._bring(one.prediction_id for one in lists)

        def add(transaction: Transaction) -> int:
            transaction.lock(LOCK)  # numbers are in the order of commits, and last words are known
            _check_answers(transaction, lists)
            now = (self._now or transaction.now)()
            return sum(self._add(transaction, replace(one, given_at=now)) for one in checked)

        return in_transaction(self._database, add)

    def add_within(self, transaction: Transaction, given: Sequence[Feedback], giver: Giver = OWNER) -> int:
        """`add_many` in a transaction of the caller's, who has locked `feedback` and read the predictions in it.

        Raises FeedbackInvalid before anything is written.
        """
        checked = [self._checked(one, giver) for one in given]
        _check_answers(transaction, [one for one in checked if is_set(one.label)])
        now = (self._now or transaction.now)()
        return sum(self._add(transaction, replace(one, given_at=now)) for one in checked)

    def add_to_entity(
        self,
        log: PredictionLog,
        entity: str,
        start: float,
        end: float,
        given: Feedback,
        model: str = "",
        giver: Giver = OWNER,
    ) -> tuple[list[str], int]:
        """Join feedback to every prediction about an entity in [start, end): their ids, and how many were new.

        `given.prediction_id` is ignored. Raises PredictionNotFound where there was none that the giver reaches, and
        FeedbackInvalid where there were more than ENTITY_PREDICTIONS, or the time is empty.
        """
        if end <= start:
            raise FeedbackInvalid("end is not after start: predictions from start to before end are meant")
        giver.check(given.kind, given.source, given.is_uniform)
        ids = (
            [] if "\0" in model else log.ids_of_entity(entity, start, end, model, giver.reaches, ENTITY_PREDICTIONS + 1)
        )
        if not ids:
            raise PredictionNotFound(f"nothing was predicted about that entity in that time{where_else(log.behind())}")
        if len(ids) > ENTITY_PREDICTIONS:
            raise FeedbackInvalid(
                f"over {ENTITY_PREDICTIONS} predictions were made about that entity in that time:"
                " narrow the time, or name a model"
            )
        key = given.idempotency_key
        each = [replace(given, prediction_id=one, idempotency_key=key and f"{key}/{one}") for one in ids]
        return ids, self.add_many(each, giver)

    def of(self, prediction_id: str) -> list[Feedback]:
        """What was said about one prediction, in the order it came."""
        with self._database.read() as transaction:
            rows = transaction.execute(statements.FEEDBACK_OF, {"prediction_id": self._ids.check(prediction_id)})
        return [_feedback(row) for row in rows]

    def of_model(self, model: str) -> list[Feedback]:
        """What was said about a model's drained predictions, in the order it came; labels in the form of the answers.

        Without what says several labels of an answer that is a single one: no example can come of it.
        """
        with self._database.read() as transaction:
            rows = transaction.execute(statements.FEEDBACK_OF_MODEL, {"model": model})
        said = [(_feedback(row[:-1]), str(row[-1])) for row in rows]
        return [
            replace(one, label=in_form_of(one.label, answer))
            for one, answer in said
            if is_set(answer) or not is_set(one.label)
        ]

    def newest(self, rows: int, model: str = "") -> list[tuple[Feedback, str, str]]:
        """What was said last, the newest first, each with its prediction's model and answer: empty before the drain."""
        with self._database.read() as transaction:
            found = transaction.execute(statements.NEWEST_FEEDBACK, {"model": model, "rows": rows})
        return [(_feedback(tuple(given)), said or "", answer or "") for *given, said, answer in found]

    def after(self, number: int, source_prefix: str, rows: int) -> list[tuple[int, Feedback]]:
        """What came after that number from sources whose names begin so, each with its number, oldest first."""
        wanted = {"after": number, "prefix": source_prefix, "length": len(source_prefix), "rows": rows}
        with self._database.read() as transaction:
            found = transaction.execute(statements.FEEDBACK_AFTER, wanted)
        return [(int(row[0]), _feedback(row[1:])) for row in found]

    def count_after(self, model: str, number: int) -> int:
        """How much feedback a model's predictions got after that `last_number`."""
        with self._database.read() as transaction:
            return int(transaction.execute(statements.COUNT_FEEDBACK, {"model": model, "after": number})[0][0])

    def _checked(self, given: Feedback, giver: Giver) -> Feedback:
        prediction_id = self._ids.check(given.prediction_id)
        if given.kind not in get_args(Kind):
            raise FeedbackInvalid(f"kind is '{given.kind}': it must be one of {', '.join(get_args(Kind))}")
        try:
            label = label_of(given.label)
        except ValueError as problem:
            raise FeedbackInvalid(str(problem)) from None
        for name, value in (*(("label", one) for one in as_members(label)), ("source", given.source)):
            if not value.strip() or len(value) > LABEL_CHARACTERS or "\0" in value:
                raise FeedbackInvalid(f"{name} must be text of 1 to {LABEL_CHARACTERS} characters, none of them NUL")
        giver.check(given.kind, given.source, given.is_uniform)
        measures = giver.measures(given.kind, given.is_uniform, self._ids.draw(prediction_id))
        return replace(given, prediction_id=prediction_id, label=label, token=giver.token, measures=measures)

    def _add(self, transaction: Transaction, given: Feedback) -> bool:
        if given.idempotency_key:
            return self._add_once(transaction, given, f"key\0{given.idempotency_key}")
        rows = transaction.execute(statements.FEEDBACK_OF, {"prediction_id": given.prediction_id})
        said = [one for one in map(_feedback, rows) if _voice(one) == _voice(given)]
        if said and not _is_news(given, said[-1]):
            return False
        parts = ("said", given.prediction_id, given.kind, given.source, str(len(said)))
        return self._add_once(transaction, given, "\0".join(parts))

    def _add_once(self, transaction: Transaction, given: Feedback, key: str) -> bool:
        own = f"token\0{given.token}\0{key}" if given.token else key
        hashed = self._scope.hash("feedback key", own.encode()).hex()
        flags = {"is_uniform": int(given.is_uniform), "measures": int(given.measures)}
        row = {**vars(given), **flags, "idempotency_key": hashed}
        if transaction.execute(statements.ADD_FEEDBACK, row):
            return True
        found = _feedback(transaction.execute(statements.FEEDBACK_BY_KEY, {"idempotency_key": hashed})[0])
        if _content(found) != _content(given):
            raise FeedbackInvalid("that idempotency key was used for other feedback: give each piece a key of its own")
        return False


@dataclass(frozen=True, slots=True)
class FreshFeedback:
    """Feedback on a drained prediction, with what that answered and the feedback's number."""

    answer: str
    number: int
    given: Feedback


def fresh_feedback(transaction: Transaction, model: str, version: int, since: float) -> Iterator[FreshFeedback]:
    """Feedback on what a version answered from then on, in the order it came."""
    wanted = {"model": model, "version": version, "since": since}
    for one, answer, kind, label, source, given_at, number, measures, token in transaction.stream(
        statements.FRESH_FEEDBACK, wanted
    ):
        if is_set(label) and not is_set(answer):  # from before this was refused
            continue
        given = Feedback(one, kind, label, source, given_at=given_at, token=token, measures=bool(measures))
        yield FreshFeedback(answer, number, given)


def unmatched(transaction: Transaction) -> int:
    """How many predictions have feedback and are not in the log: they rest in some spool."""
    return int(transaction.execute(statements.UNMATCHED)[0][0])


def last_number(transaction: Transaction) -> int:
    """The number of the newest feedback, 0 if there is none: later feedback has higher numbers."""
    return int(transaction.execute(statements.LAST_FEEDBACK)[0][0])


def _check_answers(transaction: Transaction, lists: Sequence[Feedback]) -> None:
    """Raise FeedbackInvalid where the answer to one of these, whose labels are lists, is known and a single label."""
    for one in lists:
        rows = transaction.execute(statements.ANSWER, {"id": one.prediction_id})
        if rows and not is_set(rows[0][1]):
            raise FeedbackInvalid(
                f"the label {one.label} is a list, and the model '{rows[0][0]}' answers with one label: give one"
            )


def _voice(given: Feedback) -> tuple[str, str, str]:
    return given.kind, given.source, given.token


def _is_news(given: Feedback, last: Feedback) -> bool:
    """Whether the feedback differs from the giver's last one."""
    return given.label != last.label or given.is_uniform > last.is_uniform or given.measures > last.measures


def _content(given: Feedback) -> tuple[str, str, str, str, bool]:
    return given.prediction_id, given.kind, given.label, given.source, given.is_uniform


def _feedback(row: tuple[object, ...]) -> Feedback:
    prediction_id, kind, label, source, is_uniform, given_at, key, token, measures = row
    return Feedback(
        str(prediction_id),
        cast(Kind, kind),
        str(label),
        str(source),
        bool(is_uniform),
        float(cast(float, given_at)),
        str(key),
        str(token),
        bool(measures),
    )
