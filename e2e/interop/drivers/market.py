"""Drives client.orchestration of the published SDK (0.3.0 or 0.6.0); lines.py says how it is talked to.

Besides its value an answer holds the HTTP exchanges of the call, recorded by a hook on the client's own session,
so that a case can compare what was parsed with what was on the wire. Only public names of the package are used.
"""

import contextlib
import io
import json
import types as python_types
from urllib.parse import urlsplit

import peaq_os_sdk
import peaq_os_sdk.orchestration as orchestration
import peaq_os_sdk.types.orchestration as shapes
from lines import serve
from peaq_os_sdk import PeaqosClient

clients = {}
exchanges = []
HEADERS = ("content-type", "content-length", "user-agent", "x-api-key", "x-agent-pairing-token")


def body_of(content):
    try:
        return json.loads(content) if content else None
    except ValueError:
        return str(content)


def record(response, *_args, **_kwargs):
    sent = {name: response.request.headers[name] for name in HEADERS if name in response.request.headers}
    url = urlsplit(response.request.url)
    exchanges.append(
        {
            "method": response.request.method,
            "path": url.path + (f"?{url.query}" if url.query else ""),
            "headers": sent,
            "sent": body_of(response.request.body),
            "status": response.status_code,
            "answer": body_of(response.content),
        }
    )


def remember(name, client):
    client.session.hooks["response"].append(record)
    clients[name] = client


def shape(name):
    for place in (shapes, orchestration, peaq_os_sdk):
        if hasattr(place, name):
            return getattr(place, name)
    raise KeyError(f"the package has no type {name}")


def call(client, method, args=(), named=None):
    """A method of the namespace; an iterator is read to its end."""
    exchanges.clear()
    value = getattr(clients[client].orchestration, method)(*args, **(named or {}))
    if isinstance(value, python_types.GeneratorType):
        value = list(value)
    return {"value": value, "exchanges": list(exchanges)}


def function(client, method, args=(), named=None):
    """The functional form: the same as a function of peaq_os_sdk.orchestration."""
    exchanges.clear()
    value = getattr(orchestration, method)(clients[client], *args, **(named or {}))
    return {"value": value, "exchanges": list(exchanges)}


def run(client, code, names=None):
    """Runs the text of a documented example as it stands; what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {"client": clients[client], "PeaqosClient": PeaqosClient, **(names or {})})
    return printed.getvalue()



serve(
    {
        "connect": lambda name, config: remember(name, PeaqosClient(**config)),
        "connect_from_env": lambda name: remember(name, PeaqosClient.from_env()),
        "call": call,
        "function": function,
        "run": run,
        "repr": lambda value: repr(value),
    },
    shape,
)
