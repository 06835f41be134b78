"""The names that a PMML element can refer to, and its expressions and predicates as those of a formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final, NamedTuple

from argosy.errors import ImportInvalid
from argosy.label_sets import canonical_label
from argosy.models.formulas.functions import FUNCTIONS
from argosy.models.translators.xml_elements import Element, listed_values, local_name

NUMBER, TEXT, TRUTH = "number", "text", "truth"
NUMBERS: Final = ("integer", "float", "double")
EXPRESSIONS: Final = (
    "Constant",
    "FieldRef",
    "NormContinuous",
    "NormDiscrete",
    "Discretize",
    "MapValues",
    "Apply",
    "TextIndex",
    "Aggregate",
    "Lag",
)
PREDICATES: Final = ("SimplePredicate", "SimpleSetPredicate", "CompoundPredicate", "True", "False")
_OF_TEXTS: Final = ("uppercase", "lowercase", "trimBlanks", "substring", "concat")
_TRUTHS: Final = ("and", "or", "xor", "surrogate", "not", "isIn", "isNotIn")
_OUTSIDE: Final = {"asIs": "extend", "asMissingValues": "missing", "asExtremeValues": "clip"}


class TypedExpression(NamedTuple):
    """An expression of a formula, and what its values are: numbers, texts, or truth values as numbers."""

    node: dict[str, Any]
    kind: str


def field_node(name: str) -> dict[str, Any]:
    return {"op": "field", "name": name}


def constant_node(value: Any) -> dict[str, Any]:
    return {"op": "constant", "value": value}


def apply_node(function: str, *arguments: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"op": "apply", "function": function, "arguments": list(arguments), **more}


def kind_of_type(data_type: str) -> str:
    """Of a derived value."""
    return TRUTH if data_type == "boolean" else NUMBER if data_type in NUMBERS else TEXT


def value_as(text: str, kind: str) -> Any:
    """A value that the file writes as the kind of what it is compared with; raises ImportInvalid."""
    if kind == TEXT:
        return canonical_label(text)
    if kind == TRUTH and text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    try:
        return float(text)
    except ValueError:
        raise ImportInvalid(f"the file compares a number with '{text[:40]}'") from None


class PmmlScope:
    """Names of one model element: its inputs, its local transformations, and whatever is around it.

    A derived field is translated when it is first referred to, as a step before the model of its scope.
    """

    def __init__(self, parent: PmmlScope | None, functions: Mapping[str, Element]) -> None:
        self._parent, self.functions = parent, functions
        self._numbers: Iterator[int] = parent._numbers if parent else count(1)
        self.steps: list[dict[str, Any]] = []
        self._known: dict[str, TypedExpression] = {}
        self._derived: dict[str, Element] = {}
        self._open: set[str] = set()

    def inner(self) -> PmmlScope:
        return PmmlScope(self, self.functions)

    def add_column(self, name: str, kind: str) -> None:
        """A column that is there: an input, or what a model before has answered."""
        self.add(name, TypedExpression(field_node(name), kind))

    def add(self, name: str, expression: TypedExpression) -> None:
        self._known[name] = expression

    def derive(self, transformations: Element | None) -> None:
        for one in transformations.all("DerivedField") if transformations else ():
            self._derived[one.get("name")] = one

    def find(self, name: str) -> TypedExpression:
        """Raises ImportInvalid."""
        if name in self._known:
            return self._known[name]
        if name in self._derived and name not in self._open:
            self._open.add(name)
            found = self.derived(self._derived[name])
            unique = f"{name} ({next(self._numbers)})" if self._parent else name
            self.steps.append({"name": unique, "of": found.node})
            self._known[name] = TypedExpression(field_node(unique), found.kind)
            return self._known[name]
        if self._parent:
            return self._parent.find(name)
        raise ImportInvalid(f"the file refers to the field '{name[:60]}', which it does not have")

    def derived(self, element: Element) -> TypedExpression:
        """What a DerivedField, or an OutputField with an expression, computes."""
        expression = element.child(*EXPRESSIONS)
        if expression is None:
            raise ImportInvalid(f"the file's {element.tag} '{element.get('name')[:60]}' has no expression")
        found, wanted = self.expression(expression), element.get("dataType")
        kind = kind_of_type(wanted) if wanted else found.kind
        if kind == NUMBER and wanted == "float":
            return TypedExpression({"op": "single", "of": found.node}, kind)
        return TypedExpression(found.node, NUMBER if found.kind != TEXT and kind == TEXT else kind)

    def expression(self, element: Element, given: Mapping[str, TypedExpression] | None = None) -> TypedExpression:
        """`given` are the parameters of a function that the file defines. Raises ImportInvalid."""
        translate = {
            "Constant": self._constant,
            "FieldRef": self._reference,
            "NormContinuous": self._interpolation,
            "NormDiscrete": self._indicator,
            "Discretize": self._intervals,
            "MapValues": self._lookup,
            "Apply": self._application,
        }.get(element.tag)
        if translate is None:
            raise ImportInvalid(f"the file uses {element.tag}, which cannot be translated")
        return translate(element, given or {})

    def predicate(self, element: Element) -> dict[str, Any]:
        """An expression that is true, false or unknown. Raises ImportInvalid."""
        if element.tag in ("True", "False"):
            return constant_node(float(element.tag == "True"))
        if element.tag == "CompoundPredicate":
            parts = [self.predicate(one) for one in element.all(*PREDICATES)]
            return apply_node(element.get("booleanOperator"), *parts)
        of, operator = self.find(element.get("field")), element.get("operator") or element.get("booleanOperator")
        if element.tag == "SimplePredicate":
            if operator in ("isMissing", "isNotMissing"):
                return apply_node(operator, of.node)
            return apply_node(operator, of.node, constant_node(value_as(element.get("value"), of.kind)))
        if element.tag == "SimpleSetPredicate":
            is_in = apply_node("greaterOrEqual", codes_node(of, set_values(element, of.kind)), constant_node(0.0))
            return is_in if operator == "isIn" else apply_node("not", is_in)
        raise ImportInvalid(f"the file uses the predicate {element.tag}, which cannot be translated")

    def _constant(self, element: Element, _: Mapping[str, TypedExpression]) -> TypedExpression:
        stated, text = element.get("dataType"), element.text
        if element.get("missing") == "true":
            return TypedExpression(constant_node(None), TEXT)
        kind = kind_of_type(stated) if stated else NUMBER if _is_number(text) else TEXT
        return TypedExpression(constant_node(value_as(text if kind == TEXT else text.strip(), kind)), kind)

    def _reference(self, element: Element, given: Mapping[str, TypedExpression]) -> TypedExpression:
        name = element.get("field")
        of = given[name] if name in given else self.find(name)
        return filled_with(of, element.attributes.get("mapMissingTo"))

    def _interpolation(self, element: Element, given: Mapping[str, TypedExpression]) -> TypedExpression:
        of, points = self._of_field(element, given), element.all("LinearNorm")
        x, y = ([one.number(key) for one in points] for key in ("orig", "norm"))
        outside = _OUTSIDE[element.get("outliers", "asIs")]
        node = {"op": "interpolate", "of": of.node, "x": x, "y": y, "outside": outside}
        return TypedExpression(node | _if_missing(element, NUMBER), NUMBER)

    def _indicator(self, element: Element, given: Mapping[str, TypedExpression]) -> TypedExpression:
        of = self._of_field(element, given)
        value = constant_node(value_as(element.get("value"), of.kind))
        return TypedExpression(apply_node("equal", of.node, value, **_if_missing(element, NUMBER)), NUMBER)

    def _intervals(self, element: Element, given: Mapping[str, TypedExpression]) -> TypedExpression:
        of, stated, bins = self._of_field(element, given), element.get("dataType", "string"), []
        kind = kind_of_type(stated)
        for one in element.all("DiscretizeBin"):
            interval = one.child("Interval")
            if interval is None:
                raise ImportInvalid("the file has a DiscretizeBin without an Interval")
            bins.append([*interval_of(interval), value_as(one.get("binValue"), kind)])
        node = {"op": "intervals", "of": of.node, "bins": bins, **_if_missing(element, kind), **_default(element, kind)}
        return TypedExpression(node, kind)

    def _lookup(self, element: Element, given: Mapping[str, TypedExpression]) -> TypedExpression:
        table, kind = element.child("InlineTable"), kind_of_type(element.get("dataType", "string"))
        if table is None:
            raise ImportInvalid("the file has a table of MapValues in another file")
        pairs = element.all("FieldColumnPair")
        names = [local_name(one.get("column")) for one in pairs]
        arguments, output = [self._of_field(one, given) for one in pairs], local_name(element.get("outputColumn"))
        rows = []
        for row in table.all("row"):
            cells = {one.tag: one.text.strip() for one in row.children}
            keys = [_as_far_as(cells.get(name, ""), of.kind) for name, of in zip(names, arguments, strict=True)]
            rows.append([*keys, value_as(cells.get(output, ""), kind)])
        node = {"op": "lookup", "arguments": [one.node for one in arguments], "table": rows}
        return TypedExpression(node | _if_missing(element, kind) | _default(element, kind), kind)

    def _application(self, element: Element, given: Mapping[str, TypedExpression]) -> TypedExpression:
        name = element.get("function")
        arguments = [self.expression(one, given) for one in element.all(*EXPRESSIONS)]
        if name in self.functions:
            return self._defined(self.functions[name], arguments)
        if name not in FUNCTIONS:
            raise ImportInvalid(f"the file uses the function '{name[:60]}', which cannot be translated")
        if any(one.kind == TRUTH for one in arguments):
            arguments = [_as_truth(one) for one in arguments]
        kind = TEXT if name in _OF_TEXTS else NUMBER
        if name == "if":
            kind = arguments[1].kind if len(arguments) > 1 else NUMBER
        elif name in _TRUTHS or name.startswith(("is", "equal", "notEqual", "less", "greater")):
            kind = TRUTH
        more = _if_missing(element, kind) | _default(element, kind)
        return TypedExpression(apply_node(name, *(one.node for one in arguments), **more), kind)

    def _defined(self, function: Element, arguments: list[TypedExpression]) -> TypedExpression:
        names, body = [one.get("name") for one in function.all("ParameterField")], function.child(*EXPRESSIONS)
        name = function.get("name")
        if body is None or len(names) != len(arguments) or name in self._open:
            raise ImportInvalid(
                f"the file's function '{name[:60]}' has no expression, calls itself, or has other arguments"
            )
        self._open.add(name)
        try:
            return self.expression(body, dict(zip(names, arguments, strict=True)))
        finally:
            self._open.discard(name)

    def _of_field(self, element: Element, given: Mapping[str, TypedExpression]) -> TypedExpression:
        name = element.get("field")
        return given[name] if name in given else self.find(name)


def codes_node(of: TypedExpression, values: list[Any]) -> dict[str, Any]:
    return {"op": "codes", "of": of.node, "values": values}


def set_values(element: Element, kind: str) -> list[Any]:
    """Those of a SimpleSetPredicate."""
    array = element.child("Array")
    return [value_as(one, kind) for one in listed_values(array.text if array else "")]


def filled_with(of: TypedExpression, value: str | None) -> TypedExpression:
    if value is None:
        return of
    of_kind = value_as(value, of.kind)
    return TypedExpression(apply_node("if", apply_node("isMissing", of.node), constant_node(of_kind), of.node), of.kind)


def interval_of(element: Element) -> list[Any]:
    """`[low, high, has_low, has_high]`."""
    closure = element.get("closure", "closedClosed")
    low, high = element.number("leftMargin", float("-inf")), element.number("rightMargin", float("inf"))
    return [low, high, closure.startswith("closed"), closure.endswith("Closed")]


def _if_missing(element: Element, kind: str) -> dict[str, Any]:
    value = element.attributes.get("mapMissingTo")
    return {} if value is None else {"if_missing": value_as(value, kind)}


def _default(element: Element, kind: str) -> dict[str, Any]:
    value = element.attributes.get("defaultValue")
    return {} if value is None else {"default": value_as(value, kind)}


def _as_truth(of: TypedExpression) -> TypedExpression:
    """A constant `true` or `false` next to a truth value as one too."""
    value = of.node.get("value")
    if of.kind == TEXT and of.node["op"] == "constant" and str(value).lower() in ("true", "false"):
        return TypedExpression(constant_node(float(str(value).lower() == "true")), TRUTH)
    return of


def _as_far_as(text: str, kind: str) -> Any:
    """A key of a table, which may be no number even where numbers are looked up: it is then never found."""
    try:
        return value_as(text, kind)
    except ImportInvalid:
        return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
