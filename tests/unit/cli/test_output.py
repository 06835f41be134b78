"""Commands print data escaped, so that it cannot control the terminal."""

import ast
import io
import json
import logging
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import argosy
from argosy import telemetry
from argosy.cli.main import run
from argosy.cli.output import print_json, print_line, print_table, standard_output

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eabc\u2066\u2028\r\x00\x7f"
UNSAFE = set("\x1b\x07\x9b\u202e\u2066\u2028\r\x00\x7f")
COMMANDS = sorted((Path(argosy.__file__).parent / "cli").glob("*.py"))


class Screen(io.StringIO):
    """A stream that may be a terminal."""

    def __init__(self, is_terminal):
        super().__init__()
        self.isatty = lambda: is_terminal


def test_lines_and_tables_hold_nothing_that_acts(capsys):
    print_line(f"one {EVIL}\ntwo\tthree")
    print_table(("label", ">n"), [(f"{EVIL}\nforged", 1)], EVIL)
    out = capsys.readouterr().out
    assert not UNSAFE & set(out)
    assert r"one \x1b]0;owned" in out
    assert "two\tthree" in out
    assert r"\u202eabc\u2066\u2028\r\x00\x7f\nforged" in out


def test_a_table_too_wide_for_its_terminal_is_no_exception(monkeypatch):
    monkeypatch.setattr("sys.stdout", screen := Screen(is_terminal=True))
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")
    print_table(("label", "text"), [(EVIL, "x " * 50)])
    assert not UNSAFE & set(screen.getvalue())


def test_json_is_exact(capsys):
    print_json({"label": EVIL})
    out = capsys.readouterr().out
    assert not UNSAFE & set(out)
    assert json.loads(out) == {"label": EVIL}


@pytest.mark.parametrize("is_terminal", [False, True])
def test_an_export_is_exact_in_a_pipe_and_shown_on_a_terminal(monkeypatch, is_terminal):
    monkeypatch.setattr("sys.stdout", screen := Screen(is_terminal))
    standard_output().write(EVIL + "\r\n")
    if is_terminal:
        assert not UNSAFE & set(screen.getvalue())
    else:
        assert screen.getvalue() == EVIL + "\r\n"


@pytest.fixture
def restored_log(monkeypatch):
    """Restore the log after a test that configures it; no level is set in the environment."""
    monkeypatch.setenv(telemetry.LEVEL, "")
    monkeypatch.setenv(telemetry.FORMAT, "")
    root = logging.getLogger("argosy")
    before = root.handlers[:], root.level, root.propagate
    yield root
    root.handlers[:], root.level, root.propagate = before


@pytest.mark.parametrize(("level", "shown"), [("debug", 2), ("info", 1), ("warning", 0), (None, 0)])
def test_the_level_of_the_log_is_an_option(restored_log, monkeypatch, level, shown):
    monkeypatch.setattr("sys.stderr", screen := Screen(is_terminal=False))
    restored_log.handlers[:] = []
    assert run([*(["--log-level", level] if level else []), "plan", "--help"]) == 0
    telemetry.logger("argosy.test").info("one")
    telemetry.logger("argosy.test").debug("two")
    assert screen.getvalue().count("argosy.test") == shown
    assert os.environ[telemetry.LEVEL] == (level or "")  # for processes that are started


def test_a_line_of_json_has_all_that_it_is_about(restored_log, monkeypatch):
    monkeypatch.setattr("sys.stderr", screen := Screen(is_terminal=False))
    assert run(["--log-format", "json", "--log-level", "info", "plan", "--help"]) == 0
    assert os.environ[telemetry.FORMAT] == "json"
    telemetry.logger("argosy.test").warning("%s\n", EVIL, extra=telemetry.fields(model="topics", version=2))
    [text] = screen.getvalue().splitlines()
    assert not UNSAFE & set(text)
    line = json.loads(text)
    assert datetime.fromisoformat(line.pop("time")).utcoffset() == timedelta(0)
    assert line == {
        "level": "warning",
        "logger": "argosy.test",
        "message": EVIL + "\n",
        "pid": os.getpid(),
        "model": "topics",
        "version": 2,
    }


def test_a_setting_chooses_the_form_where_no_variable_does(restored_log, monkeypatch):
    monkeypatch.setattr("sys.stderr", screen := Screen(is_terminal=False))
    telemetry.configure()
    telemetry.follow_settings("warning", "json")
    telemetry.logger("argosy.test").info("one")
    telemetry.logger("argosy.test").warning("two")
    monkeypatch.setenv(telemetry.FORMAT, "text")
    monkeypatch.setenv(telemetry.LEVEL, "error")
    telemetry.follow_settings("debug", "json")
    telemetry.logger("argosy.test").warning("three")
    telemetry.logger("argosy.test").error("four")
    first, second = screen.getvalue().splitlines()
    assert json.loads(first)["message"] == "two"
    assert second.endswith(" ERROR argosy.test: four")


def test_an_unknown_level_is_a_mistake(restored_log, monkeypatch, capsys):
    assert run(["--log-level", "loud", "plan", "--help"]) == 2
    monkeypatch.setenv(telemetry.LEVEL, "loud")
    assert run(["plan", "--help"]) == 2
    assert capsys.readouterr().err.count("'loud' is not one of") == 2


def test_the_log_too(monkeypatch):
    monkeypatch.setattr("sys.stderr", screen := Screen(is_terminal=False))
    root = logging.getLogger("argosy")
    before = root.handlers[:], root.level, root.propagate
    try:
        telemetry.configure()
        telemetry.logger("argosy.test").warning("%s", EVIL)
    finally:
        root.handlers[:], root.level, root.propagate = before
    assert r"\x1b]0;owned" in screen.getvalue()
    assert not UNSAFE & set(screen.getvalue())


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.name)
def test_commands_print_through_one_module(path):
    calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    printing = {"click.echo", "click.secho", "print", "sys.stdout.write", "sys.stderr.write"}
    assert path.name == "output.py" or not printing & {ast.unparse(call) for call in calls}
