"""Files, curves and tags stored with results and versions; the code of plug-ins as one of the files."""

import importlib
import sys

import pytest

from argosy.definitions import Registries
from argosy.errors import ArtifactCorrupt, CodeNotKept, TagInvalid
from argosy.plugin_hooks import AdapterHooks
from argosy.registry import Registry
from argosy.store import kept, kept_code
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.collector import artifacts_named, collect
from argosy.store.kept import KeptFile, PutFile
from argosy.store.store import Store


@pytest.fixture
def store(database, tmp_path):
    return Store(database, LocalArtifacts(f"file:{tmp_path}/artifacts"))


def put(store, tmp_path, content):
    source = tmp_path / "source"
    source.write_bytes(content)
    return store.put_artifact(source)


def test_files_are_kept_from_the_collector_and_listed(store, tmp_path):
    puts = [put(store, tmp_path, name.encode()) for name in "ab"]
    files = [KeptFile("attachment", name, one.digest, 1) for name, one in zip("ab", puts, strict=True)]
    orphan = put(store, tmp_path, b"orphan").digest
    with store.database.write() as transaction:
        kept.keep_files(
            transaction, "one", [PutFile("attachment", *pair) for pair in zip("ba", puts[::-1], strict=True)]
        )
    with store.database.read() as transaction:
        assert kept.kept_files(transaction, "one") == files
        assert kept.kept_files(transaction, "two") == []
        assert artifacts_named(transaction) == {file.digest for file in files}
    assert collect(store.database, store.artifacts, 1e12) == [orphan]
    assert store.named_artifacts() == sorted((file.digest, "one", 1) for file in files)


def test_of_one_step_the_last_value_counts(store):
    with store.database.write() as transaction:
        kept.keep_curves(transaction, "one", {"loss": [(1, 0.5), (0, 1.0), (1, 0.25)], "rows": [(0, 7.0)]})
    with store.database.read() as transaction:
        assert kept.kept_curves(transaction, "one") == {"loss": [(0, 1.0), (1, 0.25)], "rows": [(0, 7.0)]}


def test_tags(store):
    with store.database.write() as transaction:
        kept.tag_version(transaction, "m", 1, "reviewed", "no")
        kept.tag_version(transaction, "m", 1, "reviewed", "yes")
        kept.tag_version(transaction, "m", 2, "ticket", "OPS-17")
        assert kept.untag_version(transaction, "m", 2, "nothing") is False
        assert kept.tags_of(transaction, "m") == {1: {"reviewed": "yes"}, 2: {"ticket": "OPS-17"}}
        assert kept.untag_version(transaction, "m", 2, "ticket") is True
        assert kept.tags_of(transaction, "m") == {1: {"reviewed": "yes"}}
        for name in ("", "two words", "x" * 101):
            with pytest.raises(TagInvalid, match="a tag is up to 100"):
                kept.tag_version(transaction, "m", 1, name, "")
        with pytest.raises(TagInvalid, match="at most 1,000 characters"):
            kept.tag_version(transaction, "m", 1, "long", "x" * 1001)


PACKAGE = {
    "own_kept/__init__.py": "TOP = 1\n",
    "own_kept/adapter.py": (
        "from argosy.plugin_hooks import AdapterHooks\nfrom own_kept.deep import more\n\n\n"
        "class Own(AdapterHooks):\n    pass\n"
    ),
    "own_kept/deep/__init__.py": "",
    "own_kept/deep/more.py": "from . import most\n",
    "own_kept/deep/most.py": "DEEPEST = 'é'\n",
    "own_kept/unused.py": "1 / 0\n",
}


def test_the_whole_closure_of_a_plugins_code_comes_back(tmp_path, store):
    for name, source in PACKAGE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source, "utf-8")
    sys.path.insert(0, str(tmp_path))
    try:
        own = importlib.import_module("own_kept.adapter").Own
    finally:
        sys.path.remove(str(tmp_path))
    registries = Registries(Registry("dataset"), Registry("adapter"), Registry("model"))
    registries.adapters.register("own", own, aliases=("Own",))
    registries.adapters.register("union", "argosy.models.adapters.union:Union")
    registries.models.register("ours", "argosy.plugin_hooks:ModelHooks")
    registries.datasets.register("cut", AdapterHooks)

    assert kept_code.code_of_definition({"adapter": {"name": "other"}, "model": {"name": "ours"}}, registries) is None
    inside = {"adapter": {"name": "union", "options": {"of": [{"name": "own"}]}}, "model": {"name": "ours"}}
    code = kept_code.code_of_definition(inside, registries)
    assert code.modules == ["own_kept.adapter"]
    assert code.plugins == {"adapter.own": registries.adapters.get("own").code_digest}
    assert code.files == {name: text.encode() for name, text in PACKAGE.items() if "unused" not in name}

    first = kept_code.write_code(code, tmp_path / "one").read_bytes()
    assert (
        kept_code.write_code(kept_code.code_of_definition(inside, registries), tmp_path / "two").read_bytes() == first
    )
    put_code = store.put_artifact(tmp_path / "one")
    with store.database.write() as transaction:
        kept.keep_files(transaction, "label", [PutFile("code", kept_code.NAME, put_code)])
    assert kept_code.kept_code_of(store, "label") == code
    assert kept_code.kept_code_of(store, "another") is None
    code.unpack(tmp_path / "again")
    again = {path.relative_to(tmp_path / "again").as_posix() for path in (tmp_path / "again").rglob("*.py")}
    assert again == set(code.files)


def test_an_invalid_code_is_refused(tmp_path):
    for content in (b"{}", b"nothing", b'{"plugins":{},"modules":[],"files":{},"format":2}'):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(ArtifactCorrupt):
            kept_code.read_code(tmp_path / "file")
    assert isinstance(kept_code.not_kept("m@1"), CodeNotKept)
