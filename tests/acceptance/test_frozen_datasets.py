"""A plan that names a frozen dataset uses the same rows again, whatever was imported since."""

import pytest

PLAN = "name: {}\ndataset: {{name: frozen, options: {{digest: '{}'}}}}\nadapter: {{name: tfidf}}\nmodel: {{name: {}}}\n"


@pytest.fixture
def shop(trained, copy_of):
    return copy_of(trained)


def test_any_program_learns_from_any_data_that_was_frozen(shop, write_tickets):
    (before,) = shop.json("plan", "check", "plan.yaml")["datasets"]
    write_tickets(shop.folder / "more.csv", 90, seed=5)
    shop("examples", "import", "more.csv")
    (now,) = shop.json("plan", "check", "plan.yaml")["datasets"]
    assert (before["rows"], now["rows"]) == (240, 330)
    shop.write("then.yaml", PLAN.format("then", before["digest"][:12], "naive_bayes"))
    checked = shop.json("plan", "check", "then.yaml")
    assert [one["digest"] for one in checked["datasets"]] == [before["digest"]]
    assert checked["will_train"] == 1
    shop("train", "then.yaml", "--processes", 1)
    assert shop.json("models", "show", "then@1")["trained"]["dataset_digest"] == before["digest"]
    assert shop.json("plan", "check", "then.yaml")["trained"] == 1
    assert shop.run("reproduce", "then@1").code == 0
    shop("models", "promote", "then@1")
    refused = shop.run("retrain", "then")
    assert "frozen dataset, which gets no newer rows" in refused.out + refused.err


def test_a_digest_of_nothing_is_a_mistake(imported):
    for digest, said in (
        ("0" * 12, "no dataset with the digest"),
        ("xyz", "dataset.options.digest: expected text that matches"),
    ):
        imported.write("wrong.yaml", PLAN.format("wrong", digest, "naive_bayes"))
        assert said in imported.mistake("plan", "check", "wrong.yaml")
        assert said in imported.mistake("plan", "submit", "wrong.yaml")
