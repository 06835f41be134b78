"""Labels that differ only in case or form are reported by import and plan check, and merged on request."""


def write(shell, labels):
    rows = "".join(f"{label} note {n},{label}\n" for n in range(40) for label in labels)
    shell.write("notes.csv", f"text,label\n{rows}")


def test_labels_that_are_alike_are_reported_and_merged(empty):
    write(empty, ["Versand", "versand ", "Retoure"])
    said = empty("examples", "import", "notes.csv")
    assert "labels that differ only in case or form: 'Versand', 'versand': --fold-case merges them" in said
    assert "'Versand', 'versand': 'argosy examples import --fold-case'" in empty("plan", "check", "plan.yaml")
    (dataset,) = empty.json("plan", "check", "plan.yaml")["datasets"]
    assert dataset["alike"] == [["Versand", "versand"]]
    said = empty("examples", "import", "notes.csv", "--fold-case")
    assert "read the label 'versand' as 'Versand'" in said
    assert "40 new revisions: the label changed" in said
    assert empty.json("examples", "count")["labels"] == {"Versand": 80, "Retoure": 40}
    assert "alone" not in empty("plan", "check", "plan.yaml")


def test_a_class_is_not_torn_by_spaces_and_letters_of_two_parts(empty):
    write(empty, ["M\u00fcll", "Mu\u0308ll ", "Papier"])
    report = empty.json("examples", "import", "notes.csv")
    assert (report["alike"], empty.json("examples", "count")["labels"]) == ([], {"M\u00fcll": 80, "Papier": 40})


def test_an_import_reports_its_changes(empty):
    empty.write("a.csv", "text,label\none,x\ntwo,y\n")
    empty.write("b.csv", "text,label,subject\none,x,ann\ntwo,z,\n")
    empty("examples", "import", "a.csv")
    said = empty("examples", "import", "b.csv")
    assert "1 new revision: the label changed" in said
    assert "1 new revision: a subject was added" in said


def test_labels_that_look_like_missing_values_are_reported_and_left_out_on_request(empty):
    write(empty, ["nan", "NULL", "joy", "fear"])
    named = "the labels look like missing values: 'NULL' (40 rows), 'nan' (40 rows)"
    assert f"{named}: --missing NULL,nan reads them as missing" in empty("examples", "import", "notes.csv")
    assert f"{named}: 'argosy examples import --missing'" in empty("plan", "check", "plan.yaml")
    (dataset,) = empty.json("plan", "check", "plan.yaml")["datasets"]
    assert dataset["missing_words"] == {"NULL": 40, "nan": 40}
    assert "stands for none" in empty.mistake("examples", "import", "notes.csv", "--missing", "nan,NULL", "--into", "b")
    report = empty.json("examples", "import", "notes.csv", "--missing", "nan", "--skip-bad", "--into", "b")
    assert (report["added"], report["skipped"], report["missing_words"]) == (120, 40, {"NULL": 40})
