"""Drives the published SDK as a black box; lines.py says how it is talked to.

Only public names of the package are used. Telemetry is switched off by the environment the caller sets.
"""

from lines import serve
from peaq_os_sdk import OperationalLimits, PeaqosClient
from peaq_os_sdk.did.did_precompile import read_attribute
from peaq_os_sdk.types.events import SubmitEventParams
from peaq_os_sdk.utils.data_hash import compute_data_hash
from peaq_os_sdk.validation.submit_event import validate_submit_event_params

clients = {}


def connect(name, config, limits=None):
    """Makes a client under a name; the limits are the caps on value and rate."""
    if limits is not None:
        config = {**config, "operational_limits": OperationalLimits(**limits)}
    clients[name] = PeaqosClient(**config)
    return clients[name].address


def connect_from_env(name):
    clients[name] = PeaqosClient.from_env()
    return clients[name].address


def on_client(method):
    def call(client, **args):
        return getattr(clients[client], method)(**args)

    return call


def view(client, contract, function, args):
    """A read of one of the bound contracts (the documented accessors)."""
    return getattr(getattr(clients[client], contract).functions, function)(*args).call()


CALLS = {
    "generate_keypair": PeaqosClient.generate_keypair,
    "connect": connect,
    "connect_from_env": connect_from_env,
    "view": view,
    "repr": lambda client: repr(clients[client]),
    "to_json": lambda client: clients[client].to_json(),
    "chain_id": lambda client: clients[client].w3.eth.chain_id,
    "read_attribute": lambda client, did_address, name: read_attribute(clients[client], did_address, name),
    "compute_data_hash": compute_data_hash,
    "validate_event": lambda event: validate_submit_event_params(SubmitEventParams(**event)),
    **{
        name: on_client(name)
        for name in (
            "register_machine",
            "register_for",
            "mint_nft",
            "token_id_of",
            "write_machine_did_attributes",
            "write_proxy_did_attributes",
            "submit_event",
            "batch_submit_events",
            "query_mcr",
            "query_machine",
            "query_operator_machines",
        )
    },
}

serve(CALLS)
