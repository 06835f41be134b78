"""No example in the clear: the places that are searched, and the texts searched for."""

import base64

from proof_cluster import CANARY

from stored.rows import counts, rows


def assert_no_plaintext(cluster, ground):
    """The canary is in no row, file, object or message; expected texts are found, so the search works."""
    forms, labels = _forms(CANARY), [label.encode() for label in ground.column("plan_jobs", "label")]
    known = {"objects": [CANARY.split()[1].encode()], "machines": [b"name: proof"]}
    for place, pieces in _places(cluster, ground).items():
        is_found = False
        for name, content in pieces:
            assert not any(form in content for form in forms), f"{place}: {name} has an example in the clear"
            is_found = is_found or any(one in content for one in known.get(place, labels))
        assert is_found, f"{place}: what must be there was not found"


def _places(cluster, ground):
    machines = [machine.folder for machine in ground.machines]
    if ground.disk is not None:
        machines.append(ground.disk.folder)
    return {
        "rows": _rows(ground.project.database),
        "postgresql": _files(cluster.postgresql.folder),
        "rabbitmq": _files(cluster.rabbitmq.folder),
        "machines": _files(*machines),
        "messages": (("a message", body) for body in (*ground.tap.bodies, *ground.bodies)),
        "objects": (
            (one.digest, ground.project.artifacts.fetch(one.digest).read_bytes())
            for one in ground.project.artifacts.list_artifacts()
        ),
    }


def _forms(text):
    """As text, in hexadecimal, and in base64 wherever in a longer text it begins."""
    plain = text.encode()
    shifted = (base64.b64encode(bytes(shift) + plain)[4 if shift else 0 : -4] for shift in range(3))
    return [plain, plain.hex().encode(), plain.hex().upper().encode(), *shifted]


def _rows(database):
    for table in counts(database):
        for row in rows(database, table):
            for value in row:
                yield table, value if isinstance(value, bytes) else str(value).encode()


def _files(*folders):
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path, path.read_bytes()
