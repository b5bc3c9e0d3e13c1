"""Reads the answer of GET /mcr/{did}/inputs (or a history in the same shape) into the model's terms."""

from model import ACTIVITY, Event, Machine


class BadInputs(Exception):
    """The answer is not what the specification says; the text names the field."""


def read_machine(machine: dict) -> Machine:
    return Machine(
        bonded_at=_optional(machine, "bonded_at"),
        flags=tuple((_integer(flag, "at"), _optional(flag, "cleared_at")) for flag in machine.get("flags", [])),
        overrides=tuple(
            (_integer(item, "at"), _integer(item, "value"), _optional(item, "cleared_at"))
            for item in machine.get("overrides", [])
        ),
    )


def read_event(item: dict, scoring_usd: int | None) -> Event:
    """One item of `items`. `scoring_usd` is what counts of its amount: recomputed, or taken from the item."""
    event_type = _integer(item, "event_type")
    trust = _integer(item, "trust_effective")
    if event_type not in (0, 1) or trust not in (0, 1, 2):
        raise BadInputs(f"event {item.get('index')}: event_type {event_type}, trust_effective {trust}")
    if not isinstance(item.get("paid"), bool):
        raise BadInputs(f"event {item.get('index')}: paid is {item.get('paid')!r}")
    return Event(
        event_type=event_type,
        timestamp=_integer(item, "timestamp"),
        recorded_at=_integer(item, "recorded_at"),
        scoring_usd=None if event_type == ACTIVITY else scoring_usd,
        trust=trust,
        paid=item["paid"],
    )


def _integer(source: dict, name: str) -> int:
    value = source.get(name)
    # Integers beyond 2^53 may come as decimal text in a file; the service sends plain integers.
    if isinstance(value, str) and value.isdigit():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInputs(f"{name} is {value!r}, an integer is needed")
    return value


def _optional(source: dict, name: str) -> int | None:
    return None if source.get(name) is None else _integer(source, name)
