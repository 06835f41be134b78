"""From YAML and JSON to checked, frozen definitions: what is trained, the plans that stand for many, the settings."""

from argosy.definitions.definition import PLUGIN_KINDS, Definition, Registries, Spec, code_digests, label, plugins_of
from argosy.definitions.expand import LIMIT, Expansion, Forbidden, Unused, expand, not_installed, require_some
from argosy.definitions.plan import Plan, load_plan, parse_plan
from argosy.definitions.project import Settings, find_project, load_settings

__all__ = [
    "LIMIT",
    "PLUGIN_KINDS",
    "Definition",
    "Expansion",
    "Forbidden",
    "Plan",
    "Registries",
    "Settings",
    "Spec",
    "Unused",
    "code_digests",
    "expand",
    "find_project",
    "label",
    "load_plan",
    "load_settings",
    "not_installed",
    "parse_plan",
    "plugins_of",
    "require_some",
]
