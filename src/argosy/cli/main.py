"""`argosy`: the table of commands, and how errors are reported.

Commands are named here with their one-line help, so that `argosy --help` imports none of them.
Exit codes: 0 done, 1 failed, 2 the user's mistake.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import Any

import click

import argosy
from argosy.cli.output import print_line
from argosy.errors import ArgosyError, UserMistake
from argosy.telemetry import FORMAT, FORMATS, LEVEL, LEVELS, configure
from argosy.terminal_text import visible_line

COMMANDS = {
    "init": ("argosy.cli.project:init", "Make a new project folder."),
    "examples": ("argosy.cli.examples:examples", "Import, count, show, export and erase labelled examples."),
    "plan": ("argosy.cli.plan:plan", "Check, submit, list, cancel and retry plans, and show their state."),
    "train": ("argosy.cli.train:train", "Train a plan on this machine, then show the leaderboard."),
    "steps": ("argosy.cli.steps:steps", "Run commands on new files, and show their logs and outputs."),
    "features": ("argosy.cli.features:features", "Put tables of features and count streams into the cache."),
    "service": ("argosy.cli.services:service", "Check the services, draw them, and explain what they answered."),
    "worker": ("argosy.cli.train:worker", "Run workers that train queued definitions."),
    "workers": (
        "argosy.cli.workers:workers",
        "List, drain and stop workers, and start some on Ray.",
    ),
    "spools": ("argosy.cli.spools:spools", "List the servers' spools, and forget a lost one."),
    "jobs": ("argosy.cli.jobs:jobs", "List jobs, and show why one waits or has failed."),
    "leaderboard": ("argosy.cli.models:leaderboard", "Show every definition tried, best first."),
    "models": ("argosy.cli.models:models", "List, show, promote and roll back versions."),
    "report": ("argosy.cli.report:report", "Write one HTML page about a model or a plan."),
    "lineage": ("argosy.cli.lineage:lineage", "Show where a version or a prediction comes from, from file to answer."),
    "drift": ("argosy.cli.drift:drift", "Compare a model's live answers with its test part, over time."),
    "reproduce": ("argosy.cli.reproduce:reproduce", "Train a definition again and compare it bit for bit."),
    "serve": ("argosy.cli.serve:serve", "Run the model server."),
    "predict": ("argosy.cli.predict:predict", "Classify texts, or the rows of files, without a server."),
    "feedback": ("argosy.cli.feedback:feedback", "Give outcomes and corrections; review predictions."),
    "outcomes": ("argosy.cli.outcomes:outcomes", "Join what then happened to what was decided, and show it."),
    "analyse": ("argosy.cli.outcomes:analyse", "Join outcomes and ask for what is due, where no server runs."),
    "retrain": ("argosy.cli.feedback:retrain", "Train a challenger on newer data; promote it if the gate accepts it."),
    "notifications": ("argosy.cli.notifications:notifications", "Follow events: training, promotions, failures."),
    "keys": ("argosy.cli.keys:keys", "Show and replace the project's master keys."),
    "tokens": ("argosy.cli.tokens:tokens", "Create, list and revoke tokens for the server."),
    "backup": ("argosy.cli.backup:backup", "Write the project into one file, while it runs."),
    "migrate": ("argosy.cli.migrate:migrate", "Copy the project's rows to another database, and compare."),
    "restore": ("argosy.cli.backup:restore", "Make a project again from a backup."),
    "up": ("argosy.cli.serve:up", "Run server, workers and scheduled retraining together."),
    "doctor": ("argosy.cli.project:doctor", "Check every configured backend."),
}
MISNAMED = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
HIDDEN = {
    "task": "argosy.cli.reproduce:task",
    "drain": "argosy.cli.serve:drain",
    "server-process": "argosy.cli.serve:server_process",
}


class Commands(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        target = HIDDEN.get(cmd_name) or COMMANDS.get(cmd_name, ("", ""))[0]
        if not target:
            return None
        module, _, attribute = target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and args[0] not in HIDDEN and not args[0].startswith("-"):
            from argosy.errors import nearest

            raise UserMistake(f"no command '{args[0]}'{nearest(args[0], COMMANDS)}; 'argosy --help' lists them")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(argosy.__version__, prog_name="argosy")
@click.option(
    "-C", "--project", metavar="DIR", default=".", help="The project's folder, or one below it (default: this one)."
)
@click.option(
    "--log-level",
    type=click.Choice(LEVELS, case_sensitive=False),
    envvar=LEVEL,
    help="Log lines of this level and above on standard error (default: info, where a command logs).",
)
@click.option(
    "--log-format",
    type=click.Choice(FORMATS, case_sensitive=False),
    envvar=FORMAT,
    help="Log lines as text or as JSON objects (default: text).",
)
@click.pass_context
def cli(ctx: click.Context, project: str, log_level: str | None, log_format: str | None) -> None:
    """Train, serve and continuously improve text classifiers.

    \b
    argosy init shop && cd shop
    argosy examples import tickets.csv
    argosy train plan.yaml
    argosy up
    """
    ctx.obj = project
    for variable, value in {LEVEL: log_level, FORMAT: log_format}.items():
        if value is not None:
            os.environ[variable] = value
    if log_level is not None or log_format is not None:
        configure("warning")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale may lack a letter of a label, or the line of a table
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """The exit code of one command; errors become one line on standard error."""
    try:
        code: Any = cli.main(arguments, prog_name="argosy", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as mistake:
        mistake.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        print_line("Stopped.", err=True)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has left
        return 0
    except UserMistake as mistake:
        print_line(visible_line(f"Error: {mistake}"), err=True)
        return 2
    except ArgosyError as failure:
        print_line(f"Failed: {failure}", err=True)
        return 1
    except OSError as failure:
        return _not_possible(failure)
    except UnicodeEncodeError:
        foreign = [one for one in (sys.argv[1:] if arguments is None else arguments) if _is_foreign(one)]
        if not foreign:
            raise
        print_line(visible_line(f"Error: the argument '{foreign[0]}' is not UTF-8"), err=True)
        return 2


def _is_foreign(argument: str) -> bool:
    """Whether its bytes are not valid in the system's encoding."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return True
    return False


def _not_possible(failure: OSError) -> int:
    """Report an error of the system: a mistake if a file was named wrongly, else a failure such as a full disk."""
    named = f"{failure.filename}: " if failure.filename else ""
    is_mistake = bool(named) and isinstance(failure, MISNAMED)
    print_line(f"{'Error' if is_mistake else 'Failed'}: {named}{failure.strerror or failure}", err=True)
    return 2 if is_mistake else 1
