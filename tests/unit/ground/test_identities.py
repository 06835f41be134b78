"""Names of people and things are exact text."""

from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest

from argosy.identities import WrittenNumber, identity_of, resting_forms


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (" Ann ", "Ann"),
        ("Zoe\u0308", "Zo\u00eb"),
        (90071992547409937, "90071992547409937"),
        (2**80, str(2**80)),
        (np.int64(17), "17"),
        (WrittenNumber("90071992547409937.50"), "90071992547409937.50"),
        (Decimal("1.10"), "1.10"),
        (UUID(int=5), str(UUID(int=5))),
        *((nothing, None) for nothing in (None, "", "  ", float("nan"), Decimal("NaN"))),
    ],
)
def test_stored_forms_of_names(given, text):
    assert identity_of(given, "subject") == text


@pytest.mark.parametrize("given", [17.0, 0.5, np.float64(3), True, [1], b"x"])
def test_inexact_values_are_refused(given):
    with pytest.raises(ValueError, match="the subject is"):
        identity_of(given, "subject")


@pytest.mark.parametrize(
    ("given", "forms"),
    [
        ("Ann", ("Ann",)),
        (" Ann", ("Ann", " Ann")),
        ("Zo\u00eb", ("Zo\u00eb", "Zoe\u0308")),
        ("17", ("17", "17.0")),
        ("90071992547409937.5", ("90071992547409937.5", "9.007199254740994e+16")),
        ("1.10", ("1.10",)),
        ("1e999", ("1e999",)),
    ],
)
def test_older_forms_are_found_and_no_other_name(given, forms):
    assert resting_forms(given) == forms
