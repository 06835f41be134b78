"""References to a version: `topics@champion`, `topics@3` (also `topics:3`), `topics` alone, or a label. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from argosy.errors import VersionNotFound, nearest
from argosy.store.aliases import CHAMPION, RESERVED
from argosy.store.trained import Version


def parse_reference(reference: str) -> tuple[str, str]:
    """(model, the number or alias or "")."""
    for mark in ("@", ":"):
        model, found, wanted = reference.partition(mark)
        if found:
            if not model or not wanted:
                raise VersionNotFound(f"'{reference}' names no version: write MODEL, MODEL@NUMBER or MODEL@ALIAS")
            return model, wanted
    return reference, ""


def only_version(label: str, versions: Sequence[Version]) -> Version:
    """The one version of a result; raises VersionNotFound where it is not one."""
    if not versions:
        raise VersionNotFound(
            f"'{label}' is trained but is not a version of a model: no plan contains it, or it learned from a share"
        )
    if len(versions) > 1:
        names = " and ".join(version.reference for version in versions)
        raise VersionNotFound(f"'{label}' is {names}: say which")
    return versions[0]


def select_version(model: str, wanted: str, versions: Sequence[Version]) -> Version:
    """The version meant, of the model's versions in order; of an empty reference the champion's, else the newest."""
    by_number = {str(version.number): version for version in versions}
    by_alias = {alias: version for version in versions for alias in version.aliases}
    if not wanted:
        return by_alias.get(CHAMPION, versions[-1])
    found = by_alias.get(wanted) or by_number.get(wanted)
    if found is None and wanted in RESERVED:  # one from before the name was reserved can be removed
        raise VersionNotFound(
            f"'{model}@{wanted}' is a place on the leaderboard: in Python, project.models.resolve finds it"
        )
    if found is None:
        numbers = f"1 to {versions[-1].number}" if len(versions) > 1 else str(versions[-1].number)
        aliases = ", ".join(sorted(by_alias)) or "none"
        raise VersionNotFound(
            f"the model '{model}' has no version or alias '{wanted}'{nearest(wanted, by_alias)}; "
            f"versions: {numbers}; aliases: {aliases}"
        )
    return found
