"""Files of trees that other libraries wrote become versions, and are served without those libraries."""

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest
from sklearn.datasets import load_iris

DATA = Path(os.environ.get("ARGOSY_DATA", "../shared/data")).resolve() / "models"
PLAN = "name: iris\ndataset: {name: all}\nadapter: tfidf\nmodel: logistic\n"
PRICE = """<PMML version="4.4"><DataDictionary>
<DataField name="a" optype="continuous" dataType="double"/><DataField name="b" optype="continuous" dataType="double"/>
</DataDictionary><RegressionModel functionName="regression">
<MiningSchema><MiningField name="a"/><MiningField name="b"/></MiningSchema>
<RegressionTable intercept="1"><NumericPredictor name="a" coefficient="3"/><NumericPredictor name="b" coefficient="-2"/>
</RegressionTable></RegressionModel></PMML>
"""
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="no data: set ARGOSY_DATA")


def iris_rows(fields, names):
    iris = load_iris()
    for row, target in zip(iris.data.tolist(), iris.target.tolist(), strict=True):
        yield {"input": dict(zip(fields, row, strict=True)), "label": names[target]}


def iris_project(make_project, fields, names):
    shell = make_project(PLAN)
    shell.write("iris.jsonl", "\n".join(json.dumps(row) for row in iris_rows(fields, names)))
    shell("examples", "import", "iris.jsonl")
    return shell


def test_lightgbm_trees_from_elsewhere_are_served_under_the_users_names(make_project):
    fields, names = ["sl", "sw", "pl", "pw"], ["setosa", "versicolor", "virginica"]
    shell = iris_project(make_project, fields, names)
    shutil.copy(DATA / "lightgbm_iris.bst", shell.folder / "iris.bst")
    asked = ("models", "import", "iris.bst", "--as", "iris", "--input", f"fields:{','.join(fields)}")
    assert "no label of the dataset" in shell.run(*asked, "--json").mistake
    assert "2 classes are named; the file has 3" in shell.run(*asked, "--classes", "a,b", "--json").mistake
    found = shell.json(*asked, "--classes", ",".join(names))
    assert found["classes"] == names
    assert found["metrics"]["test"]["accuracy"]["value"] > 0.6  # of some 15 rows, drawn at random
    assert found["probabilities"]
    shell("models", "promote", "iris@1")
    process, client = shell.serve("serve")
    rows = list(iris_rows(fields, names))[::10]
    answer = client.post("/v1/models/iris:predict", json={"instances": [row["input"] for row in rows]}).json()
    assert [one["label"] for one in answer["predictions"]] == [row["label"] for row in rows]
    refused = client.post("/v1/models/iris:predict", json={"instances": [{"sl": "wide", "pl": 1}]})
    assert refused.status_code == 400
    assert "the field 'sl' must be a number" in refused.text
    client.close()
    shell.end(process)
    shown = shell("models", "show", "iris@1")
    assert "lightgbm" in shown
    assert "runs here in" not in shown


@pytest.mark.parametrize("name", ["kserve_iris.pmml", "spark_DecisionTreeIris.pmml"])
def test_pmml_is_imported_by_its_name_alone_and_served(make_project, name):
    fields = ["Sepal_Length", "Sepal_Width", "Petal_Length", "Petal_Width"]
    names = ["setosa", "versicolor", "virginica"]
    names = [f"Iris-{one}" for one in names] if "spark" in name else names
    shell = iris_project(make_project, fields, names)
    shutil.copy(DATA / name, shell.folder / "iris.pmml")
    found = shell.json("models", "import", "iris.pmml", "--as", "iris")
    assert found["classes"] == names
    assert found["metrics"]["test"]["accuracy"]["value"] > 0.6  # of some 15 rows, drawn at random
    shell("models", "promote", "iris@1")
    process, client = shell.serve("serve")
    asked = [row["input"] for row in iris_rows(fields, names)][::50]
    answer = client.post("/v1/models/iris:predict", json={"instances": asked}).json()
    assert [one["label"] for one in answer["predictions"]] == names
    client.close()
    shell.end(process)


def test_what_the_file_does_not_have_is_said(make_project):
    fields, names = ["sl", "sw", "pl", "pw"], ["setosa", "versicolor", "virginica"]
    shell = iris_project(make_project, fields, names)
    shutil.copy(DATA / "lightgbm_iris.bst", shell.folder / "iris.bst")
    asked = ("models", "import", "iris.bst", "--as", "iris")
    mistake = shell.run(*asked, "--input", "fields:a,b", "--json").mistake
    assert "the model reads 4 fields, sepal_length_(cm), sepal_width_(cm), petal_length_(cm)" in mistake
    assert "2 are declared" in mistake
    assert "the file says which fields it reads: leave out --input" in shell.mistake(*asked, "--input", "text")
    shell.write("half.bst", (shell.folder / "iris.bst").read_text("utf-8")[:5000])
    assert (
        "the file cannot be read as LightGBM"
        in shell.run("models", "import", "half.bst", "--as", "iris", "--json").mistake
    )


def test_a_model_of_numbers_is_imported_scored_by_its_errors_and_served(make_project):
    shell = make_project("name: price\ndataset: {name: all}\nadapter: numeric\nmodel: ridge\n")
    rows = [{"input": {"a": n % 17, "b": n % 5}, "label": 3 * (n % 17) - 2 * (n % 5) + 1} for n in range(200)]
    shell.write("rows.jsonl", "\n".join(map(json.dumps, rows)))
    shell("examples", "import", "rows.jsonl")
    shell.write("price.pmml", PRICE)
    found = shell.json("models", "import", "price.pmml", "--as", "price")
    assert found["metrics"]["test"]["mae"]["value"] == 0
    assert "MAE 0.0000" in shell("models", "import", "price.pmml", "--as", "price")
    shell("models", "promote", "price@1")
    process, client = shell.serve("serve")
    tensors = [
        {"name": name, "datatype": "FP64", "shape": [1], "data": [value]} for name, value in (("a", 4), ("b", 2))
    ]
    answer = client.post("/v2/models/price/infer", json={"inputs": tensors}).json()
    assert answer["outputs"][0]["name"] == "value"
    assert answer["outputs"][0]["data"] == [9.0]
    client.close()
    shell.end(process)


def test_a_pickled_regressor_is_imported_too(make_project):
    from sklearn.linear_model import LinearRegression

    shell = make_project("name: price\ndataset: {name: all}\nadapter: numeric\nmodel: ridge\n")
    rows = [{"input": {"a": n % 17, "b": n % 5}, "label": 3 * (n % 17) - 2 * (n % 5) + 1} for n in range(200)]
    shell.write("rows.jsonl", "\n".join(map(json.dumps, rows)))
    shell("examples", "import", "rows.jsonl")
    theirs = LinearRegression().fit([list(row["input"].values()) for row in rows], [row["label"] for row in rows])
    (shell.folder / "theirs.pickle").write_bytes(pickle.dumps(theirs))
    asked = ("models", "import", "theirs.pickle", "--as", "price", "--input", "fields:a,b", "--allow-pickle")
    assert shell.json(*asked)["metrics"]["test"]["mae"]["value"] < 1e-9
