"""Files `saved_model.pb` made by hand, field by field, of graphs that TensorFlow would not write."""

from argosy.models.protocol_buffers import field_bytes, varint

FLOAT, STRING = 1, 7
X = ("x", "Placeholder")


def text(number, value):
    return field_bytes(number, value.encode())


def number(at, value):
    return varint(at << 3) + varint(value & (1 << 64) - 1)


def entry(at, key, value):
    return field_bytes(at, text(1, key) + field_bytes(2, value))


def function_attribute(name, key="f", given=()):
    """An attribute that names a function, to which further functions are given."""
    inner = b"".join(entry(2, "F", field_bytes(10, text(1, one))) for one in given)
    return entry(5, key, field_bytes(10, text(1, name) + inner))


def node(name, op, *inputs, attributes=b""):
    return text(1, name) + text(2, op) + b"".join(text(3, one) for one in inputs) + attributes


def call(name, function, *inputs, op="StatefulPartitionedCall"):
    return node(name, op, *inputs, attributes=function_attribute(function))


def function(name, arguments, *nodes, list_argument=False):
    listed = text(5, "N") if list_argument else b""
    signature = text(1, name) + b"".join(field_bytes(2, text(1, one) + listed) for one in arguments)
    return field_bytes(1, signature) + b"".join(field_bytes(3, one) for one in nodes)


def graph(nodes, functions=()):
    library = b"".join(field_bytes(1, one) for one in functions)
    return b"".join(field_bytes(1, one) for one in nodes) + field_bytes(2, library)


def tensor_info(name, datatype, *sizes):
    dimensions = b"".join(field_bytes(2, number(1, size)) for size in sizes)
    return text(1, name) + number(2, datatype) + field_bytes(3, dimensions)


def tensor_of_any_rank(name, datatype):
    return text(1, name) + number(2, datatype) + field_bytes(3, number(3, 1))


def signature(inputs, outputs, method="tensorflow/serving/predict"):
    given = [entry(at, name, info) for at, some in ((1, inputs), (2, outputs)) for name, info in some.items()]
    return b"".join(given) + text(3, method)


X_TO_Y = signature({"x": tensor_info("x:0", FLOAT, -1)}, {"y": tensor_info("y:0", FLOAT, -1)})


def meta_graph(content, signatures=None, saver=b"", assets=(), tags=("serve",)):
    """`assets` are pairs of tensor and file name."""
    signatures = {"serving_default": X_TO_Y} if signatures is None else signatures
    parts = [field_bytes(1, b"".join(text(4, tag) for tag in tags)), field_bytes(2, content), field_bytes(3, saver)]
    parts += [entry(5, name, one) for name, one in signatures.items()]
    parts += [field_bytes(6, field_bytes(1, text(1, tensor)) + text(2, file)) for tensor, file in assets]
    return b"".join(parts)


def saved_model(*metas):
    return number(1, 1) + b"".join(field_bytes(2, one) for one in metas)


def answering(*nodes, functions=(), **options):
    """A model whose `y` comes from the last node."""
    return saved_model(meta_graph(graph([node(*X), *nodes], functions), **options))


SAVER = text(1, "path:0") + text(3, "restored")
INITIALIZER = {"serving_default": X_TO_Y, "__saved_model_init_op": signature({}, {"op": tensor_info("filled", 0)})}
