"""Hand-made ONNX models, and the places in a model where a tensor can be."""

import pytest

onnx = pytest.importorskip("onnx", reason="a development package")
helper, TensorProto = onnx.helper, onnx.TensorProto
VALUE = helper.make_tensor_value_info
TWO = [None, 2]


def model(nodes, initializers=(), **more):
    graph = helper.make_graph(
        nodes, "graph", [VALUE("X", TensorProto.FLOAT, TWO)], [VALUE("Y", TensorProto.FLOAT, TWO)], initializers
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, **more)


def external(name="W", location=".argosy/keys/examples.key", **more):
    """A tensor whose two bytes are in a file."""
    tensor = TensorProto(name=name, data_type=TensorProto.UINT8, dims=[2], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, "offset": "0", "length": "2", **more}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def passed_on():
    return helper.make_node("Identity", ["X"], ["Y"])


def reading(location):
    """Two columns of the model's answer are the first two bytes of the file."""
    nodes = [
        helper.make_node("Shape", ["X"], ["shape"]),
        helper.make_node("Expand", ["W", "shape"], ["bytes"]),
        helper.make_node("Cast", ["bytes"], ["Y"], to=TensorProto.FLOAT),
    ]
    return model(nodes, [external(location=location)])


def counting():
    """Takes the sine of its rows as many times as its largest number says."""
    number, flag, rows = TensorProto.INT64, TensorProto.BOOL, TensorProto.FLOAT
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["x"], ["y"])],
        "body",
        [VALUE("turn", number, []), VALUE("go", flag, []), VALUE("x", rows, TWO)],
        [VALUE("on", flag, []), VALUE("y", rows, TWO)],
    )
    nodes = [
        helper.make_node("ReduceMax", ["X"], ["largest"], keepdims=0),
        helper.make_node("Cast", ["largest"], ["turns"], to=number),
        helper.make_node("Loop", ["turns", "", "X"], ["Y"], body=body),
    ]
    return model(nodes)


def _inside(operator, **graphs):
    graph = helper.make_graph(
        [helper.make_node("Cast", ["W"], ["y"], to=TensorProto.FLOAT)],
        "inside",
        [],
        [VALUE("y", TensorProto.FLOAT, [2])],
        [external()],
    )
    given = dict.fromkeys(graphs, graph) if graphs else {"body": graph}
    return model([passed_on(), helper.make_node(operator, ["X"], ["Z"], **given)])


def _function():
    made = helper.make_function(
        "own",
        "Secret",
        [],
        ["y"],
        [helper.make_node("Constant", [], ["y"], value=external())],
        [helper.make_opsetid("", 17)],
    )
    return model([passed_on()], functions=[made])


def _default_of_a_function():
    default = onnx.AttributeProto(name="value", type=onnx.AttributeProto.TENSOR, t=external())
    made = helper.make_function(
        "own",
        "Secret",
        ["x"],
        ["y"],
        [helper.make_node("Identity", ["x"], ["y"])],
        [helper.make_opsetid("", 17)],
        attribute_protos=[default],
    )
    return model([passed_on()], functions=[made])


def _sparse(**parts):
    whole = helper.make_tensor("values", TensorProto.UINT8, [2], [1, 2])
    return onnx.SparseTensorProto(**{"values": whole, "indices": whole, "dims": [4], **parts})


def _sparse_initializer():
    made = model([passed_on()])
    made.graph.sparse_initializer.append(_sparse(values=external()))
    return made


def _training():
    made = model([passed_on()])
    made.training_info.append(onnx.TrainingInfoProto(algorithm=helper.make_graph([], "step", [], [], [external()])))
    return made


def _only_entries():
    made = external()
    made.ClearField("data_location")
    return model([passed_on()], [made])


def _only_location():
    made = external()
    made.ClearField("external_data")
    return model([passed_on()], [made])


PLACES = {
    "initializer": lambda: reading("secret"),
    "an address in memory": lambda: model([passed_on()], [external(location="*/_ORT_MEM_ADDR_/*")]),
    "entries without a location": _only_entries,
    "a location without entries": _only_location,
    "branches": lambda: _inside("If", then_branch=1, else_branch=1),
    "the body of a loop": lambda: _inside("Loop"),
    "the body of a scan": lambda: _inside("Scan"),
    "an attribute": lambda: model([passed_on(), helper.make_node("Constant", [], ["Z"], value=external())]),
    "tensors of an attribute": lambda: model(
        [passed_on(), helper.make_node("Own", [], ["Z"], "", "", "own", of=[external()])]
    ),
    "sparse values of an attribute": lambda: model(
        [passed_on(), helper.make_node("Constant", [], ["Z"], sparse_value=_sparse(values=external()))]
    ),
    "sparse indices": lambda: model(
        [passed_on(), helper.make_node("Constant", [], ["Z"], sparse_value=_sparse(indices=external()))]
    ),
    "a function": _function,
    "a default of a function": _default_of_a_function,
    "a sparse initializer": _sparse_initializer,
    "training": _training,
}
