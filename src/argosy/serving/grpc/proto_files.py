"""Reads our `.proto` files into descriptors, at the server's start. Pure.

They use a part of proto3: messages within messages, repeated fields, maps, one-ofs, and services of unary methods.
Generated code would register the protocol's messages in the process's own pool, where a client library's copy may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

_COMMENT: Final = re.compile(r"//[^\n]*")
_TOKEN: Final = re.compile(r'"[^"]*"|[A-Za-z_][\w.]*|\d+|\S')
_SCALARS: Final = {
    name: getattr(FieldDescriptorProto, f"TYPE_{name.upper()}")
    for name in ("bool", "int32", "int64", "uint32", "uint64", "float", "double", "string", "bytes")
}
_OPTIONAL: Final = FieldDescriptorProto.LABEL_OPTIONAL
_REPEATED: Final = FieldDescriptorProto.LABEL_REPEATED


def parse_proto(name: str, text: str) -> FileDescriptorProto:
    """The file's description; raises ValueError where it is written in another part of the language."""
    return _ProtoFile(name, text).parsed()


class _ProtoFile:
    def __init__(self, name: str, text: str) -> None:
        self._tokens: Iterator[str] = iter(_TOKEN.findall(_COMMENT.sub("", text)))
        self._file = FileDescriptorProto(name=name, syntax="proto3")
        self._unresolved: list[tuple[str, FieldDescriptorProto]] = []

    def parsed(self) -> FileDescriptorProto:
        for word in self._tokens:
            if word == "syntax":
                self._skip("=", '"proto3"', ";")
            elif word == "package":
                self._file.package = self._next()
                self._skip(";")
            elif word == "service":
                self._service()
            elif word == "message":
                self._message(self._file.message_type.add(name=self._next()), self._file.package)
            else:
                raise ValueError(f"{self._file.name}: '{word}' begins nothing that is read here")
        for scope, field in self._unresolved:
            field.type_name = self._resolved(scope, field.type_name)
        return self._file

    def _service(self) -> None:
        service = self._file.service.add(name=self._next())
        self._skip("{")
        while (word := self._next()) != "}":
            self._expect(word, "rpc")
            method = service.method.add(name=self._next())
            self._skip("(")
            method.input_type = f".{self._file.package}.{self._next()}"
            self._skip(")", "returns", "(")
            method.output_type = f".{self._file.package}.{self._next()}"
            self._skip(")", ";")

    def _message(self, message: DescriptorProto, scope: str) -> None:
        inner = f"{scope}.{message.name}"
        self._skip("{")
        while (word := self._next()) != "}":
            if word == "message":
                self._message(message.nested_type.add(name=self._next()), inner)
            elif word == "oneof":
                self._one_of(message, inner)
            elif word == "map":
                self._map(message, inner)
            elif word == "repeated":
                self._field(message, inner, self._next(), label=_REPEATED)
            else:
                self._field(message, inner, word)

    def _one_of(self, message: DescriptorProto, scope: str) -> None:
        index = len(message.oneof_decl)
        message.oneof_decl.add(name=self._next())
        self._skip("{")
        while (word := self._next()) != "}":
            self._field(message, scope, word, oneof_index=index)

    def _map(self, message: DescriptorProto, scope: str) -> None:
        """A map is a repeated message of keys and values."""
        self._skip("<")
        key = self._next()
        self._skip(",")
        value = self._next()
        self._skip(">")
        field = self._field(message, scope, "", label=_REPEATED)
        entry = message.nested_type.add(name=f"{field.name.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        self._typed(entry.field.add(name="key", number=1, label=_OPTIONAL), scope, key)
        self._typed(entry.field.add(name="value", number=2, label=_OPTIONAL), scope, value)
        self._typed(field, scope, entry.name)

    def _field(
        self, message: DescriptorProto, scope: str, kind: str, label: Any = _OPTIONAL, **more: int
    ) -> FieldDescriptorProto:
        name = self._next()
        self._skip("=")
        field = message.field.add(name=name, number=int(self._next()), label=label, **more)
        self._skip(";")
        if kind:
            self._typed(field, scope, kind)
        return field

    def _typed(self, field: FieldDescriptorProto, scope: str, kind: str) -> None:
        field.type = _SCALARS.get(kind, FieldDescriptorProto.TYPE_MESSAGE)
        if kind not in _SCALARS:
            field.type_name = kind
            self._unresolved.append((scope, field))

    def _resolved(self, scope: str, name: str) -> str:
        """The full name of a message, looked for from the innermost scope outwards."""
        known = set(_message_names(self._file.message_type, self._file.package))
        while scope:
            if f"{scope}.{name}" in known:
                return f".{scope}.{name}"
            scope = scope.rpartition(".")[0]
        raise ValueError(f"{self._file.name}: there is no message '{name}'")

    def _next(self) -> str:
        return next(self._tokens, "")

    def _skip(self, *expected: str) -> None:
        for each in expected:
            self._expect(self._next(), each)

    def _expect(self, found: str, expected: str) -> None:
        if found != expected:
            raise ValueError(f"{self._file.name}: expected '{expected}', found '{found}'")


def _message_names(messages: Any, scope: str) -> Iterator[str]:
    for message in messages:
        yield f"{scope}.{message.name}"
        yield from _message_names(message.nested_type, f"{scope}.{message.name}")
