"""Client libraries stay behind their ports, heavy ones are imported where they are used, and the floors hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ADAPTER_FOLDERS = {
    "sqlite3": ("database/engines/", "datasets/queries/"),
    "psycopg": ("database/engines/", "datasets/queries/"),
    "pika": ("messaging/brokers/", "messaging/amqp/"),
    "ray": ("ray_cluster.py",),
    "redis": ("caching/caches/",),
    "confluent_kafka": ("streaming/logs/",),
    "obstore": (
        *("store/artifacts/", "store/object_client.py", "scoring/objects.py"),
        *("operations/numbered_objects.py", "features/table_objects.py"),
    ),
    "grpc": ("serving/grpc/",),
    "grpc_health": ("serving/grpc/",),
    "grpc_reflection": ("serving/grpc/",),
    "google": ("serving/grpc/",),
    "tantivy": ("search/indexes/",),
    "elasticsearch": ("search/indexes/",),
    "gensim": ("models/adapters/",),
    "pyarrow": ("datasets/parquet.py",),
    "python_calamine": ("datasets/spreadsheets.py",),
    "lightgbm": ("models/estimators/",),
    "onnx": ("models/fine_tuning/", "models/onnx_graphs/", "models/runtimes/"),
    "onnxruntime": ("models/sentence_encoders/", "models/fine_tuning/", "models/onnx_graphs/", "models/runtimes/"),
    "skops": ("models/runtimes/",),
    "tokenizers": ("models/sentence_encoders/", "models/runtimes/"),
    "torch": ("models/sentence_encoders/", "models/fine_tuning/"),
    "optuna": ("tuning/samplers/",),
    "sklearn": ("models/estimators/", "models/runtimes/"),
    "cryptography": ("vault/",),
    "starlette": (
        *("http/", "serving/rest/", "services/routes.py", "transfer/store_routes.py"),
        *("feedback/routes.py", "feedback/outcomes/routes.py"),
    ),
    "uvloop": ("http/",),
    "httptools": ("http/",),
    "opentelemetry": ("serving/tracing.py",),
    "prometheus_client": ("http/", "serving/", "feedback/routes.py"),
    "click": ("cli/",),
    "rich": ("cli/",),
    "yaml": ("definitions/yaml_files.py",),
    "cronsim": ("definitions/cron.py",),
    "jinja2": (
        "web/",
        "http/pages.py",
    ),
    "markupsafe": ("web/",),
}
"""Client library to where it may be imported."""

NEVER = {"pickle", "joblib", "dill", "cloudpickle", "marshal", "shelve"}
"""A model is no program."""

IN_FUNCTIONS_ONLY = {
    "ray",
    "sklearn",
    "gensim",
    "lightgbm",
    "opentelemetry",
    "optuna",
    "onnx",
    "onnxruntime",
    "pyarrow",
    "skops",
    "tokenizers",
    "torch",
    "pandas",
    "cryptography",
}
"""Too slow to import for those who only check a plan or ask for help."""


def imports(source):
    """Top-level package to whether it is imported inside a function, for every import of a file."""
    inside = {
        id(node)
        for function in ast.walk(source.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    } | {
        id(node)
        for block in ast.walk(source.tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], id(node) in inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0], id(node) in inside


def modules(source):
    """The full name of every module imported."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_client_libraries_appear_behind_their_ports_only(sources):
    astray = [
        (source.name, package)
        for source in sources
        for package, _ in imports(source)
        if package in ADAPTER_FOLDERS and not source.name.startswith(ADAPTER_FOLDERS[package])
    ]
    assert astray == []


def test_no_pickle(sources):
    found = {source.name for source in sources for package, _ in imports(source) if package in NEVER}
    assert found == {"models/runtimes/child.py"}  # the program that opens imported models in its own process


def test_heavy_libraries_are_imported_where_they_are_used(sources):
    found = defaultdict(list)
    for source in sources:
        for package, is_deferred in imports(source):
            if package in IN_FUNCTIONS_ONLY and not is_deferred:
                found[package].append(source.name)
    assert dict(found) == {}


def test_the_slow_half_of_scipy_is_left_to_tests(sources):
    found = [source.name for source in sources if "scipy.stats" in set(modules(source))]
    assert found == []  # see docs/adr/0051


def test_a_command_that_only_opens_the_project_imports_no_numbers_and_no_client():
    """They would be a third of the time that most commands take."""
    program = "import argosy.app.project, argosy.cli.examples, argosy.cli.jobs, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"numpy", "http.client", "ssl", "asyncio", "cryptography", "rich"}.isdisjoint(done.stdout.split())


def test_the_floors_hold():
    program, root = Path(sys.executable).with_name("lint-imports"), Path(__file__).parents[2]
    done = subprocess.run([program, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
