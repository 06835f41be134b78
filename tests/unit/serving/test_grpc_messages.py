"""Our `.proto` files, how many values a message has, and errors as gRPC's codes."""

import re
import struct
from contextlib import suppress
from importlib.resources import files

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc
from hypothesis import given
from hypothesis import strategies as st
from tritonclient.grpc import service_pb2

from argosy.errors import ImportedModelTooSlow, RequestTooLarge, RequestTooSlow, RouteNotFound
from argosy.http.errors import STATUSES
from argosy.serving.grpc.message_values import check_message_values, layout_of
from argosy.serving.grpc.messages import POOL, PROTO_FILES, message_class
from argosy.serving.grpc.proto_files import parse_proto
from argosy.serving.grpc.status_codes import DETAILS_BYTES, code_of, details_of
from argosy.serving.grpc.tensor_messages import fill_tensors, serialized_answer, tensors_without_data, texts_given
from argosy.serving.tensors import LONE_TEXT, check_shapes, rows_of_tensors

FOLDER = files("argosy.serving.grpc")
InferRequest = message_class("inference.ModelInferRequest")
LAYOUT = layout_of(InferRequest.DESCRIPTOR)


def without_json_names(messages):
    for message in messages:
        for field in message.field:
            field.ClearField("json_name")
        without_json_names(message.nested_type)


@pytest.mark.parametrize("name", PROTO_FILES)
def test_a_file_is_read_as_protoc_reads_it(tmp_path, name):
    compiled = tmp_path / "compiled"
    assert protoc.main(["", f"-I{FOLDER}", f"--descriptor_set_out={compiled}", name]) == 0
    [theirs] = FileDescriptorSet.FromString(compiled.read_bytes()).file
    without_json_names(theirs.message_type)
    assert parse_proto(name, (FOLDER / name).read_text()) == theirs


def test_names_and_numbers_are_those_of_tritons_client():
    def fields(message):
        return {
            field.name: (field.number, field.type, field.is_repeated) for field in message.fields if not is_ours(field)
        }

    def is_ours(field):
        return field.full_name == "inference.ModelMetadataResponse.parameters"

    ours, theirs = POOL.FindFileByName("open_inference.proto"), service_pb2.DESCRIPTOR
    for name, message in ours.message_types_by_name.items():
        other = theirs.message_types_by_name[name]
        assert fields(message).items() <= fields(other).items(), name
        for inner in message.nested_types:
            if inner.name in other.nested_types_by_name:
                assert fields(inner) == fields(other.nested_types_by_name[inner.name])
    [service] = ours.services_by_name.values()
    methods = theirs.services_by_name[service.name].methods_by_name
    for method in service.methods:
        assert methods[method.name].input_type.full_name == method.input_type.full_name
        assert methods[method.name].output_type.full_name == method.output_type.full_name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import 'x';", "'import' begins nothing"),
        ("message A { int32 a = 1", "expected ';', found ''"),
        ("message A { B b = 1; }", "there is no message 'B'"),
        ("service S { option x; }", "expected 'rpc', found 'option'"),
    ],
)
def test_another_part_of_the_language_is_refused(text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_proto("file.proto", text)


parameters = st.dictionaries(
    st.text(max_size=3),
    st.one_of(st.text(max_size=3), st.booleans(), st.integers(-(1 << 63), (1 << 63) - 1)),
    max_size=3,
)
contents = st.fixed_dictionaries(
    {},
    optional={
        "bool_contents": st.lists(st.booleans(), max_size=4),
        "int64_contents": st.lists(st.integers(-(1 << 63), (1 << 63) - 1), max_size=4),
        "uint_contents": st.lists(st.integers(0, (1 << 32) - 1), max_size=4),
        "fp32_contents": st.lists(st.floats(width=32), max_size=4),
        "fp64_contents": st.lists(st.floats(), max_size=4),
        "bytes_contents": st.lists(st.binary(max_size=4), max_size=4),
    },
)
tensors = st.tuples(
    st.text(max_size=3), st.lists(st.integers(-(1 << 63), (1 << 63) - 1), max_size=3), contents, parameters
)


@st.composite
def requests(draw):
    message = InferRequest(model_name=draw(st.text(max_size=3)), id=draw(st.text(max_size=3)))
    for name, shape, elements, of_tensor in draw(st.lists(tensors, max_size=3)):
        tensor = message.inputs.add(name=name, shape=shape)
        for field, values in elements.items():
            getattr(tensor.contents, field).extend(values)
        set_parameters(tensor, of_tensor)
    for name in draw(st.lists(st.text(max_size=3), max_size=3)):
        message.outputs.add(name=name)
    message.raw_input_contents.extend(draw(st.lists(st.binary(max_size=3), max_size=3)))
    set_parameters(message, draw(parameters))
    return message


def set_parameters(message, values):
    for name, value in values.items():
        kind = {str: "string_param", bool: "bool_param", int: "int64_param"}[type(value)]
        setattr(message.parameters[name], kind, value)


def values_in(message):
    """Fields, elements and messages. A list of numbers is one field on the wire; a map's entry is key and value."""
    count = 0
    for field, value in message.ListFields():
        is_packed = field.is_repeated and field.type not in (field.TYPE_MESSAGE, field.TYPE_STRING, field.TYPE_BYTES)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            count += sum(3 + values_in(each) for each in value.values())
        elif field.is_repeated:
            count += len(value) + is_packed
            count += 0 if field.message_type is None else sum(values_in(each) for each in value)
        else:
            count += 1 + (0 if field.message_type is None else values_in(value))
    return count


@given(requests())
def test_values_are_counted_before_a_message_is_parsed(message):
    data, count = message.SerializeToString(), values_in(message)
    check_message_values(data, LAYOUT, count)
    if len(data) > count > 0:
        with pytest.raises(RequestTooLarge, match="send several requests"):
            check_message_values(data, LAYOUT, count - 1)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_counted(data):
    with suppress(RequestTooLarge):
        check_message_values(data, LAYOUT, 3)


def test_ten_megabytes_of_nothing_are_not_parsed():
    with pytest.raises(RequestTooLarge):
        check_message_values(b"\x2a\x00" * 5_000_000, LAYOUT, 100_000)  # empty inputs
    packed = InferRequest()
    packed.inputs.add().contents.bool_contents.extend([True] * 200_000)
    with pytest.raises(RequestTooLarge):
        check_message_values(packed.SerializeToString(), LAYOUT, 100_000)


EXPECTED = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "FAILED_PRECONDITION",
    413: "RESOURCE_EXHAUSTED",
    415: "INTERNAL",  # of HTTP's bodies and hosts alone
    421: "INTERNAL",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


@pytest.mark.parametrize(("kind", "status"), STATUSES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_error_of_http_has_a_code(kind, status):
    special = {RequestTooSlow: "DEADLINE_EXCEEDED", RouteNotFound: "UNIMPLEMENTED"}
    assert code_of(kind.__new__(kind)).name == special.get(kind, EXPECTED[status])


def test_a_model_that_took_too_long_is_a_deadline_too():
    assert code_of(ImportedModelTooSlow("")) is grpc.StatusCode.DEADLINE_EXCEEDED


def test_details_are_short_enough_for_metadata():
    assert details_of(RequestTooSlow("é" * 800)) == "é" * 800
    long = details_of(RequestTooSlow("é" * 5000))
    assert long == "é" * (DETAILS_BYTES // 2) + "…"
    assert details_of(RequestTooSlow("\ud800")) == "?"


@st.composite
def columns_of_texts(draw):
    """Nearly one column of texts, with typed contents or raw ones."""
    texts = draw(st.lists(st.one_of(st.text(max_size=3).map(str.encode), st.just(b"\xff")), max_size=3))
    rows = draw(st.one_of(st.just(len(texts)), st.integers(-1, 4)))
    shape = draw(st.sampled_from([[rows], [rows, 1], []]))
    message = InferRequest()
    tensor = message.inputs.add(name="text", datatype=draw(st.sampled_from(["BYTES", "BYTES", "INT32"])), shape=shape)
    if draw(st.booleans()):
        tensor.contents.bytes_contents.extend(texts)
    else:
        data = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
        message.raw_input_contents.append(draw(st.sampled_from([data, data, data[:-1], data + b"\0"])))
    if draw(st.integers(0, 4)) == 0:
        (message if draw(st.booleans()) else tensor).parameters["content_type"].string_param = "base64"
    return message


@given(st.one_of(columns_of_texts(), requests()))
def test_one_column_of_texts_is_read_as_any_other_request(message):
    short = texts_given(message, 2)
    if short is None:
        return
    tensors = tensors_without_data(message)
    check_shapes(tensors, LONE_TEXT)
    fill_tensors(tensors, message)
    assert short == rows_of_tensors(tensors)
    assert 0 < len(short) <= 2


@pytest.mark.parametrize("raw", [b"", b"\1", b"\1\0\0\0", b"\1\0\0\0ab", b"\0\0\0\0", b"\2\0\0\0\xff\xff"])
def test_a_text_that_is_not_whole_is_left_to_the_other_way(raw):
    message = InferRequest(raw_input_contents=[raw])
    message.inputs.add(name="text", datatype="BYTES", shape=[1])
    assert texts_given(message, 9) == ([""] if raw == b"\0\0\0\0" else None)
    message.raw_input_contents[0] = b"\3\0\0\0\xc3\xa9!"
    assert texts_given(message, 9) == ["é!"]


@pytest.mark.parametrize("is_raw", [True, False])
@pytest.mark.parametrize("rows", [1, 2])
def test_an_answer_is_the_protocols_message(is_raw, rows):
    outputs = [
        {"name": "label", "datatype": "BYTES", "shape": [rows], "data": ["é"] * rows},
        {"name": "probabilities", "datatype": "FP64", "shape": [rows, 2], "data": [0.25, 0.75] * rows},
    ]
    data = serialized_answer({"model_name": "topics", "id": "mine"}, outputs, is_raw=is_raw)
    answer = service_pb2.ModelInferResponse.FromString(data)
    assert (answer.model_name, answer.id) == ("topics", "mine")
    assert [(one.name, one.datatype, list(one.shape)) for one in answer.outputs] == [
        ("label", "BYTES", [rows]),
        ("probabilities", "FP64", [rows, 2]),
    ]
    if is_raw:
        assert answer.raw_output_contents[0] == b"\2\0\0\0\xc3\xa9" * rows
        assert answer.raw_output_contents[1] == struct.pack("<2d", 0.25, 0.75) * rows
    else:
        assert list(answer.outputs[0].contents.bytes_contents) == ["é".encode()] * rows
        assert list(answer.outputs[1].contents.fp64_contents) == [0.25, 0.75] * rows
