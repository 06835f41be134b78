"""Rows of Python and of data frames, under the rules of files."""

import numpy as np
import pytest

from argosy.app.examples import _example
from argosy.datasets.conversion import checked
from argosy.errors import ExamplesInvalid
from argosy.models.inputs import TEXT_BYTES

NAN = float("nan")


@pytest.mark.parametrize(
    ("row", "label", "subject"),
    [
        (("a text", True), "true", None),
        (("a text", np.float64(1.0)), "1", None),
        (("a text", ["b", "a"]), '["a","b"]', None),
        ({"text": "a text", "label": "TRUE", "subject": 2**60 + 1}, "true", str(2**60 + 1)),
        ({"text": "a text", "label": np.bool_(False), "subject": np.int64(17), "split": NAN}, "false", "17"),
        ({"text": "a text", "label": 3, "subject": NAN, "source": None, "seen_at": NAN}, "3", None),
    ],
)
def test_labels_and_names_have_the_form_that_they_have_in_files(row, label, subject):
    found = checked(_example(1, row), TEXT_BYTES)
    assert (found.label, found.subject) == (label, subject)


@pytest.mark.parametrize("subject", [17.0, True, [1]])
def test_names_that_are_not_exact_are_refused(subject):
    with pytest.raises(ValueError, match="the subject is"):
        checked(_example(1, {"text": "a text", "label": "a", "subject": subject}), TEXT_BYTES)


def test_a_row_without_a_label_is_named():
    with pytest.raises(ExamplesInvalid, match="row 3: there is no 'label'"):
        _example(3, {"text": "a text"})
