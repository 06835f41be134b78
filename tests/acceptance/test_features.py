"""Tables of features from files to the online cache, on the database and on Redis."""

import pytest

USERS = "user,age_days,bought_total,code\nana,412,99.5,007\nbo,3,,12\n"


@pytest.fixture(params=["database", "redis"])
def shell(request, make_project, monkeypatch):
    if request.param == "redis":
        monkeypatch.setenv("ARGOSY_CACHE", request.getfixturevalue("redis_url"))
    shell = make_project("")
    shell.write("users.csv", USERS)
    return shell


def test_a_table_is_put_shown_replaced_and_removed(shell):
    said = shell("features", "put", "users", "users.csv", "--key", "user")
    assert said == "users: 2 rows by user, with age_days, bought_total, code.\n"
    assert shell.json("features", "show", "users", "ana") == {"age_days": 412, "bought_total": 99.5, "code": "007"}
    assert shell.json("features", "show", "users", "bo") == {"age_days": 3, "bought_total": None, "code": "12"}
    none = shell.run("features", "show", "users", "cy")
    assert (none.code, none.err) == (1, "'users' has no row 'cy'.\n")
    shell.write("users.csv", "user,age_days\ncy,1\n")
    shell("features", "put", "users", "users.csv", "--key", "user", "--live", "30d")
    [table] = shell.json("features", "list")
    assert (table["table"], table["rows"], table["columns"]) == ("users", 1, ["age_days"])
    assert table["ends_at"] == table["put_at"] + 30 * 86400
    assert "age_days" in shell("features", "list")
    assert shell.run("features", "show", "users", "ana").code == 1
    assert shell("features", "remove", "users") == "Removed users: 1 row.\n"
    assert shell.json("features", "list") == []


def test_what_is_wrong_is_said_in_one_line_and_changes_nothing(shell):
    shell("features", "put", "users", "users.csv", "--key", "user")
    shell.write("bad.csv", "user,age_days\nana,1\nana,2\n")
    assert "line 3: its key is that of line 2" in shell.mistake("features", "put", "users", "bad.csv", "--key", "user")
    assert "no column 'usr', but user" in shell.mistake("features", "put", "users", "users.csv", "--key", "usr")
    assert "'Users' is no name of a table" in shell.mistake("features", "put", "Users", "users.csv", "--key", "user")
    assert "'30' is no duration" in shell.mistake(
        "features", "put", "users", "users.csv", "--key", "user", "--live", "30"
    )
    assert "bad.csv: line 3: its key" in shell.mistake("features", "put", "users", "bad.csv", "--key", "user")
    assert "no table of features is called 'user' (did you mean 'users'?)" in shell.mistake(
        "features", "remove", "user"
    )
    assert "no table of features is called 'cards'" in shell.mistake("features", "show", "cards", "1")
    assert shell.json("features", "show", "users", "ana")["age_days"] == 412


def test_a_cache_that_is_away_is_said_in_one_line(make_project, monkeypatch):
    monkeypatch.setenv("ARGOSY_CACHE", "redis://ana:s3cret@127.0.0.1:1/0")
    shell = make_project("")
    ran = shell.run("features", "list")
    assert ran.code == 1
    assert ran.err.startswith("Failed: redis://127.0.0.1:1/0: ConnectionError: ")
    assert "s3cret" not in ran.err
    assert len(ran.err.splitlines()) == 1


def test_tables_are_refreshed_by_command_and_by_workers(make_project, until):
    shell = make_project("")
    shell.write("argosy.yaml", "tables: {users: {key: user, files: 'users/*.csv', every: 1s}}\n")
    (shell.folder / "users").mkdir()
    assert "there is no such file" in shell.mistake("features", "refresh")
    assert "users was not refreshed: " in shell("features", "list")
    shell.write("users/a.csv", USERS)
    said = shell("features", "refresh", "users")
    assert said == "users: 2 rows by user, with age_days, bought_total, code.\n"
    assert "settings name no table 'user' (did you mean 'users'?)" in shell.mistake("features", "refresh", "user")
    worker = shell.start("worker", "--in-process")
    shell.write("users/b.csv", "user,age_days,bought_total,code\ncy,1,2,3\n")
    until(lambda: shell.json("features", "list")[0]["rows"] == 3)
    shell.write("users/b.csv", "user,age_days,bought_total,code\nana,1,2,3\n")
    until(lambda: "its key is that of line" in shell.json("features", "list")[0]["problem"])
    assert shell.json("features", "show", "users", "cy")["age_days"] == 1
    assert shell.end(worker) == 0
