"""Bodies that were made to break a server, for each of its protocols: the same ones each time.

They are for a server with `LIMITS` and two models: `topics` of texts, and `fields` of the fields `ratio` and `plan`.
"""

import base64
import json
import random
import struct

LIMITS = {"values": 5000}
HEADER = "inference-header-content-length"


def lists(levels):
    return "[" * levels + "1" + "]" * levels


def objects(levels):
    return '{"a":' * levels + "1" + "}" * levels


# fmt: off
VALUES = (
    *("1.7976931348623157e308", "-1.7976931348623157e308", "1e100", "1.1e100", "1e308", "1e309", "1e999", "-1e999"),
    *("-0", "-0.0", "0e999", "5e-324", "1e-999", "NaN", "Infinity", "-Infinity", "9" * 19, "18446744073709551615"),
    *("18446744073709551616", "-9223372036854775809", "1" * 30, "1" * 400, "1" * 5000, "-" + "9" * 400),
    *("true", "false", "null", '""', '" "', '"1e308"', '"1e999"', '"nan"', '"inf"', '"-Infinity"', '"0x10"', '"1_0"'),
    *('"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '"a\\u0000b"', '"\\uffff"', '"\u2028"', '"\U0001f600"', '"\\x"'),
    *('"' + "1" * 5000 + '"', '"' + "x" * 2000 + '"', '"' + "[" * 5000 + '"', '"' + '{\\"a\\":' * 900 + '"'),
    *("[]", "{}", "[[]]", "[1]", '["a"]', "[null]", '{"b64": "YQ=="}', '{"b64": "/////w=="}', '{"b64": "="}'),
    *('{"b64": 1}', '{"b64": {"b64": "YQ=="}}', '{"b64": "\\ud800"}', '{"a": {}, "a": []}', '{"": ""}'),
    *(lists(30), lists(40), lists(600), lists(990), lists(100_000), objects(31), objects(600), objects(100_000)),
    *("1,1,1", "[" + ",".join("1" * 4000) + "]", "[" + "[]," * 4990 + "[]]", "[" + ",".join("1" * 90_000) + "]"),
    "{" + ",".join(f'"c{n}":1' for n in range(4000)) + "}", "{" + ",".join(f'"c{n}":[1]' for n in range(40_000)) + "}",
)
# fmt: on


def each(pattern, *values):
    return [pattern.replace("¤", value) for value in values]


TENSOR = '{"name":"ratio","datatype":"FP64","shape":[1],"data":[1]}'
V2 = (
    "§", '{"inputs":§}', '{"inputs":[§]}', '{"inputs":[' + TENSOR + '],"id":§}',
    '{"inputs":[{"name":§,"datatype":"FP64","shape":[1],"data":[1]}]}',
    '{"inputs":[{"name":"ratio","datatype":§,"shape":[1],"data":[1]}]}',
    '{"inputs":[{"name":"ratio","datatype":"FP64","shape":§,"data":[1]}]}',
    '{"inputs":[{"name":"ratio","datatype":"FP64","shape":[§],"data":[1]}]}',
    '{"inputs":[{"name":"ratio","datatype":"FP64","shape":[1,§],"data":[1]}]}',
    '{"inputs":[{"name":"ratio","datatype":"FP64","shape":[0,§],"data":[]}]}',
    *each('{"inputs":[{"name":"ratio","datatype":"¤","shape":[1],"data":[§]}]}', "FP64", "INT64", "BYTES", "BOOL"),
    '{"inputs":[{"name":"ratio","datatype":"FP64","shape":[1],"data":§}]}',
    '{"inputs":[{"name":"ratio","datatype":"FP64","shape":[1],"data":[[§]]}]}',
    '{"inputs":[' + TENSOR + ',{"name":"plan","datatype":"BYTES","shape":[1],"data":[§]}]}',
    '{"inputs":[' + TENSOR + ',{"name":"more","datatype":"FP64","shape":[1],"data":[§]}]}',
    *each('{"inputs":[' + TENSOR + '],"parameters":{"¤":§}}', "client", "subject", "entity", "other"),
    '{"inputs":[' + TENSOR + '],"parameters":{"binary_data_output":§}}',
    '{"inputs":[{"name":"a","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":§}}]}',
    '{"inputs":[{"name":"a","datatype":"BYTES","shape":[1],"parameters":{"content_type":§},"data":["{}"]}]}',
    '{"inputs":[' + TENSOR + '],"outputs":[{"name":§}]}',
    '{"inputs":[' + TENSOR + '],"outputs":[{"name":"label","parameters":{"binary_data":§}}]}',
)  # fmt: skip
IN_TEXT = '{"inputs":[{"name":"a","datatype":"BYTES","shape":[1],"parameters":{"content_type":"json"},"data":[§]}]}'
TENSORFLOW = (
    "§", '{"instances":§}', '{"instances":[§]}', '{"instances":[[§]]}', '{"inputs":§}', '{"inputs":[§]}',
    *each('{"instances":[{¤}]}', '"ratio":§', '"ratio":1,"plan":§', '"ratio":1,"more":§', '"ratio":"1",§:1'),
    '{"instances":[{"ratio":1},{"ratio":§}]}', '{"inputs":{"ratio":[§],"plan":["a"]}}', '{"inputs":{"ratio":§}}',
    '{"inputs":{"ratio":[1],"more":§}}', '{"signature_name":§,"instances":["a goal"]}', '{"instances":[1],"inputs":§}',
    '{"instances":[{"ratio":1,"plan":§}],"more":NaN}', '{"signature_name":§,"instances":["a goal"],"more":NaN}',
)  # fmt: skip
EXAMPLES = (
    "§", '{"examples":§}', '{"examples":[§]}', '{"examples":[{"ratio":§}]}', '{"examples":[{"ratio":[§]}]}',
    '{"examples":[{"ratio":1,"plan":{"b64":§}}]}', '{"examples":[{"ratio":1,§:1}]}', '{"context":§,"examples":[{}]}',
    '{"context":{"plan":§},"examples":[{"ratio":1}]}', '{"signature_name":§,"examples":[{"text":"a goal"}]}',
)  # fmt: skip
INVOCATIONS = (
    "§", '{"dataframe_split":§}', '{"dataframe_split":{"columns":§,"data":[[1]]}}', '{"inputs":§}', '{"instances":[§]}',
    '{"dataframe_split":{"columns":[§],"data":[[1]]}}', '{"dataframe_split":{"columns":["ratio"],"data":§}}',
    '{"dataframe_split":{"columns":["ratio"],"data":[§]}}', '{"dataframe_split":{"columns":["ratio"],"data":[[§]]}}',
    '{"dataframe_records":§}', '{"dataframe_records":[§]}', '{"dataframe_records":[{"ratio":§}]}',
    '{"instances":["a goal"],"params":§}', '{"instances":["a goal"],"params":{"subject":§}}',
    '{"inputs":[§],"params":{"subject":"a","more":NaN}}', '{"instances":["a goal"],"params":{"subject":§,"more":NaN}}',
)  # fmt: skip
LABELS = ("§", '{"sequence":§,"labels":["sport"]}', '{"sequence":"a goal","labels":§}', '{"sequence":"a","labels":[§]}')
CSV = {"content-type": "text/csv"}
FEEDBACK = (
    "§", '{"label":[§],"prediction_id":"' + "0" * 44 + '"}', '{"label":"sport","more":§}',
    *each('{"label":"sport","prediction_id":"' + "0" * 44 + '","¤":§}',
          "label", "prediction_id", "kind", "source", "uniform", "idempotency_key", "entity"),
    *each('{"label":"sport","entity":"e","start":0,"¤":§}', "entity", "start", "end", "model"),
)  # fmt: skip


def filled(patterns):
    for pattern in patterns:
        yield from ((pattern.replace("§", value).encode("utf-8", "surrogatepass"), {}) for value in VALUES)


def in_texts():
    """JSON within a text within JSON."""
    for value in VALUES:
        body = IN_TEXT.replace("§", json.dumps('{"plan":"a","ratio":' + value + "}"))
        yield body.encode("utf-8", "surrogatepass"), {}


def binary(datatype, data, size=None, shape=(1,), name="ratio"):
    parameters = {"binary_data_size": len(data) if size is None else size}
    head = {"inputs": [{"name": name, "datatype": datatype, "shape": list(shape), "parameters": parameters}]}
    encoded = json.dumps(head).encode()
    return encoded + data, {HEADER: str(len(encoded))}


def binaries():
    for number in (float("nan"), float("inf"), -float("inf"), 1.7e308, -0.0, 5e-324):
        yield binary("FP64", struct.pack("<d", number))
    for text in (b"", b"\0", b"\xed\xa0\x80", b"\xff" * 9, b"[" * 5000, b'{"a":' * 900, b"x" * 200_000):
        yield binary("BYTES", struct.pack("<I", len(text)) + text)
    yield binary("BYTES", bytes(800_000))
    yield binary("BYTES", bytes(800_000), shape=[200_000])
    yield binary("BOOL", bytes(900_000))
    yield binary("BYTES", b"\xff\xff\xff\xff\0")
    yield binary("UINT64", b"\xff" * 8)
    for size in (True, 1.0, -1, 1 << 70, "1", None, [1]):
        yield binary("BOOL", b"\1", size if size is not None else {})
    body, _ = binary("BOOL", b"\1")
    for length in ("0", "5", "-1", "1e3", "9" * 400, "", "²".encode().decode("latin-1")):
        yield body, {HEADER: length}


def headers():
    """Bodies with subjects and entities, and with idempotency keys."""
    for name in ("argosy-client", "argosy-subject", "argosy-entity", "idempotency-key"):
        for value in ("\xed\xa0\x80", "\xff\xfe", "x" * 5000, "\xf0\x9f\x98\x80", "[" * 5000):
            yield b'{"instances":["a goal"],"label":"sport","prediction_id":"x"}', {name: value}


def broken(seed=7):
    """Valid bodies of every protocol, with bytes removed, repeated or replaced."""
    chance = random.Random(seed)
    text = base64.b64encode("ä goal".encode()).decode()
    sound = [
        '{"inputs":[' + TENSOR + ',{"name":"plan","datatype":"BYTES","shape":[1],"data":["a"]}],"id":"x"}',
        '{"instances":[{"ratio":0.5,"plan":"a"},{"ratio":-1e-3,"plan":null}]}',
        '{"inputs":{"text":["a goal",{"b64":"' + text + '"}]}}',
        '{"label":["sport","money"],"entity":"order 7","start":"2026-01-01","kind":"outcome"}',
    ]
    for number in range(400):
        body = bytearray(sound[number % len(sound)].encode())
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(body))
            end = min(start + chance.randint(1, 6), len(body))
            piece = chance.choice([b"", bytes(body[start:end]) * chance.randint(2, 40), bytes([chance.randrange(256)])])
            body[start:end] = piece
            body = body or bytearray(b"0")
        yield bytes(body), {}


def tables():
    """CSV that is none, or hardly."""
    for value in VALUES:
        for pattern in ("§", "ratio,plan\n§,a", "text\n§", "ratio\n1\n§\n", "§\n1"):
            yield pattern.replace("§", value).encode("utf-8", "surrogatepass"), CSV
    for body in (
        b"\0",
        b"text\n\0",
        b"\xff\xfe",
        b'"',
        b'text\n"',
        b"text\r" + b"a\r" * 3000,
        b"," * 4000,
        b"a\n" * 9000,
    ):
        yield body, CSV


BODIES = {
    "examples": (("classify", "regress"), lambda: filled(EXAMPLES)),
    "MLflow": ("invocations", lambda: filled(INVOCATIONS)),
    "CSV": ("invocations", tables),
    "labels": ("/classify", lambda: filled(LABELS)),
    "V2": ("infer", lambda: filled(V2)),
    "JSON in texts": ("infer", in_texts),
    "binary tensors": ("infer", binaries),
    "TensorFlow": ("predict", lambda: filled(TENSORFLOW)),
    "feedback": ("feedback", lambda: filled(FEEDBACK)),
    "headers": ("", headers),
    "broken": ("", broken),
}
"""By what they are: how the routes end that they are for, and bodies with their headers."""
