"""Pages for a browser: where things are, and the OpenAPI document to read. No script, and nothing to fetch. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argosy.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent / "templates"
METHODS = ("get", "post", "put", "patch", "delete")


def front_page(places: Mapping[str, str], entries: Mapping[str, str]) -> str:
    """`entries` are lines about what is loaded, such as models."""
    return _render("front.html", places=places, entries=entries)


def document_page(document: Mapping[str, Any]) -> str:
    """Every operation with what it takes and gives."""
    by_tag: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = _shown(path, method, methods[method], document["components"]["schemas"])
                by_tag.setdefault(operation["tag"], []).append(operation)
    return _render("document.html", info=document["info"], by_tag=by_tag)


def content_policy() -> str:
    """What a browser may load for these pages: their style sheet, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    allowed = f"style-src 'sha256-{digest}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _shown(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    example = json.dumps(body["example"], ensure_ascii=False) if "example" in body else ""
    answers = [
        (status, answer["description"], _schema_name(answer)) for status, answer in operation["responses"].items()
    ]
    return {
        "tag": operation["tags"][0],
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "scopes": [scope for one in operation.get("security", ()) for scope in one["token"]],
        "parameters": operation.get("parameters", ()),
        "takes": _pretty(_resolved(body["schema"], schemas)) if body else "",
        "example": example,
        "gives": next((_pretty(_resolved(_schema(one), schemas)) for one in _successes(operation) if _schema(one)), ""),
        "answers": answers,
    }


def _successes(operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [answer for status, answer in operation["responses"].items() if status.startswith("2")]


def _schema(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _schema_name(answer: Mapping[str, Any]) -> str:
    name = str(_schema(answer).get("$ref", "")).rpartition("/")[2]
    return name or next(iter(answer.get("content", {})), "")


def _resolved(schema: Any, schemas: Mapping[str, Any], deep: int = 0) -> Any:
    """The schema with those that it refers to in place; a reference within itself stays one."""
    if isinstance(schema, Mapping):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name in schemas and deep < 8:
            return _resolved(schemas[name], schemas, deep + 1)
        return {key: _resolved(value, schemas, deep) for key, value in schema.items()}
    return [_resolved(one, schemas, deep) for one in schema] if isinstance(schema, list | tuple) else schema


def _pretty(schema: Any) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False)


@cache
def _style() -> str:
    return (FOLDER / "pages.css").read_text()


@cache
def _environment() -> Environment:
    """Imported when a browser first asks: programs never do."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(FOLDER)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(style=_style(), version=__version__, **values)
