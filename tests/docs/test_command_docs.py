"""Every command, option and registered plug-in is in the docs, and commands in the docs exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from argosy.cli.main import COMMANDS, cli, run
from argosy.datasets.cuts import cuts
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "commands.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## argosy ([a-z -]*[a-z])\b.*\n((?:(?!^## ).*\n)*)", PAGE, re.MULTILINE))


def commands(group=cli, prefix=()):
    """Every command that is not a group, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*prefix, name))
        else:
            yield " ".join((*prefix, name)), command


ALL = dict(commands())


@pytest.mark.parametrize("name", ALL)
def test_a_command_has_a_section_with_each_of_its_options(name):
    for option in ALL[name].params:
        if isinstance(option, click.Option):
            assert any(f"`{spelling}" in SECTIONS[name] for spelling in option.opts), option.opts
            assert option.help, f"{option.opts} has no help"


def test_no_section_is_about_an_unknown_command():
    assert SECTIONS.keys() - ALL.keys() == set()


def test_sections_are_in_the_order_of_the_help():
    first_words = [name.split()[0] for name in SECTIONS]
    assert list(dict.fromkeys(first_words)) == list(COMMANDS)


@pytest.mark.parametrize("name", [*ALL, "examples", "plan", "models", "feedback"])
def test_help_has_an_example_of_the_command_itself(name, capsys):
    assert run([*name.split(), "--help"]) == 0
    text = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert f"Example: argosy {name.partition(' ')[0]}" in text


def shown():
    """Every `argosy …` that a page of the docs or the README shows, as words."""
    for page in [*DOCS.glob("*.md"), DOCS.parent / "README.md"]:
        for block in re.findall(r"^```(?:sh|console)\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE):
            for line in re.findall(r"^(?:\$ )?(?:.*&& )?(argosy .*)", block, re.MULTILINE):
                yield page.name, re.split(r"\s+[#&|]", line)[0]


@pytest.mark.parametrize(("page", "line"), sorted(set(shown())))
def test_what_a_page_shows_is_a_command_with_such_options(page, line):
    words = [word for word in shlex.split(line)[1:] if not word.startswith(">")]
    name = next(name for name in (" ".join(words[:count]) for count in (3, 2, 1)) if name in ALL)
    known = {spelling for option in ALL[name].params for spelling in option.opts}
    assert {word for word in words if word.startswith("--")} - known == set()


def test_the_exit_codes_and_options_of_every_command_are_reported_first():
    head = PAGE.partition("\n## ")[0]
    for words in ("`argosy -C DIR", "--project", "--version", "--json", "0 done", "1 failed", "2 your mistake"):
        assert words in head


@pytest.mark.parametrize(
    ("registry", "page"), [(adapters, "plugins.md"), (estimators, "plugins.md"), (cuts, "examples.md")]
)
def test_every_plugin_is_in_the_docs_with_its_options(registry, page):
    text = (DOCS / page).read_text("utf-8")
    for name in registry.names():
        assert f"`{name}`" in text or f"{name}(" in text or f"`{name}(" in text, name
        for option in registry.get(name).options:
            assert option in text, f"{name}.{option}"
