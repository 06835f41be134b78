"""Checks of a project's content by `argosy doctor`: keys, seals, rows, artifacts, aliases, spool, files.

Each check yields a finding for every fault and, where there is none, one that says what was looked at. It changes
nothing but that it drains the spool, as every look at the prediction log does.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from argosy.backends import HOME, Backends
from argosy.errors import ArgosyError, ArtifactCorrupt, KeyUnavailable, KeyWrong
from argosy.paths import is_open_to_others
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.predictions.spools import SpoolStatus
    from argosy.vault import Scope

QUICK_ROWS: Final = 1000
QUICK_BYTES: Final = 100_000_000
"""Of artifacts, that are compared with their digests where it must be quick."""
BEHIND_SECONDS: Final = 60.0
"""For which predictions may wait in a spool whose drainer lives."""
SHOWN: Final = 20
"""Faults of one kind that are listed one by one."""
FROM_A_BACKUP: Final = "restore a backup"


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `to_do` is empty where it is well."""

    check: str
    ok: bool
    found: str
    to_do: str = ""


Seen = Callable[[str, int], None]
"""Called with what was checked and how many of it so far."""
Check = Callable[[Backends, bool, Seen], Iterator[Finding]]
"""Of a project's backends, quickly or in full."""


def keys(backends: Backends, is_quick: bool, seen: Seen) -> Iterator[Finding]:  # noqa: ARG001  # a check's signature
    """Every master key, and every data key that one of them should open."""
    from argosy.vault.master_keys import ROLES
    from argosy.vault.vault import data_keys, role_of, unopened

    master_keys, lacking = backends.master_keys, set()
    for role in ROLES:
        try:
            master_keys.candidates(role)
        except KeyUnavailable as error:
            lacking.add(role)
            yield Finding("keys", False, f"the master key '{role}' is not available", str(error))
    with backends.database.read() as transaction:
        found = data_keys(transaction)
    closed = unopened(found, master_keys)
    for scope in closed:
        if role_of(scope) not in lacking:
            to_do = f"put back the master key '{role_of(scope)}' that it was encrypted with"
            yield Finding("keys", False, f"'{scope}' does not open", to_do)
    if not lacking and not closed:
        yield Finding("keys", True, f"the master keys open {plural(len(found), 'data key')}")


def seals(backends: Backends, is_quick: bool, seen: Seen) -> Iterator[Finding]:
    """Every sealed row, or the newest of each collection and of the log; those without a key are left to `keys`."""
    from argosy.datasets.examples import scope_name
    from argosy.datasets.seals import broken_examples
    from argosy.predictions.log import SCOPE
    from argosy.predictions.seals import broken_predictions

    most, faults, looked = QUICK_ROWS if is_quick else None, 0, Counter[str]()

    def counting(what: str) -> Callable[[int], None]:
        def count(number: int) -> None:
            looked[what] = number
            seen(what, number)

        return count

    for name in backends.examples.collections():
        if (scope := _scope(backends, scope_name(name))) is not None:
            what = f"examples of '{name}'"
            broken = broken_examples(backends.database, scope, name, most, counting(what))
            faults += len(broken)
            yield from _unsealed(f"an example of '{name}' does not open", broken)
    if (scope := _scope(backends, SCOPE)) is not None:
        broken = broken_predictions(backends.database, scope, most, counting("predictions"))
        faults += len(broken)
        yield from _unsealed("a prediction does not open", broken)
    if not faults:
        yield Finding("seals", True, f"{looked.total():,} {'of the newest ' if is_quick else ''}sealed rows open")


def _scope(backends: Backends, name: str) -> Scope | None:
    try:
        return backends.vault.scope(name)
    except (KeyUnavailable, KeyWrong):
        return None


def _unsealed(fault: str, broken: list[str]) -> Iterator[Finding]:
    to_do = f"it was altered or moved: {FROM_A_BACKUP}"
    yield from (Finding("seals", False, f"{fault}: {one}", to_do) for one in broken[:SHOWN])
    if len(broken) > SHOWN:
        yield Finding("seals", False, f"{fault}: and {len(broken) - SHOWN:,} more", to_do)


def rows(backends: Backends, is_quick: bool, seen: Seen) -> Iterator[Finding]:  # noqa: ARG001  # a check's signature
    """Jobs and results whose rows cannot be read, and what points at nothing."""
    faults = [(f"the job '{job.label}'", job.unreadable) for job in backends.queue.jobs() if job.unreadable]
    yield from (Finding("rows", False, f"{what} cannot be read", problem) for what, problem in faults)
    results = backends.store.unreadable()
    yield from (
        Finding("rows", False, f"the result '{one.name}' cannot be read: {one.problem}", one.to_do) for one in results
    )
    dangling = backends.store.dangling()
    to_do = f"{FROM_A_BACKUP}, or promote another version"
    yield from (Finding("rows", False, one, to_do) for one in dangling)
    reserved = backends.store.reserved_aliases()
    yield from (
        Finding("rows", False, f"the alias {model}@{alias} has a name that means a place on the leaderboard", to_do)
        for model, alias, number in reserved
        for to_do in [f"argosy models promote {model}@{number} --as NAME, then argosy models unalias {model} {alias}"]
    )
    if not faults and not results and not dangling and not reserved:
        yield Finding("rows", True, "jobs, results, versions and aliases are whole")


def artifact_bytes(backends: Backends, is_quick: bool, seen: Seen) -> Iterator[Finding]:
    """Every artifact that a result names: that its bytes are those that were put, quickly of some only how many."""
    named, faults, hashed, budget = backends.store.named_artifacts(), 0, 0, QUICK_BYTES
    for number, one in enumerate(named, 1):
        try:
            path = backends.artifacts.path(one.digest)
            if (size := path.stat().st_size) != one.size_bytes:
                raise ArtifactCorrupt(f"{path}: it has {size:,} bytes, not {one.size_bytes:,}")
            if not is_quick or size <= budget:
                backends.artifacts.fetch(one.digest)
                hashed, budget = hashed + 1, budget - size
        except (ArgosyError, OSError) as error:
            faults += 1
            to_do = f"{FROM_A_BACKUP}, or train it again"
            yield Finding("artifacts", False, f"the artifact of '{one.label}': {error}", to_do)
        seen("artifacts", number)
    if not faults:
        rest = f", {len(named) - hashed} have their size and were not compared" if hashed < len(named) else ""
        yield Finding("artifacts", True, f"{hashed} have the right bytes{rest}")


def spool(backends: Backends, is_quick: bool, seen: Seen) -> Iterator[Finding]:  # noqa: ARG001  # a check's signature
    """That what servers answered can be moved into the database."""
    from argosy.predictions.drain import drain_once, stuck
    from argosy.predictions.segments import damaged

    folder = backends.spool
    if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("spool", False, f"{folder} cannot be read and written", f"chmod 700 {folder}")
        return
    try:
        drain_once(folder, backends.database)
        kept = [path.name for path in (*damaged(folder), *stuck(folder, backends.database))]
    except (ArgosyError, OSError) as error:
        yield Finding("spool", False, f"{folder} cannot be drained: {error}", "correct this: predictions wait in it")
        return
    has_key = _scope(backends, "predictions") is not None
    foreign = backends.prediction_log.foreign(QUICK_ROWS if is_quick else None) if has_key else 0
    for name in kept:
        to_do = "the log of 'argosy drain' says why; delete it, or rename it to *.spool for an Argosy that can read it"
        yield Finding("spool", False, f"{folder / name} cannot be moved into the database", to_do)
    if foreign:
        to_do = "they are passed over; they came out of a spool that another database was served with"
        yield Finding("spool", False, f"{plural(foreign, 'prediction')} in the log of another key", to_do)
    if not kept and not foreign:
        yield Finding("spool", True, "drained: no prediction is left in it")


def spools(backends: Backends, is_quick: bool, seen: Seen) -> Iterator[Finding]:  # noqa: ARG001  # a check's signature
    """How far the spools of servers elsewhere are behind, by what their drainers have last said."""
    from argosy.predictions.spool_names import known_name

    own = known_name(backends.spool)
    others = [one for one in backends.spools.all() if one.name != own and not one.is_forgotten]
    found = [finding for one in others for finding in _spool(one)]
    yield from found
    if not found:
        yield Finding("spools", True, f"{plural(len(others), 'other')}, none behind")


def _spool(one: SpoolStatus) -> Iterator[Finding]:
    where, silent = f"'{one.name}' in {one.folder} on {one.host}", f"{one.seconds_silent:.0f} s"
    if one.is_silent:
        owed = f", and has {plural(one.erasures, 'erasure')} to carry out" if one.erasures else ""
        held = f"{plural(one.waiting, 'prediction')} waited in it then"
        to_do = f"start its server, which drains it; if it is gone for good: argosy spools forget {one.name}"
        yield Finding("spools", False, f"{where} is silent for {silent}: {held}{owed}", to_do)
    elif one.waiting_seconds > BEHIND_SECONDS:
        waits = f"{plural(one.waiting, 'prediction')}, the oldest for {one.waiting_seconds:.0f} s"
        yield Finding("spools", False, f"{where} is behind by {waits}", "see what its server logs")
    if one.damaged:
        to_do = "run argosy doctor there"
        yield Finding("spools", False, f"{where} has {plural(one.damaged, 'file')} that cannot be moved", to_do)


def files(backends: Backends, is_quick: bool, seen: Seen) -> Iterator[Finding]:  # noqa: ARG001  # a check's signature
    """That others cannot look into the project's own folder, which is closed when it is opened, if it is ours."""
    home = backends.root / HOME
    if is_open_to_others(home):
        yield Finding("files", False, f"{home} can be read by other users", f"chmod -R go= {home}")
    else:
        yield Finding("files", True, f"{home} can be read by its owner only")


INTEGRITY: Final[dict[str, Check]] = {
    "keys": keys,
    "seals": seals,
    "rows": rows,
    "artifacts": artifact_bytes,
    "spool": spool,
    "spools": spools,
    "files": files,
}
