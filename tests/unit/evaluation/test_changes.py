"""What counts as another environment."""

from argosy.evaluation.changes import Changed, changes

RECORDED = {
    "packages": {"numpy": "2.0.0", "gensim": "4.3"},
    "python": "3.11.2",
    "platform": "Linux",
    "cores": 8,
    "threads": {"OMP_NUM_THREADS": "1"},
    "plugins": {"model.mine": "a" * 64},
    "seed": 0,
}


def test_the_same_surroundings_differ_in_nothing():
    assert changes(RECORDED, RECORDED) == []


def test_packages_python_and_plugin_code_are_named():
    here = {**RECORDED, "packages": {"numpy": "2.1.0"}, "python": "3.12.1", "plugins": {"model.mine": "b" * 64}}
    assert changes(RECORDED, here) == [
        Changed("package gensim", "4.3", None),
        Changed("package numpy", "2.0.0", "2.1.0"),
        Changed("code of the plug-in model.mine", "a" * 64, "b" * 64),
        Changed("python", "3.11.2", "3.12.1"),
    ]
    assert (
        str(changes(RECORDED, here)[2]) == "code of the plug-in model.mine was aaaaaaaaaaaa…, here it is bbbbbbbbbbbb…"
    )


def test_cores_count_only_where_threads_were_left_to_them():
    assert changes(RECORDED, {**RECORDED, "cores": 2}) == []
    free = {**RECORDED, "threads": {"OMP_NUM_THREADS": None}}
    assert changes(free, {**free, "cores": 2}) == [Changed("cores", 8, 2)]


def test_what_an_older_result_never_recorded_cannot_differ():
    assert changes({"packages": {}}, {"packages": {}, "processor": "new"}) == []
