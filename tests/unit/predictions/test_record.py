import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from argosy.errors import SealBroken
from argosy.predictions.ids import PredictionIds
from argosy.predictions.record import Prediction, from_bytes, seal, to_bytes, unseal
from argosy.vault.scope import Scope

SCOPE = Scope("predictions", bytes(32))
ID = PredictionIds(SCOPE).issue(1, 1000.0, bytes(8))[0]
NAMES = st.none() | st.text(max_size=20)
INPUTS = st.text(max_size=60) | st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers(0, 9))


@settings(deadline=None, max_examples=60)
@given(INPUTS, st.lists(st.floats(width=32, allow_nan=False), max_size=5), NAMES, NAMES, NAMES, st.text(max_size=20))
def test_what_was_sealed_is_what_opens(given_input, scores, client, subject, entity, token):
    made = Prediction(ID, "topics", 3, 1000.5, "sport", 0.9, given_input, tuple(scores), client, subject, entity, token)
    assert unseal(from_bytes(to_bytes(seal(made, SCOPE))), SCOPE) == made


def test_nothing_secret_is_in_the_bytes():
    made = Prediction(ID, "topics", 3, 1.0, "sport", 0.9, "canary-text", (), "canary-app", "canary-me", "canary-it")
    assert b"canary" not in to_bytes(seal(made, SCOPE))


def test_a_sealed_row_does_not_open_under_another_id():
    other = PredictionIds(SCOPE).issue(1, 1001.0, bytes(8))[0]
    row = seal(Prediction(ID, "topics", 3, 1.0, "sport", 0.9, "text"), SCOPE)
    with pytest.raises(SealBroken):
        unseal(msgspec.structs.replace(row, id=other), SCOPE)


def test_subjects_and_entities_are_found_by_hash_and_not_mixed_up():
    made = Prediction(ID, "topics", 3, 1.0, "sport", 0.9, "text", (), None, "same", "same")
    row = seal(made, SCOPE)
    assert row.subject_hash == seal(structs.replace(made, input="other"), SCOPE).subject_hash
    assert row.subject_hash != row.entity_hash
