"""PMML written for the tests, of models that scikit-learn has fitted."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import numpy as np

from argosy.models.formulas.formula import Formula
from argosy.models.translators import decode_translation, encode_translation, translation_of


def document(model, fields, *, target="", transformations=""):
    """`fields` are names to types; a target lists its values."""
    data = "".join(
        f"<DataField name={quoteattr(name)} {kind}" + ("/>" if not kind.endswith(">") else "")
        for name, kind in fields.items()
    )
    return (
        '<?xml version="1.0"?><PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/>'
        f"<DataDictionary>{data}{target}</DataDictionary>"
        f"<TransformationDictionary>{transformations}</TransformationDictionary>{model}</PMML>"
    ).encode()


NUMBER = 'optype="continuous" dataType="double"'


def category(*values):
    listed = "".join(f"<Value value={quoteattr(value)}/>" for value in values)
    return f'optype="categorical" dataType="string">{listed}</DataField>'


def target_field(classes, optype="categorical"):
    listed = "".join(f"<Value value={quoteattr(str(name))}/>" for name in classes)
    return f'<DataField name="y" optype="{optype}" dataType="string">{listed}</DataField>'


def schema(names, target="y", **attributes):
    own = {
        name: "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.get(name, {}).items())
        for name in names
    }
    listed = "".join(f"<MiningField name={quoteattr(name)}{own[name]}/>" for name in names)
    aim = f'<MiningField name="{target}" usageType="target"/>' if target else ""
    return f"<MiningSchema>{aim}{listed}</MiningSchema>"


def tree_nodes(tree, names, classes=None, node=0, predicate="<True/>"):
    """A scikit-learn tree as nodes."""
    if tree.children_left[node] < 0:
        values = tree.value[node][0]
        if classes is None:
            return f'<Node score="{float(values[0])!r}">{predicate}</Node>'
        shares = "".join(
            f'<ScoreDistribution value="{name}" recordCount="{float(value)!r}"/>'
            for name, value in zip(classes, values, strict=True)
        )
        return f'<Node score="{classes[values.argmax()]}">{predicate}{shares}</Node>'
    name, threshold = names[tree.feature[node]], repr(float(tree.threshold[node]))
    left, right = (
        f'<SimplePredicate field="{name}" operator="{operator}" value="{threshold}"/>'
        for operator in ("lessOrEqual", "greaterThan")
    )
    inner = tree_nodes(tree, names, classes, tree.children_left[node], left)
    inner += tree_nodes(tree, names, classes, tree.children_right[node], right)
    return f"<Node>{predicate}{inner}</Node>"


def tree_model(tree, names, classes=None, *, function=None, attributes=""):
    function = function or ("classification" if classes is not None else "regression")
    own = schema(names, "y" if classes is not None else "")
    return f'<TreeModel functionName="{function}" {attributes}>{own}{tree_nodes(tree, names, classes)}</TreeModel>'


def segments(models, method, *, weights=None, predicates=None):
    predicates = predicates or ["<True/>"] * len(models)
    weights = weights or [1] * len(models)
    inner = "".join(
        f'<Segment weight="{weight}">{predicate}{model}</Segment>'
        for model, weight, predicate in zip(models, weights, predicates, strict=True)
    )
    return f'<Segmentation multipleModelMethod="{method}">{inner}</Segmentation>'


def regression_table(names, weights, bias, category=None):
    own = f' targetCategory="{category}"' if category is not None else ""
    terms = "".join(
        f'<NumericPredictor name="{name}" coefficient="{float(weight)!r}"/>'
        for name, weight in zip(names, weights, strict=True)
    )
    return f'<RegressionTable intercept="{float(bias)!r}"{own}>{terms}</RegressionTable>'


def as_float32(table):
    """scikit-learn's trees compare in single precision."""
    return np.asarray(table, np.float32).astype(float)


def apply(function, *arguments, more=""):
    return f'<Apply function="{function}" {more}>{"".join(arguments)}</Apply>'


def ref(name):
    return f'<FieldRef field="{name}"/>'


def constant(value):
    return f"<Constant>{value}</Constant>"


def formula_of(content):
    translation = decode_translation(encode_translation(translation_of("pmml", content)))
    return translation, Formula(translation.formula)


def formula_answers(content, rows):
    """Of rows as lists in the order of the fields, or as dictionaries."""
    translation, formula = formula_of(content)
    listed = [[row.get(name) for name in translation.fields] if isinstance(row, dict) else row for row in rows]
    return formula.answers(listed)
