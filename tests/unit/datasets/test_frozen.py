from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.app.backends import database as opened
from argosy.datasets.dataset import load, load_revisions
from argosy.datasets.example import Example
from argosy.datasets.examples import Examples
from argosy.datasets.frozen import completed, freeze, frozen_members, preview
from argosy.datasets.split import PARTS
from argosy.definitions.definition import Spec
from argosy.errors import CollectionNotFound, DatasetInvalid, DefinitionInvalid
from argosy.types import Part
from argosy.vault import Vault
from argosy.vault.keys.file import FileKeys
from argosy.vault.rotation import rotate
from stored.rows import add, count

NEWS = Spec("all", {"collection": "news", "training_ratio": 0.5})


def labelled(count, first=0):
    return [Example(f"text {at}", "ab"[at % 2], float(at)) for at in range(first, first + count)]


def frozen(database, cut=NEWS):
    with database.write() as transaction:
        return freeze(transaction, cut, 1.0)


def placed(database, digest):
    with database.read() as transaction:
        ids, parts = frozen_members(transaction, digest)
    return dict(zip(ids.tolist(), parts.tolist(), strict=True))


def test_what_is_frozen_is_loaded(database, vault, examples):
    examples.add("news", labelled(200))
    found = frozen(database)
    dataset = load(database, vault, found.digest)
    assert list(dataset.parts) == [Part.TRAIN, Part.VALIDATION, Part.TEST]
    everything = {
        (text, label) for rows in dataset.parts.values() for text, label in zip(rows.inputs, rows.labels, strict=True)
    }
    assert everything == {(row.input, row.label) for row in labelled(200)}
    for part, rows in dataset.parts.items():
        assert len(rows) == sum(found.counts[part].values())
        assert rows.revision_ids.tolist() == sorted(rows.revision_ids)
    assert (found.rows, dataset.missing, dataset.classes, dataset.collection) == (200, 0, ["a", "b"], "news")


def test_freezing_again_gives_the_same_and_writes_nothing_new(database, examples):
    examples.add("news", labelled(100))
    with database.read() as transaction:
        seen = preview(transaction, NEWS)
    assert count(database, "datasets") == 0
    assert frozen(database) == seen == frozen(database)
    assert count(database, "datasets") == 1


def test_the_same_rows_have_the_same_digest_whatever_chose_them(database, examples):
    examples.add("news", labelled(100))
    span = Spec("span", {"collection": "news", "start": -5.0, "end": 1000, "training_ratio": 0.5})
    assert frozen(database).digest == frozen(database, span).digest
    assert frozen(database).digest != frozen(database, NEWS.with_options(seed=1)).digest


def test_a_frozen_dataset_does_not_follow_its_collection(database, vault, examples):
    examples.add("news", labelled(100))
    before = frozen(database)
    examples.add("news", labelled(30, 100))
    examples.add("news", [Example(f"text {at}", "c", 1e6) for at in range(10)])
    dataset = load(database, vault, before.digest)
    assert sum(len(rows) for rows in dataset.parts.values()) == 100
    assert dataset.classes == ["a", "b"]
    assert frozen(database).digest != before.digest


def test_a_revision_stays_in_its_part(database, vault, examples):
    examples.add("news", labelled(100))
    before = load(database, vault, frozen(database).digest)
    examples.add("news", [Example(f"text {at}", "c", 1e6) for at in range(80)])
    after = load(database, vault, frozen(database).digest)
    for part in PARTS:
        assert sorted(before.parts[part].example_ids) == sorted(after.parts[part].example_ids)
        assert set(after.parts[part].labels) <= {"c", "a", "b"}


def test_sparse_rows_are_loaded_alone(database, vault, examples):
    examples.add("news", labelled(3000))
    ids = np.array([1, 2, 700, 1500, 1501, 2999], dtype=np.int64)
    rows = load_revisions(database, vault, "news", ids)
    assert rows.revision_ids.tolist() == ids.tolist()
    assert rows.inputs == [f"text {at - 1}" for at in ids]
    assert len(load_revisions(database, vault, "news", np.array([], dtype=np.int64))) == 0


def test_a_span_reads_its_rows_alone(database, vault, examples):
    examples.add("news", labelled(300))
    span = Spec("span", {"collection": "news", "start": 20.0, "end": 260.0})
    dataset = load(database, vault, frozen(database, span).digest)
    assert {text for rows in dataset.parts.values() for text in rows.inputs} == {f"text {at}" for at in range(20, 260)}


@pytest.mark.parametrize(
    ("rows", "cut", "problem"),
    [
        ([Example(f"{at}", "only") for at in range(9)], NEWS, "one class alone, 'only': 9 rows"),
        (labelled(9), Spec("span", {"collection": "news", "start": "2030-01-01"}), "9 examples of it, seen from 1970"),
        (labelled(9), Spec("given_split", {"collection": "news"}), "selects no row"),
        (labelled(3), NEWS.with_options(training_ratio=1e-9), "none of them in its train part"),
        (labelled(3), NEWS.with_options(training_ratio=1 - 1e-9), "none of them in its test part"),
        (
            [Example("x", "a", split="train"), Example("y", "b", split="test")],
            Spec("given_split", {"collection": "news", "validation_ratio": 0.0}),
            "one class alone in its train part: 'a'",
        ),
    ],
)
def test_what_cannot_be_trained_on_is_refused_and_not_written(database, examples, rows, cut, problem):
    examples.add("news", rows)
    with pytest.raises(DatasetInvalid, match=problem):
        frozen(database, cut)
    assert count(database, "datasets") == 0


def test_an_unknown_collection_or_digest_is_refused(database, vault, examples):
    with pytest.raises(CollectionNotFound, match="argosy examples import"):
        frozen(database)
    examples.add("news", labelled(9))
    with pytest.raises(CollectionNotFound, match="did you mean 'news'"):
        frozen(database, NEWS.with_options(collection="new"))
    with pytest.raises(DatasetInvalid, match="no dataset"):
        load(database, vault, "0" * 64)


def test_the_default_collection_is_for_cuts_that_name_none(database):
    with database.read() as transaction:
        for options in ({"collection": ""}, {}):
            assert completed(transaction, Spec("all", options), "news").options["collection"] == "news"
        assert completed(transaction, NEWS, "other") == NEWS


@settings(deadline=None, max_examples=10)
@given(
    st.integers(5, 60), st.integers(1, 60), st.integers(0, 2**31), st.floats(0.3, 0.5),
)  # fmt: skip
def test_splits_are_stable_under_additions_and_key_rotation(tmp_path_factory, count, more, seed, ratio):
    folder = tmp_path_factory.mktemp("rotation")
    database = opened("sqlite:///argosy.db", folder)
    keys = FileKeys(folder / "keys")
    keys.create("examples")
    old = keys.get("examples")
    cut = Spec("all", {"collection": "news", "seed": seed, "training_ratio": ratio})
    both_in_every_part = [Example(f"base {at}", "ab"[at % 2]) for at in range(60)]
    Examples(database, Vault(database, keys)).add("news", both_in_every_part + labelled(count))
    before = frozen(database, cut)
    rotate(database, keys, "examples")
    assert keys.get("examples") != old
    rotated = Vault(database, keys)
    assert frozen(database, cut) == before
    Examples(database, rotated).add("news", labelled(more, count))
    after = placed(database, frozen(database, cut).digest)
    assert {at: after[at] for at in placed(database, before.digest)} == placed(database, before.digest)
    assert sum(map(len, load(database, rotated, before.digest).parts.values())) == before.rows
    database.close()


def named(database, digest, default="news", **options):
    with database.read() as transaction:
        return completed(transaction, Spec("frozen", {"digest": digest, **options}), default)


def test_a_digest_names_what_was_frozen_whatever_came_since(database, vault, examples):
    examples.add("news", labelled(200))
    first = frozen(database)
    examples.add("news", [*labelled(100, 200), Example("text 7", "a", 9e9)])
    assert frozen(database).digest != first.digest
    cut = named(database, first.digest[:12], "other")
    assert cut.options == {"digest": first.digest, "collection": "news"}
    again = frozen(database, cut)
    assert (again.digest, again.rows, again.counts) == (first.digest, first.rows, first.counts)
    with database.read() as transaction:
        assert preview(transaction, cut).digest == first.digest
    labels = {label for rows in load(database, vault, again.digest).parts.values() for label in rows.labels}
    assert labels == {"a", "b"}


@pytest.mark.parametrize(
    ("digest", "options", "problem"),
    [
        ("0" * 64, {}, "no dataset with the digest 0+ was ever frozen here"),
        ("", {"collection": "else"}, "is of 'news', not of 'else'"),
    ],
)
def test_a_digest_that_names_nothing_of_the_collection_is_refused(database, examples, digest, options, problem):
    examples.add("news", labelled(200))
    with pytest.raises(DatasetInvalid, match=problem):
        named(database, digest or frozen(database).digest, **options)


def test_a_digest_cut_too_short_is_refused(database, examples):
    row = {"collection": "news", "cut": "{}", "members": b"\0", "row_count": 1, "counts": "{}", "frozen_at": 0}
    for end in "01":
        add(database, "datasets", digest="abcdef12" + end * 56, **row)
    with pytest.raises(DatasetInvalid, match="more than one dataset"):
        named(database, "abcdef12")
    for wrong in ("abcdef1", "ABCDEF12", "abcdef1%", "x" * 64):
        with pytest.raises(DefinitionInvalid, match="digest: expected text that matches"):
            named(database, wrong)
