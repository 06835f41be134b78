"""What serving, services and streams are compared with, each in a virtual environment of its own below `.peers`.

    python -m benchmarks.peers [NAME …]

makes those that are missing (`make bench-peers`). One that cannot be installed is reported, and left out of
comparisons.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.served_models import Prepared

FOLDER = Path(__file__).parent / ".peers"
SOURCES = Path(__file__).parent / "peer_servers"
SKLEARN = "scikit-learn==1.9.1"
REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    "asgi": ("fastapi==0.163.2", "uvicorn==0.54.0", "uvloop==0.23.0", "httptools==0.9.0", "orjson==3.13.0", SKLEARN),
    "feast": ("feast[redis]==0.67.0", "confluent-kafka==2.16.1"),
    "handwritten": (
        "fastapi==0.163.2",
        "uvicorn==0.54.0",
        "uvloop==0.23.0",
        "httptools==0.9.0",
        "orjson==3.13.0",
        "redis[hiredis]==7.1.0",
        SKLEARN,
    ),
    "litserve": ("litserve==0.2.19", SKLEARN),
    "mlserver": ("mlserver==1.7.1", SKLEARN),
    "triton": ("nvidia-pytriton==0.7.0", SKLEARN),
}
MLSERVER_BATCH = {"max_batch_size": 64, "max_batch_time": 0.002}
TRITON_BATCH = "max_batch_size: 256\ndynamic_batching { max_queue_delay_microseconds: 0 }"


@dataclass(frozen=True)
class Ports:
    http: int
    grpc: int
    other: int


@dataclass(frozen=True)
class Peer:
    """`command` starts it in a folder of its own, where it may write first; `ready` is asked until it answers 200."""

    environment: str
    command: Callable[[Path, Ports, Prepared], list[str]]
    ready: str = "/v2/models/text/infer"
    infer: str = "/v2/models/{model}/infer"
    models: tuple[str, ...] = ("noop", "text")
    wants_columns: bool = False
    speaks_grpc: bool = False

    @property
    def is_installed(self) -> bool:
        return (FOLDER / self.environment / ".installed").exists()


def python_of(environment: str) -> str:
    return str(FOLDER / environment / "bin" / "python")


def _script(environment: str, file: str, *more: str) -> Callable[[Path, Ports, Prepared], list[str]]:
    return lambda _folder, ports, _prepared: [python_of(environment), str(SOURCES / file), str(ports.http), *more]


def _mlserver(folder: Path, ports: Ports, _: Prepared) -> list[str]:
    settings: dict[str, object] = {"http_port": ports.http, "grpc_port": ports.grpc, "metrics_port": ports.other}
    settings |= {"parallel_workers": 0, "debug": False, "host": "127.0.0.1"}
    (folder / "settings.json").write_text(json.dumps(settings))
    for name in ("noop", "text"):
        (folder / name).mkdir()
        model = {"name": name, "implementation": "mlserver_runtime.Text", **MLSERVER_BATCH}
        (folder / name / "model-settings.json").write_text(json.dumps(model))
    return [python_of("mlserver"), "-m", "mlserver.cli.main", "start", str(folder)]


def _triton(folder: Path, ports: Ports, _: Prepared) -> list[str]:
    installed = next((FOLDER / "triton" / "lib").glob("python*/site-packages/pytriton/tritonserver"))
    backend = folder / "backends" / "python"
    shutil.copytree(installed / "backends" / "python", backend)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copy(installed / "python_backend_stubs" / version / "triton_python_backend_stub", backend)
    for name in ("noop", "text"):
        place = folder / "models" / name / "1"
        place.mkdir(parents=True)
        shutil.copy(SOURCES / "triton_model.py", place / "model.py")
        shutil.copy(SOURCES / "answers.py", place)
        (folder / "models" / name / "config.pbtxt").write_text(_triton_config(name))
    ports_given = [f"--http-port={ports.http}", f"--grpc-port={ports.grpc}", "--allow-metrics=false"]
    places = [f"--model-repository={folder / 'models'}", f"--backend-directory={folder / 'backends'}"]
    return [str(installed / "bin" / "tritonserver"), *places, *ports_given, "--http-address=127.0.0.1"]


def _triton_config(name: str) -> str:
    classes = 2 if name == "noop" else 4
    return f"""name: "{name}"
backend: "python"
{TRITON_BATCH}
input [ {{ name: "text" data_type: TYPE_STRING dims: [ 1 ] }} ]
output [
  {{ name: "label" data_type: TYPE_STRING dims: [ 1 ] }},
  {{ name: "probabilities" data_type: TYPE_FP64 dims: [ {classes} ] }}
]
instance_group [ {{ count: 1 kind: KIND_CPU }} ]
"""


PEERS: Mapping[str, Peer] = {
    "asgi": Peer("asgi", _script("asgi", "asgi_server.py")),
    "fastapi": Peer("asgi", _script("asgi", "fastapi_server.py")),
    "litserve": Peer(
        "litserve", _script("litserve", "litserve_server.py", "text"), "/predict", "/predict", models=("text",)
    ),
    "mlserver": Peer("mlserver", _mlserver, speaks_grpc=True),
    "triton": Peer("triton", _triton, wants_columns=True),
}


def environment_of(peer: Peer, prepared: Prepared) -> dict[str, str]:
    """Variables for a peer's process: one thread for numeric libraries, and where to find model and sources."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path, libraries = [str(SOURCES)], {}
    if peer.environment == "triton":  # its stub is a Python of its own: it is shown where packages and libraries are
        packages = next((FOLDER / "triton" / "lib").glob("python*/site-packages"))
        path.append(str(packages))
        libraries = {"LD_LIBRARY_PATH": str(packages / "nvidia_pytriton.libs")}
    home = str(FOLDER / peer.environment / "bin")
    found = {**os.environ, **threads, **libraries, "PIPELINE": str(prepared.pipeline)}
    found |= {"PATH": f"{home}{os.pathsep}{os.environ.get('PATH', '')}", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**found, "PYTHONPATH": os.pathsep.join(path)}


def make(name: str) -> bool:
    """Make a virtual environment unless it is there; whether it is."""
    place = FOLDER / name
    wanted = "\n".join(REQUIREMENTS[name])
    done = place / ".installed"
    if done.exists() and done.read_text() == wanted:
        return True
    print(f"installing {name} into {place}", file=sys.stderr, flush=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([python_of(name), "-m", "pip", "install", "--quiet", *REQUIREMENTS[name]], check=True)
    except subprocess.CalledProcessError as error:
        print(f"{name} cannot be installed here: {error}", file=sys.stderr)
        return False
    done.write_text(wanted)
    return True


def main() -> None:
    made = {name: make(name) for name in sys.argv[1:] or REQUIREMENTS}
    print(json.dumps(made))


if __name__ == "__main__":
    main()
