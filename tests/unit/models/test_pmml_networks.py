"""Neural networks and general regressions of PMML, against scikit-learn's and against arithmetic."""

import numpy as np
import pytest
from pmml_files import NUMBER, category, document, formula_answers, ref, schema, target_field
from sklearn.neural_network import MLPClassifier, MLPRegressor

from argosy.errors import ImportInvalid

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RNG = np.random.default_rng()
NAMES = ["a", "b", "c"]
TABLE = RNG.normal(size=(120, 3))
CLASSES = ["no", "perhaps", "yes"]
LABELS = np.array(CLASSES)[np.digitize(TABLE[:, 0] + TABLE[:, 1] ** 2, [0.2, 1.2])]


@pytest.fixture(autouse=True)
def draws_of_one_test():
    """The same in whichever order tests run."""
    RNG.bit_generator.state = np.random.default_rng(5).bit_generator.state


def derived(inner):
    return f'<DerivedField optype="continuous" dataType="double">{inner}</DerivedField>'


def network(theirs, outputs, function, last):
    """A network of scikit-learn's, with the layers' neurons named by layer and place."""
    inputs = "".join(f'<NeuralInput id="0,{n}">{derived(ref(name))}</NeuralInput>' for n, name in enumerate(NAMES))
    layers = ""
    count = len(theirs.coefs_)
    for at, (weights, bias) in enumerate(zip(theirs.coefs_, theirs.intercepts_, strict=True)):
        neurons = "".join(
            f'<Neuron id="{at + 1},{n}" bias="{float(bias[n])!r}">'
            + "".join(f'<Con from="{at},{m}" weight="{float(weights[m, n])!r}"/>' for m in range(len(weights)))
            + "</Neuron>"
            for n in range(len(bias))
        )
        layers += f"<NeuralLayer {last if at == count - 1 else ''}>{neurons}</NeuralLayer>"
    ends = "".join(f'<NeuralOutput outputNeuron="{count},{n}">{derived(inner)}</NeuralOutput>' for n, inner in outputs)
    purpose = "regression" if len(outputs) == 1 and "Discrete" not in outputs[0][1] else "classification"
    return (
        f'<NeuralNetwork functionName="{purpose}" activationFunction="rectifier">{schema(NAMES)}'
        f"<NeuralInputs>{inputs}</NeuralInputs>{layers}<NeuralOutputs>{ends}</NeuralOutputs></NeuralNetwork>"
    ).replace("rectifier", function, 1)


def discrete(name):
    return f'<NormDiscrete field="y" value="{name}"/>'


@pytest.mark.parametrize(("function", "theirs"), [("rectifier", "relu"), ("tanh", "tanh"), ("logistic", "logistic")])
def test_a_network_for_three_classes(function, theirs):
    model = MLPClassifier((6, 4), activation=theirs, max_iter=50, random_state=0).fit(TABLE, LABELS)
    last = 'activationFunction="identity" normalizationMethod="softmax"'
    content = document(
        network(model, [(n, discrete(name)) for n, name in enumerate(CLASSES)], function, last),
        dict.fromkeys(NAMES, NUMBER),
        target=target_field(CLASSES),
    )
    np.testing.assert_allclose(formula_answers(content, TABLE.tolist()), model.predict_proba(TABLE), atol=1e-9)


def test_a_network_with_one_output_for_two_classes():
    model = MLPClassifier((5,), max_iter=50, random_state=0).fit(TABLE, LABELS == "yes")
    content = document(
        network(model, [(0, discrete("yes"))], "rectifier", 'activationFunction="logistic"'),
        dict.fromkeys(NAMES, NUMBER),
        target=target_field(["no", "yes"]),
    )
    np.testing.assert_allclose(formula_answers(content, TABLE.tolist()), model.predict_proba(TABLE), atol=1e-9)


def test_a_network_for_a_number_in_the_targets_scale():
    model = MLPRegressor(hidden_layer_sizes=(5,), max_iter=50, random_state=0).fit(TABLE, TABLE @ [1, 2, 3])
    scale = (
        '<NormContinuous field="y"><LinearNorm orig="10" norm="0"/><LinearNorm orig="30" norm="1"/></NormContinuous>'
    )
    content = document(
        network(model, [(0, scale)], "rectifier", 'activationFunction="identity"'), dict.fromkeys(NAMES, NUMBER)
    )
    np.testing.assert_allclose(
        formula_answers(content, TABLE.tolist())[:, 0], 10 + 20 * model.predict(TABLE), atol=1e-9
    )


def general(kind, link, cells, *, purpose="classification", more=""):
    return document(
        f'<GeneralRegressionModel functionName="{purpose}" modelType="{kind}" {link} {more}>{schema(["a", "k"])}'
        '<ParameterList><Parameter name="p0"/><Parameter name="p1"/><Parameter name="p2"/></ParameterList>'
        '<FactorList><Predictor name="k"/></FactorList><CovariateList><Predictor name="a"/></CovariateList>'
        '<PPMatrix><PPCell predictorName="a" value="2" parameterName="p1"/>'
        '<PPCell predictorName="k" value="red" parameterName="p2"/><PPCell predictorName="a" value="1" parameterName="p2"/>'
        f"</PPMatrix><ParamMatrix>{cells}</ParamMatrix></GeneralRegressionModel>",
        {"a": NUMBER, "k": category("red", "blue")},
        target=target_field(CLASSES if kind == "multinomialLogistic" else ["no", "yes"])
        if purpose == "classification"
        else "",
    )


def cell(parameter, beta, name=""):
    own = f' targetCategory="{name}"' if name else ""
    return f'<PCell parameterName="{parameter}" beta="{beta}"{own}/>'


ROWS = [[0.5, "red"], [2.0, "blue"]]
SUMS = np.array([1 + 2 * 0.25 - 3 * 0.5, 1 + 2 * 4.0])
CELLS = cell("p0", 1) + cell("p1", 2) + cell("p2", -3)


def test_a_generalised_linear_model_of_two_classes_and_of_a_number():
    chance = 1 / (1 + np.exp(-SUMS))
    found = formula_answers(general("generalizedLinear", 'linkFunction="logit"', CELLS), ROWS)
    np.testing.assert_allclose(found, np.stack([1 - chance, chance], axis=1))
    content = general("generalizedLinear", 'linkFunction="logit"', CELLS, more='targetReferenceCategory="yes"')
    np.testing.assert_allclose(formula_answers(content, ROWS), np.stack([chance, 1 - chance], axis=1))
    content = general("generalizedLinear", 'linkFunction="log"', CELLS, purpose="regression", more='offsetValue="0.5"')
    np.testing.assert_allclose(formula_answers(content, ROWS)[:, 0], np.exp(SUMS + 0.5))


def test_multinomial_logistic_regression_has_a_reference():
    cells = "".join(cell(f"p{n}", beta, "no") for n, beta in enumerate((1, 2, -3))) + cell("p0", 0.5, "perhaps")
    powers = np.exp(np.stack([SUMS, np.full(2, 0.5), np.zeros(2)], axis=1))
    found = formula_answers(general("multinomialLogistic", "", cells), ROWS)
    np.testing.assert_allclose(found, powers / powers.sum(axis=1, keepdims=True))


def test_what_is_not_translated_is_said():
    with pytest.raises(ImportInvalid, match="a GeneralRegressionModel of CoxRegression with the link identity"):
        formula_answers(general("CoxRegression", "", CELLS), ROWS)
    model = MLPClassifier((2,), max_iter=5, random_state=0).fit(TABLE, LABELS)
    odd = network(model, [(n, discrete(name)) for n, name in enumerate(CLASSES)], "radialBasis", "")
    with pytest.raises(ImportInvalid, match="the file's layers use radialBasis"):
        formula_answers(document(odd, dict.fromkeys(NAMES, NUMBER), target=target_field(CLASSES)), TABLE.tolist())
