from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.datasets.membership import decode, digest, encode
from argosy.errors import ArtifactCorrupt

MEMBERS = st.dictionaries(st.integers(1, 2**62), st.integers(0, 2), max_size=60)


@settings(deadline=None, max_examples=50)
@given(MEMBERS)
def test_members_come_back_as_they_were(members):
    ids = np.array(sorted(members), dtype=np.int64)
    parts = np.array([members[at] for at in sorted(members)], dtype=np.uint8)
    back_ids, back_parts = decode(encode(ids, parts))
    assert back_ids.tolist() == ids.tolist()
    assert back_parts.tolist() == parts.tolist()


def test_an_unknown_format_is_refused():
    with pytest.raises(ArtifactCorrupt):
        decode(b"\x09whatever")


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 30), st.randoms(use_true_random=False))
def test_the_digest_does_not_depend_on_the_order_of_rows(count, random):
    words = np.random.default_rng(count).integers(0, 2**64, size=(count, 2), dtype=np.uint64)
    revisions, parts = np.arange(1, count + 1), np.arange(count, dtype=np.uint8) % 3
    order = list(range(count))
    random.shuffle(order)
    assert digest(words, revisions, parts) == digest(words[order], revisions[order], parts[order])


def test_the_digest_depends_on_ids_revisions_and_parts():
    words = np.arange(6, dtype=np.uint64).reshape(3, 2)
    revisions, parts = np.array([1, 1, 2]), np.array([0, 1, 2], dtype=np.uint8)
    digests = {
        digest(words, revisions, parts),
        digest(words + np.uint64(1), revisions, parts),
        digest(words, revisions + 1, parts),
        digest(words, revisions, parts[::-1]),
        digest(words[:2], revisions[:2], parts[:2]),
    }
    assert len(digests) == 5
