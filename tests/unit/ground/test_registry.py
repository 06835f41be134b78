"""Plug-ins by name: registration, options from the signature, and errors for mistakes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta

from argosy.errors import DefinitionInvalid, PluginNotFound
from argosy.models.adapter import Adapter
from argosy.registry import Registry


class Sample:
    def __init__(
        self,
        folder: str,
        kernel: Literal["linear", "rbf"] = "linear",
        C: Annotated[float, Meta(gt=0)] = 1.0,  # noqa: N803
        ngrams: tuple[int, int] = (1, 1),
        words: list[str] = ["the"],  # noqa: B006  # a plug-in's author may write it
        ratio: float | None = None,
        anything: Any = None,
        sloppy: int = None,  # type: ignore[assignment]  # noqa: RUF013  # this too
    ) -> None:
        if kernel == "rbf" and C > 100:
            raise ValueError("C is at most 100 with kernel rbf")
        self.folder, self.kernel, self.C, self.ngrams = folder, kernel, C, ngrams
        self.words, self.ratio, self.anything, self.sloppy = words, ratio, anything, sloppy


@pytest.fixture
def registry():
    made: Registry[Sample] = Registry("sample")
    made.register("first", Sample, aliases=("First", "one"), option_aliases={"dir": "folder"})
    made.register("second", Sample)
    return made


def test_names_and_aliases(registry):
    assert registry.names() == ["first", "second"]
    assert registry.aliases() == {"First": "first", "one": "first"}
    assert registry.get("one") is registry.get("first")
    assert registry.get("one").name == "first"


def test_an_unknown_name_lists_those_there_are(registry):
    with pytest.raises(PluginNotFound) as caught:
        registry.get("secnd", "model.name")
    expected = "model.name: no sample is called 'secnd' (did you mean 'second'?); there are: first, second"
    assert str(caught.value) == expected


@pytest.mark.parametrize("names", [("first",), ("one",), ("third", "second"), ("third", "First")])
def test_a_name_is_given_once(registry, names):
    name, *aliases = names
    with pytest.raises(ValueError, match=r"the sample name '.*' is already taken"):
        registry.register(name, Sample, aliases=tuple(aliases))
    assert registry.names() == ["first", "second"]


def test_a_class_is_imported_on_first_use():
    program = (
        "import sys; from argosy.registry import Registry;"
        "r = Registry('x'); r.register('c', 'colorsys:rgb_to_hsv'); r.names(); p = r.get('c');"
        "assert 'colorsys' not in sys.modules; p.cls; assert 'colorsys' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_options_come_complete_and_as_json(registry):
    options = registry.get("first").check({"dir": "x", "C": 2})
    assert options == {
        "folder": "x",
        "kernel": "linear",
        "C": 2.0,
        "ngrams": [1, 1],
        "words": ["the"],
        "ratio": None,
        "anything": None,
        "sloppy": None,
    }
    assert type(options["C"]) is float
    assert type(options["ngrams"]) is list
    assert msgspec.json.decode(msgspec.json.encode(options)) == options


given_options = st.fixed_dictionaries(
    {"folder": st.text(max_size=3)},
    optional={
        "kernel": st.sampled_from(["linear", "rbf"]),
        "C": st.integers(1, 50) | st.floats(0.001, 50),
        "ngrams": st.tuples(st.integers(-3, 3), st.integers()) | st.lists(st.integers(0, 3), min_size=2, max_size=2),
        "words": st.lists(st.text(max_size=2), max_size=2),
        "ratio": st.none() | st.floats(0, 1),
        "anything": st.recursive(st.none() | st.booleans() | st.text(max_size=2), st.lists),
    },
)


@given(given_options)
@settings(deadline=None, max_examples=80)
def test_checking_what_was_checked_changes_nothing(options):
    plugin = fresh()
    once = plugin.check(options)
    assert plugin.check(once) == once
    made = plugin.create(once)
    assert (made.C, made.ngrams, made.sloppy) == (once["C"], tuple(once["ngrams"]), None)


def fresh():
    registry: Registry[Sample] = Registry("sample")
    registry.register("first", Sample)
    return registry.get("first")


def test_a_default_list_is_not_shared_between_instances(registry):
    plugin = registry.get("first")
    plugin.create({"folder": "x"}).words.append("a")
    plugin.check({"folder": "x"})["words"].append("b")
    assert plugin.create({"folder": "x"}).words == ["the"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "m.folder: first needs it: text"),
        ({"folder": 3}, "m.folder: expected text; got 3: quote it, as text"),
        ({"folder": "x", "dir": "y"}, "m.dir: 'folder' and 'dir' are the same option: give one"),
        ({"folder": "x", "colour": 1}, "m.colour: first has no such option; it takes: folder, kernel, C, ngrams"),
        ({"folder": "x", "kernl": 1}, "m.kernl: first has no such option (did you mean 'kernel'?); it takes: folder"),
        ({"folder": "x", "kernel": "rfb"}, "m.kernel: expected one of linear, rbf; got 'rfb' (did you mean 'rbf'?)"),
        ({"folder": "x", "kernel": None}, "m.kernel: expected one of linear, rbf; got null"),
        ({"folder": "x", "C": "1"}, "m.C: expected a number greater than 0; got '1'"),
        ({"folder": "x", "C": True}, "m.C: expected a number greater than 0; got true"),
        ({"folder": "x", "C": 0}, "m.C: expected a number greater than 0; got 0"),
        ({"folder": "x", "C": float("inf")}, "m.C: expected a number greater than 0; got Infinity"),
        (
            {"folder": "x", "ngrams": [1]},
            "m.ngrams: expected a list of 2 items (a whole number, a whole number); got [1]",
        ),
        ({"folder": "x", "words": "a"}, "m.words: expected a list, each text; got 'a'"),
        ({"folder": "x", "words": ["a", 1]}, 'm.words: expected a list, each text; got ["a", 1]'),
        ({"folder": "x", "ratio": "a"}, "m.ratio: expected a number or nothing (null); got 'a'"),
        ({"folder": "x", "sloppy": "a"}, "m.sloppy: expected a whole number; got 'a'"),
        ({"folder": "x", "anything": object}, "m.anything: expected any value; got"),
        ({"folder": "x", "anything": [float("nan")]}, "m.anything: expected any value; got [NaN]"),
    ],
)
def test_a_bad_option_is_reported_with_its_path_and_allowed_values(registry, options, message):
    with pytest.raises(DefinitionInvalid) as caught:
        registry.get("first").check(options, "m")
    assert str(caught.value).startswith(message)


def test_a_constructors_refusal_is_the_users_mistake(registry):
    with pytest.raises(DefinitionInvalid, match="m: C is at most 100 with kernel rbf"):
        registry.get("first").create({"folder": "x", "kernel": "rbf", "C": 101}, "m")


def test_dataclasses_structs_and_classes_without_options_are_plugins():
    @dataclass
    class Data:
        size: int = 3

    class Struct(msgspec.Struct):
        size: int = 3

    class Bare:
        pass

    registry: Registry[Any] = Registry("sample")
    for cls in (Data, Struct, Bare):
        registry.register(cls.__name__, cls)
    assert registry.get("Data").check({"size": 4}) == {"size": 4}
    assert registry.get("Data").create({}).size == 3
    assert registry.get("Bare").check({}) == {}
    assert registry.get("Struct").create({"size": 5}).size == 5
    with pytest.raises(DefinitionInvalid, match="expected a whole number; got 'x'"):
        registry.get("Struct").check({"size": "x"})


def test_options_without_names_are_refused():
    class Loose:
        def __init__(self, **options: int) -> None:
            self.options = options

    registry: Registry[Any] = Registry("sample")
    registry.register("loose", Loose)
    with pytest.raises(DefinitionInvalid, match="name every option"):
        registry.get("loose").check({})


def test_a_users_code_has_a_digest_that_follows_it(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    digests = []
    for index, body in enumerate(("pass", "pass", "x = 1")):
        (tmp_path / f"own_{index}.py").write_text(f"class Own:\n    {body}\n")
        registry: Registry[Any] = Registry("sample")
        registry.register("own", f"own_{index}:Own")
        digests.append(registry.get("own").code_digest)
    assert digests[0] == digests[1] != digests[2]


PLUGIN = "from %s import width\n\n\nclass Own:\n    def fit(self):\n        return width()\n"


@pytest.mark.parametrize(
    ("module", "imported", "others"),
    [("own_flat", "near", ["near.py", "far.py"]), ("pack.own", ".near", ["pack/near.py", "pack/inner/far.py"])],
)
def test_the_digest_follows_what_the_module_imports_from_its_folder(tmp_path, monkeypatch, module, imported, others):
    monkeypatch.syspath_prepend(str(tmp_path))
    near, far = (tmp_path / name for name in others)
    far.parent.mkdir(parents=True, exist_ok=True)
    name = ".".join(far.relative_to(tmp_path).with_suffix("").parts)

    def digest(of_far="WIDTH = 1\n"):
        file = tmp_path / f"{module.replace('.', '/')}.py"
        file.write_text(PLUGIN % imported)
        near.write_text(f"import json\n\n\ndef width():\n    from {name} import WIDTH\n\n    return WIDTH\n")
        far.write_text(of_far)
        registry: Registry[Any] = Registry("sample")
        registry.register("own", f"{module}:Own")
        return registry.get("own").code_digest

    first = digest()
    assert first != hashlib.sha256((PLUGIN % imported).encode()).hexdigest()
    assert digest("WIDTH = 2\n") != first
    (tmp_path / "stranger.py").write_text("WIDTH = 3\n")
    assert digest() == first


def test_built_in_code_has_the_packages_version():
    registry: Registry[Any] = Registry("sample")
    registry.register("own", "argosy.registry:Registry")
    assert registry.get("own").code_digest == ""


def test_code_that_has_no_file_is_refused():
    scope: dict[str, Any] = {"__name__": "nowhere"}
    exec("class Own: pass", scope)
    registry: Registry[Any] = Registry("sample")
    registry.register("own", scope["Own"])
    with pytest.raises(DefinitionInvalid, match="put the class into a module"):
        _ = registry.get("own").code_digest


def test_a_class_that_derives_from_none_of_the_kinds_bases_is_refused():
    registry: Registry[Any] = Registry("adapter", "argosy.models.adapter:Adapter")
    with pytest.raises(DefinitionInvalid) as caught:
        registry.register("mine", Sample)
    assert str(caught.value).startswith("the adapter 'mine' must derive from argosy.models.adapter.Adapter: ")
    assert registry.names() == []
    registry.register("named", "argosy.models.component:Component")
    with pytest.raises(DefinitionInvalid, match=r"component\.Component does not"):
        _ = registry.get("named").cls


class Odd(Adapter):
    def fit(self, inputs, labels):
        return self

    def transform(self, inputs):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("name", "method", "takes"),
    [
        ("fit", lambda self, inputs: self, "(self, inputs), and must take (self, inputs, labels)"),
        ("transform", lambda self: None, "(self), and must take (self, inputs)"),
        ("to_dict", lambda self: {}, "(self), and must take (self, put)"),
        ("from_dict", classmethod(lambda cls, stored: cls()), "(stored), and must take (stored, get)"),
        ("lacks", lambda self, options: "", "(self, options), and must take (options)"),
    ],
)
def test_a_method_that_cannot_be_called_as_declared_is_refused_with_its_line(name, method, takes):
    registry: Registry[Any] = Registry("adapter", "argosy.models.adapter:Adapter")
    mine = type("Mine", (Odd,), {name: method})
    with pytest.raises(DefinitionInvalid) as caught:
        registry.register("mine", mine)
    assert str(caught.value).startswith(f"the adapter 'mine': Mine.{name} takes {takes}, at {__file__}:")
    assert registry.names() == []


def test_a_method_may_take_more_than_is_declared():
    registry: Registry[Any] = Registry("adapter", "argosy.models.adapter:Adapter")
    registry.register("odd", Odd)
    registry.register("more", type("More", (Odd,), {"fit": lambda self, *given, **more: self}))
    registry.register("other", type("Other", (Odd,), {"fit": lambda self, texts, answers, much=1: self}))
    assert registry.names() == ["more", "odd", "other"]
