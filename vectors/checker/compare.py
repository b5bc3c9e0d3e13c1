"""Compares the figures of an answer with the model's own. Every comparison is a row: name, theirs, ours."""

from dataclasses import dataclass

from fx import Rates, usd_cents
from inputs import read_event, read_machine
from model import REVENUE, Event, Machine, Rating, rate


@dataclass(frozen=True)
class Row:
    figure: str
    theirs: object
    ours: object

    @property
    def equal(self) -> bool:
        return self.theirs == self.ours and isinstance(self.theirs, bool) == isinstance(self.ours, bool)


@dataclass
class Amounts:
    """How the dollar amounts were come by."""

    recomputed: int = 0
    taken: int = 0


def read_history(inputs: dict, rates: Rates | None) -> tuple[Machine, list[Event], list[Row], Amounts]:
    """The machine and its events; amounts recomputed where value, currency and a rate allow it, else taken over."""
    events, rows, amounts = [], [], Amounts()
    for position, item in enumerate(inputs["items"]):
        scoring = _number(item.get("scoring_usd"))
        if item.get("event_type") == REVENUE:
            found = None
            if "value" in item and "currency" in item and item.get("usd_source") != "http":
                found = usd_cents(_number(item["value"]), item["currency"], int(item["timestamp"]), rates)
            if found is None:
                amounts.taken += 1
            else:
                amounts.recomputed += 1
                name = f"event {item.get('index', position)}"
                if "usd" in item:
                    rows.append(Row(f"{name} usd", _number(item["usd"]), found[0]))
                rows.append(Row(f"{name} scoring_usd", scoring, found[1]))
                scoring = found[1]
        events.append(read_event(item, scoring))
    return read_machine(inputs["machine"]), events, rows, amounts


def taken(events: list[Event], items: list[dict], as_of: int, basis: str) -> tuple[list[Event], list[dict]]:
    """The events that an answer about `as_of` counts, each with the item it was read from."""
    pairs = [
        (event, item)
        for event, item in zip(events, items, strict=True)
        if event.timestamp <= as_of and (basis == "dated" or event.recorded_at <= as_of)
    ]
    return [event for event, _ in pairs], [item for _, item in pairs]


def compare_explain(answer: dict, ours: Rating, events: list[Event], items: list[dict]) -> list[Row]:
    """Rows for an /explain answer, or for the part of one that `answer` holds."""
    named = [name for name in ("mcr", "mcr_score", "raw_score", "status") if name in answer]
    rows = [Row(name, answer[name], getattr(ours, name)) for name in named]
    if "factors" in answer:
        rows += _points("factor", answer["factors"], ours.factors)
        rows += _figures(answer["factors"], ours)
    if "adjustments" in answer:
        rows += _points("adjustment", answer["adjustments"], ours.adjustments)
        for adjustment in answer["adjustments"] if isinstance(answer["adjustments"], list) else []:
            if "until" in adjustment:
                rows.append(Row(f"adjustment {adjustment['id']} until", adjustment["until"], ours.flag_until))
    if isinstance(answer.get("factors"), list) and isinstance(answer.get("adjustments"), list):
        total = sum(part["points"] for part in answer["factors"] + answer["adjustments"])
        rows.append(Row("sum of the points", total, ours.raw_score))
    for name in ("trend", "revenue_trend"):
        if isinstance(answer.get(name), str):
            rows.append(Row(name, answer[name], ours.trend))
    rows += _gates(answer.get("gates", []), ours)
    if isinstance(answer.get("evidence"), dict):
        rows += _evidence(answer["evidence"], events, items)
    return rows


def compare_summary(answer: dict, ours: Rating, events: list[Event], items: list[dict]) -> list[Row]:
    """Rows for the published short answer, GET /mcr/{did}. Its totals are of every event that has a dollar amount."""
    revenue = sum(event.event_type == REVENUE for event in events)
    expected = {
        "mcr": ours.mcr,
        "mcr_score": ours.mcr_score,
        "bond_status": "bonded" if ours.gates["bonded"][0] else "unbonded",
        "negative_flag": ours.flag_until is not None,
        "event_count": len(events),
        "revenue_event_count": revenue,
        "activity_event_count": len(events) - revenue,
        "revenue_trend": ours.trend,
        "total_revenue": sum(_number(item.get("usd")) or 0 for item in items),
    }
    return [Row(f"/mcr {name}", answer[name], value) for name, value in expected.items()]


def compare_past(item: dict, machine: Machine, events: list[Event], basis: str) -> list[Row]:
    """Rows for one item of /history."""
    ours = rate(machine, events, item["as_of"], basis)
    return compare_explain({key: value for key, value in item.items() if key not in ("as_of", "model")}, ours, [], [])


def _points(kind: str, theirs: object, ours: dict[str, int]) -> list[Row]:
    found = theirs if isinstance(theirs, dict) else {part["id"]: part["points"] for part in theirs}
    return [Row(f"{kind} {name}", found.get(name, 0), ours.get(name, 0)) for name in sorted({*found, *ours})]


def _figures(factors: object, ours: Rating) -> list[Row]:
    """The sums and counts an explanation gives with a factor, as far as this checker knows their names."""
    rows = []
    for factor in factors if isinstance(factors, list) else []:
        known = ours.figures.get(factor["id"], {})
        theirs = factor.get("inputs", {})
        rows += [Row(f"{factor['id']} {name}", theirs[name], known[name]) for name in theirs if name in known]
    return rows


def _gates(theirs: list[dict], ours: Rating) -> list[Row]:
    """Gates are matched by what they need, since the specification does not name them."""
    rows = []
    by_needed = {needed: value for value, needed in ours.gates.values()}
    for gate in theirs:
        needed = gate["needed"]
        if needed not in by_needed:
            rows.append(Row(f"gate {gate['id']} needed", needed, None))
            continue
        rows.append(Row(f"gate {gate['id']} value", gate["value"], by_needed[needed]))
        rows.append(Row(f"gate {gate['id']} passed", gate["passed"], by_needed[needed] >= needed))
    return rows


def _evidence(theirs: dict, events: list[Event], items: list[dict]) -> list[Row]:
    """The counts of claims and verdicts, over the events that the answer is about."""
    names = ("self", "onchain", "hardware")
    claimed = [item.get("trust_claimed") for item in items]
    effective = [event.trust for event in events]
    rows = []
    for level, name in enumerate(names):
        rows.append(Row(f"claimed {name}", theirs["claimed"][name], claimed.count(level)))
        rows.append(Row(f"effective {name}", theirs["effective"][name], effective.count(level)))
    rows.append(Row("paid", theirs["paid"], sum(event.paid for event in events)))
    reasons: dict[str, int] = {}
    for item in items:
        if item.get("trust_reason") is not None:
            reasons[item["trust_reason"]] = reasons.get(item["trust_reason"], 0) + 1
    found = {entry["reason"]: entry["count"] for entry in theirs.get("downgraded", [])}
    rows += [
        Row(f"downgraded {reason}", found.get(reason, 0), reasons.get(reason, 0))
        for reason in sorted({*found, *reasons})
    ]
    return rows


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, str) else value
