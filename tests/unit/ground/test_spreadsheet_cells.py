"""No text runs as a formula, and each is read back unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.spreadsheet_cells import guarded, unguarded

RISKY = ["=cmd|' /C calc'!A0", "+1+1", "-x", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "-1+1"]


@pytest.mark.parametrize("text", RISKY)
def test_a_formula_becomes_a_text(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["plain", "-1", "+1.5", "'quoted'", "a=b", ""])
def test_an_invalid_formula_stays_as_it_is(text):
    assert guarded(text) == text


@given(st.text() | st.text("'=+-@\t1 {"))
def test_every_text_comes_back(text):
    assert unguarded(guarded(text)) == text
