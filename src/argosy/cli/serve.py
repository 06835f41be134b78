"""`argosy serve`, `argosy up`, and the drainer that they start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.cli.log_options import access_log_option, log_options
from argosy.cli.output import print_line
from argosy.cli.own_output import kept_output
from argosy.cli.project import code_option, command_project
from argosy.cli.train import stopped_by_signals

if TYPE_CHECKING:
    from argosy.app.project import Project

EXIT_SECONDS = 5.0
"""The time that threads of users' code may take after everything was closed."""
host_option = click.option("--host", default="", help="Default: the project's, else only this machine.")
port_option = click.option("--port", type=click.IntRange(0, 65535), help="Default: the project's; 0: any free port.")
grpc_port_option = click.option(
    "--grpc-port", type=click.IntRange(0, 65535), help="Listen for gRPC too. Default: the project's, else no gRPC."
)
processes_option = click.option(
    "--workers",
    "--processes",
    "processes",
    type=click.IntRange(1, 64),
    help="Server processes on the port. Default: the project's, else 1.",
)
strict_option = click.option(
    "--strict", is_flag=True, help="Serve no version that was trained with other code of your plug-ins."
)


@click.command()
@host_option
@port_option
@grpc_port_option
@processes_option
@strict_option
@code_option
@click.option(
    "--store",
    default="",
    metavar="URL",
    help="Serve the models of that server, with the token in ARGOSY_STORE_TOKEN; predictions and feedback stay here.",
)
@log_options
@access_log_option
@click.pass_context
def serve(
    ctx: click.Context,
    host: str,
    port: int | None,
    grpc_port: int | None,
    processes: int | None,
    strict: bool,
    code: str,
    store: str,
) -> int:
    """Serve every version with an alias, and follow moves of aliases, until Ctrl-C or SIGTERM.

    Example: argosy serve --port 8080 --grpc-port 8081

    Example: argosy serve --workers 4

    Example: argosy serve --store https://models.example
    """
    from argosy import telemetry
    from argosy.app.serving import ServeOptions
    from argosy.app.serving import serve as serve_project
    from argosy.processes import end_within, follow_parent

    telemetry.configure()
    follow_parent()
    if store and (strict or code == "stored"):
        raise click.UsageError("--strict and --code stored apply to this project's own versions: leave out --store")
    backends = command_project(ctx).backends
    options = ServeOptions(
        host=host, port=port, grpc_port=grpc_port, is_strict=strict, is_stored=code == "stored", store=store
    )
    count = processes or backends.settings.server.processes
    with kept_output() as output:  # code of the project's own may print
        exit_code = serve_project(backends, options, count, lambda url: print_line(f"Serving on {url}", file=output))
    end_within(EXIT_SECONDS)
    return exit_code


@click.command(name="server-process", hidden=True)
@click.pass_context
def server_process(ctx: click.Context) -> None:
    """Be one of several processes of a server: `argosy serve` starts these."""
    from argosy import telemetry
    from argosy.app.serving import serve_process
    from argosy.processes import end_within, follow_parent

    telemetry.configure()
    log = telemetry.logger("argosy.serving")
    follow_parent(lambda: log.warning("the process that keeps this server is gone: this one of its processes ends too"))
    serve_process(Path(ctx.find_root().obj))
    end_within(EXIT_SECONDS)


@click.command()
@host_option
@port_option
@grpc_port_option
@click.option("--workers", type=click.IntRange(0, 256), default=1, show_default=True, help="Training processes.")
@strict_option
@code_option
@log_options
@access_log_option
@click.pass_context
def up(
    ctx: click.Context, host: str, port: int | None, grpc_port: int | None, workers: int, strict: bool, code: str
) -> int:
    """Run a server and workers together, and retrain as the settings define, until Ctrl-C or SIGTERM.

    Example: argosy up --workers 2
    """
    from argosy import telemetry
    from argosy.app.up import up as run_up

    telemetry.configure()
    project = command_project(ctx)
    serving = [*(["--strict"] if strict else []), "--code", code]
    serving += [] if grpc_port is None else ["--grpc-port", str(grpc_port)]
    with stopped_by_signals() as stop:
        run_up(project.backends, *_address(project, host, port), workers, stop, serving)
    return 0


@click.command(hidden=True)
@click.pass_context
def drain(ctx: click.Context) -> int:
    """Move predictions from the spool into the database until SIGTERM: `argosy serve` starts one of these."""
    from argosy import processes, telemetry
    from argosy.predictions.drainer import follow

    telemetry.configure()
    processes.follow_parent()
    with stopped_by_signals() as stop:
        backends = command_project(ctx).backends
        follow(backends.spool, backends.database, stop)
    return 0


def _address(project: Project, host: str, port: int | None) -> tuple[str, int]:
    server = project.settings.server
    return host or server.host, server.port if port is None else port
