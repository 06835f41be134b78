"""ONNX graphs with signatures of their own, made for tests; and how a test's project keeps one."""

from __future__ import annotations

from onnx import TensorProto, helper

from argosy.models.adapted_model import AdaptedModel
from argosy.models.estimators.imported import ForwardedTensors
from argosy.training.given_signature import GivenSignature
from argosy.training.tensor_importing import opened_tensors

TYPES = {
    "INT64": TensorProto.INT64,
    "FP32": TensorProto.FLOAT,
    "FP16": TensorProto.FLOAT16,
    "BYTES": TensorProto.STRING,
    "BOOL": TensorProto.BOOL,
}


def tensor(name, datatype, *shape):
    return helper.make_tensor_value_info(name, TYPES[datatype], list(shape))


def graph(nodes, inputs, outputs, constants=()):
    made = helper.make_graph(nodes, "graph", inputs, outputs, list(constants))
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(made, opset_imports=opsets, ir_version=9).SerializeToString()


def mixed():
    """Takes `count` INT64[n] and `word` BYTES[n]; gives `half` FP32[n], `is_large` BOOL[n] and `echo` BYTES[n]."""
    node = helper.make_node
    ten = helper.make_tensor("ten", TensorProto.INT64, [], [10])
    two = helper.make_tensor("two", TensorProto.FLOAT, [], [2.0])
    nodes = [
        node("Cast", ["count"], ["float"], to=TensorProto.FLOAT),
        node("Div", ["float", "two"], ["half"]),
        node("Greater", ["count", "ten"], ["is_large"]),
        node("Identity", ["word"], ["echo"]),
    ]
    outputs = [tensor("half", "FP32", "n"), tensor("is_large", "BOOL", "n"), tensor("echo", "BYTES", "n")]
    return graph(nodes, [tensor("count", "INT64", "n"), tensor("word", "BYTES", "n")], outputs, [ten, two])


def logarithms():
    """Takes `x` FP32[n, m]; gives `y`, its logarithms, NaN and infinity too, of the same shape."""
    return graph(
        [helper.make_node("Log", ["x"], ["y"])], [tensor("x", "FP32", "n", "m")], [tensor("y", "FP32", "n", "m")]
    )


def shares():
    """Takes `x` FP32[n]; gives `y` FP32[n], each as a share of all rows: rows depend on each other."""
    nodes = [helper.make_node("ReduceSum", ["x"], ["all"], keepdims=0), helper.make_node("Div", ["x", "all"], ["y"])]
    return graph(nodes, [tensor("x", "FP32", "n")], [tensor("y", "FP32", "n")])


def halves():
    """Takes `a` FP16[n, 2] and gives it back as `b`."""
    ends = [tensor(name, "FP16", "n", 2) for name in ("a", "b")]
    return graph([helper.make_node("Identity", ["a"], ["b"])], ends[:1], ends[1:])


def keep_tensors(project, content, name, batched=None):
    """A file as a version that answers tensors, and champion."""
    adapter = opened_tensors("onnx", content, GivenSignature(batched=batched))
    project.promote(project.keep(AdaptedModel(adapter, ForwardedTensors()), name), name)
    return adapter
