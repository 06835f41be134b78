"""What `argosy doctor` prints."""

from argosy.cli.project import print_findings
from argosy.operations.integrity import Finding


def test_findings_go_into_the_width_with_what_to_do_below(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    long = " ".join(["the row 'x' of the table 'trained' cannot be read"] * 4)
    print_findings([Finding("disk", True, "9 GB free"), Finding("shared memory", False, long, "restore a backup " * 9)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "  ok   disk           9 GB free"
    assert lines[1].startswith("  !!   shared memory  the row 'x'")
    assert max(map(len, lines)) <= 80
    reported = " ".join(line.strip() for line in lines[1:])
    assert long in reported
    assert "→ restore a backup restore" in reported
