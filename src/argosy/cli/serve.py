"""`argosy serve`, `argosy up`, and the drainer that they start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from argosy.cli.log_options import access_log_option, log_options
from argosy.cli.output import print_line
from argosy.cli.project import code_option, command_project
from argosy.cli.train import stopped_by_signals

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.transfer.remote_store import RemoteStore

EXIT_SECONDS = 5.0
"""The time that threads of users' code may take after everything was closed."""
host_option = click.option("--host", default="", help="Default: the project's, else only this machine.")
port_option = click.option("--port", type=click.IntRange(0, 65535), help="Default: the project's; 0: any free port.")
grpc_port_option = click.option(
    "--grpc-port", type=click.IntRange(0, 65535), help="Listen for gRPC too. Default: the project's, else no gRPC."
)
strict_option = click.option(
    "--strict", is_flag=True, help="Serve no version that was trained with other code of your plug-ins."
)


@click.command()
@host_option
@port_option
@grpc_port_option
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
    ctx: click.Context, host: str, port: int | None, grpc_port: int | None, strict: bool, code: str, store: str
) -> int:
    """Serve every version with an alias, and follow moves of aliases, until Ctrl-C or SIGTERM.

    Example: argosy serve --port 8080 --grpc-port 8081

    Example: argosy serve --store https://models.example
    """
    from argosy import processes, telemetry
    from argosy.app.serving import serve as serve_project

    telemetry.configure()
    processes.follow_parent()
    project = command_project(ctx)
    remote = _remote(project, store, strict or code == "stored") if store else None
    serve_project(
        project.backends,
        *_address(project, host, port),
        lambda url: print_line(f"Serving on {url}"),
        is_strict=strict,
        is_stored=code == "stored",
        remote=remote,
        grpc_port=grpc_port,
    )
    processes.end_within(EXIT_SECONDS)
    return 0


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


def _remote(project: Project, url: str, minds_code: bool) -> RemoteStore:
    from argosy.transfer.remote_store import RemoteStore

    if minds_code:
        raise click.UsageError("--strict and --code stored apply to this project's own versions: leave out --store")
    remote = RemoteStore(url, cache=project.backends.home / "cache")
    remote.all_versions()  # fail now if it cannot be reached
    return remote


def _address(project: Project, host: str, port: int | None) -> tuple[str, int]:
    server = project.settings.server
    return host or server.host, server.port if port is None else port
