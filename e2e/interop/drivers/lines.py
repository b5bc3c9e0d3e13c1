"""One JSON request a line on stdin, one JSON answer a line on stdout.

A request is {"id", "call", "args"} with "call" a name in the driver's table; the answer is {"id", "value"} or
{"id", "error": {"type", "code", "message", ...}}. Bytes travel as {"$hex": "..."}, an instance of a type of the
package as {"$type": "Name", ...fields} in both directions, and a list where the package's type says tuple as
{"$list": [...]}.
"""

import dataclasses
import json
import sys


def decode(value, types):
    if isinstance(value, dict):
        if set(value) == {"$hex"}:
            return bytes.fromhex(value["$hex"].removeprefix("0x"))
        if set(value) == {"$list"}:
            return [decode(item, types) for item in value["$list"]]
        fields = {key: decode(item, types) for key, item in value.items() if key != "$type"}
        return instance(types(value["$type"]), fields, value) if "$type" in value else fields
    if isinstance(value, list):
        return [decode(item, types) for item in value]
    return value


def instance(kind, fields, given):
    """Lists become tuples where the type says so: callers of the package write tuples there."""
    for field in dataclasses.fields(kind):
        declared = str(field.type)
        if declared.startswith("tuple[") and isinstance(given.get(field.name), list):
            fields[field.name] = tuple(fields[field.name])
    return kind(**fields)


def encode(value):
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"$type": type(value).__name__, **named}
    if isinstance(value, (bytes, bytearray)):
        return {"$hex": bytes(value).hex()}
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


ERROR_FIELDS = ("status_code", "details", "field")


def describe(error):
    named = {name: encode(getattr(error, name)) for name in ERROR_FIELDS if hasattr(error, name)}
    return {"type": type(error).__name__, "code": getattr(error, "code", None), "message": str(error), **named}


def serve(calls, types=None):
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": encode(calls[request["call"]](**decode(request["args"], types)))}
        except Exception as error:  # every failure is an answer: the caller judges it
            answer = {"error": describe(error)}
        print(json.dumps({"id": request["id"], **answer}), flush=True)
