import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.definitions.project import parse_settings
from argosy.definitions.served_models import ShareSettings
from argosy.errors import DefinitionInvalid
from argosy.serving.aspired_versions import (
    AspiredVersions,
    ServedVersions,
    default_version,
    routed_aliases,
    select_versions,
    served_versions,
)
from argosy.serving.servable import ArtifactReference

OFFERED = AspiredVersions(
    "topics", {n: ArtifactReference(f"label {n}", "a" * 64) for n in (1, 2, 3)}, {"champion": 2, "canary": 3}
)
NUMBERS = st.integers(1, 5)
ALIASES = st.dictionaries(st.sampled_from(["champion", "canary", "old"]), NUMBERS)


def chosen(**wish):
    return sorted(select_versions(OFFERED, ServedVersions(**wish)).versions)


def test_without_a_wish_what_has_an_alias_is_served():
    assert chosen() == [2, 3]
    assert sorted(select_versions(AspiredVersions("m", OFFERED.versions, {}), ServedVersions()).versions) == [3]


def test_a_wish_names_versions_aliases_or_the_latest():
    assert chosen(aliases=("champion",)) == [2]
    assert chosen(aliases=(), versions=(1, 9)) == [1]
    assert chosen(aliases=(), latest=2) == [2, 3]
    assert chosen(latest=0, aliases=()) == []
    assert chosen(is_all=True, aliases=()) == [1, 2, 3]


def test_an_alias_that_is_not_wished_for_is_not_served():
    assert select_versions(OFFERED, ServedVersions(aliases=("champion",))).aliases == {"champion": 2}


def test_the_aliases_of_a_canary_and_a_shadow_are_wanted_too():
    wish = ServedVersions(aliases=("champion",), canary=ShareSettings(alias="canary", share=0.1))
    assert select_versions(OFFERED, wish).aliases == {"champion": 2, "canary": 3}


def test_settings_name_all_versions_some_or_the_newest():
    models = parse_settings(
        {"server": {"models": {"a": {"versions": "all"}, "b": {"versions": [1]}}}}, {}
    ).server.models
    assert served_versions(models) == {"a": ServedVersions(is_all=True), "b": ServedVersions(versions=(1,))}
    with pytest.raises(DefinitionInvalid, match="expected one of all or a list, each a whole number"):
        parse_settings({"server": {"models": {"a": {"versions": "every"}}}}, {})
    with pytest.raises(DefinitionInvalid, match="availability-preserving"):
        parse_settings({"server": {"models": {"a": {"transition": "resource"}}}}, {})


@settings(deadline=None, max_examples=200)
@given(ALIASES, ALIASES, st.sets(NUMBERS))
def test_an_alias_never_leaves_a_version_that_answers_for_one_that_does_not(aspired, routed, available):
    led = routed_aliases(aspired, routed, available)
    assert led.keys() == aspired.keys()
    for alias, number in led.items():
        assert number == aspired[alias] or (number == routed[alias] and number in available)
        if routed.get(alias) in available or aspired[alias] in available:
            assert number in available


def test_the_default_is_the_champion_else_the_newest_that_answers():
    assert default_version({"champion": 1}, [1, 2], [1, 2]) == 1
    assert default_version({"champion": 1}, [1, 2], [2]) == 2
    assert default_version({}, [2], [2, 3]) == 2
    assert default_version({}, [4], [2, 3]) == 3
    assert default_version({}, [4], []) is None
