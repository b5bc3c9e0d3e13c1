"""The rating model mcr-1, written from its specification (docs/rating.md) and from nothing else.

Pure functions on integers. Nothing here reads a file, a clock or the network, and nothing here is shared with
the service: that is the point of it.
"""

from dataclasses import dataclass, field

MODEL = "mcr-1"
DAY = 86_400

REVENUE, ACTIVITY = 0, 1
SELF, ONCHAIN, HARDWARE = 0, 1, 2

LETTERS = ((95, "AAA"), (85, "AA"), (75, "A"), (60, "BBB"), (45, "BB"), (30, "B"))
LEVEL_KNOTS = ((0, 0), (100, 2), (1_000, 6), (10_000, 12), (100_000, 20), (1_000_000, 27), (3_000_000, 30))
FLAG_SECONDS = 180 * DAY


@dataclass(frozen=True)
class Event:
    """One recorded event with the verdict on its evidence."""

    event_type: int
    timestamp: int
    recorded_at: int
    scoring_usd: int | None  # US cents that count; None for an activity event
    trust: int  # class: 0 self-reported, 1 on-chain, 2 hardware
    paid: bool

    @property
    def qualifies(self) -> bool:
        return self.event_type == ACTIVITY or (self.scoring_usd or 0) >= 1

    @property
    def cents(self) -> int:
        return self.scoring_usd or 0 if self.event_type == REVENUE else 0


@dataclass(frozen=True)
class Machine:
    """What is known of the machine itself, each fact with the time it was set."""

    bonded_at: int | None = None
    flags: tuple[tuple[int, int | None], ...] = ()  # (at, cleared_at)
    overrides: tuple[tuple[int, int, int | None], ...] = ()  # (at, value, cleared_at)


@dataclass(frozen=True)
class Rating:
    mcr: str
    mcr_score: int
    raw_score: int
    status: str
    factors: dict[str, int]
    adjustments: dict[str, int]
    trend: str
    gates: dict[str, tuple[int, int]] = field(default_factory=dict)  # id -> (value, needed)
    flag_until: int | None = None
    # The sums and counts that each factor's points follow from: factor -> name -> figure.
    figures: dict[str, dict[str, int | None]] = field(default_factory=dict)


def day(time: int) -> int:
    return time // DAY


def rate(machine: Machine, events: list[Event], as_of: int, basis: str = "known") -> Rating:
    """The rating at `as_of` (Unix seconds). `basis`: "known" counts what was recorded by then, "dated" everything."""
    if basis not in ("known", "dated"):
        raise ValueError(f"basis is {basis!r}; it is known or dated")
    taken = [e for e in events if e.timestamp <= as_of and (basis == "dated" or e.recorded_at <= as_of)]
    qualifying = [e for e in taken if e.qualifies]

    dated_span = span([e.timestamp for e in qualifying])
    witnessed_span = span([e.recorded_at for e in qualifying])
    override = override_at(machine, as_of)
    flagged_at = flag_at(machine, as_of)

    today = day(as_of)
    last_90 = window(qualifying, today - 89, today)
    last_30 = window(qualifying, today - 29, today)
    before_30 = window(qualifying, today - 59, today - 30)

    trend_points, trend = revenue_trend(last_30, before_30)
    factors = {
        "revenue_level": revenue_level(last_90),
        "revenue_trend": trend_points,
        "cadence": min(20, len(day_classes(last_30))),
        "trust": trust(last_90, witnessed_span) if override is None else override,
        "history": history(dated_span, witnessed_span),
    }
    adjustments = {}
    flag_until = None
    if flagged_at is not None and as_of < flagged_at + FLAG_SECONDS:
        flag_until = flagged_at + FLAG_SECONDS
        adjustments["negative_flag"] = -min(15, factors["trust"])
    raw = sum(factors.values()) + sum(adjustments.values())

    bonded = machine.bonded_at is not None and machine.bonded_at <= as_of
    gates = {
        "bonded": (int(bonded), 1),
        "events": (len(qualifying), 5),
        "span": (dated_span, 7),
        "score": (raw, 30),
    }
    mcr, status = letter(bonded, len(qualifying), dated_span, raw)
    return Rating(
        mcr=mcr,
        mcr_score=raw if status == "rated" else 0,
        raw_score=raw,
        status=status,
        factors=factors,
        adjustments=adjustments,
        trend=trend,
        gates=gates,
        flag_until=flag_until,
        figures=figures(last_90, last_30, before_30, dated_span, witnessed_span, override),
    )


def figures(
    last_90: list[Event],
    last_30: list[Event],
    before_30: list[Event],
    dated_span: int,
    witnessed_span: int,
    override: int | None,
) -> dict[str, dict[str, int | None]]:
    (paid, unpaid), (paid_last, unpaid_last), (paid_before, unpaid_before) = map(money, (last_90, last_30, before_30))
    classes = list(day_classes(last_90).values())
    return {
        "revenue_level": {"paid_cents": paid, "unpaid_cents": unpaid, "counted_cents": counted(paid, unpaid)},
        "revenue_trend": {
            "paid_cents_last": paid_last,
            "paid_cents_before": paid_before,
            "all_cents_last": paid_last + unpaid_last // 4,
            "all_cents_before": paid_before + unpaid_before // 4,
        },
        "cadence": {"active_days": len(day_classes(last_30))},
        "trust": {
            "hardware_days": classes.count(HARDWARE),
            "onchain_days": classes.count(ONCHAIN),
            "self_days": classes.count(SELF),
            "witnessed_span": witnessed_span,
            "points_before_override": trust(last_90, witnessed_span),
            "override": override,
        },
        "history": {"witnessed_span": witnessed_span, "dated_span": dated_span},
    }


def letter(bonded: bool, count: int, dated_span: int, raw: int) -> tuple[str, str]:
    """The gates, in their order."""
    if not bonded:
        return "NR", "unbonded"
    if count < 5 or dated_span < 7:
        return "Provisioned", "provisioned"
    if raw < 30:
        return "NR", "below_threshold"
    return next(name for bound, name in LETTERS if raw >= bound), "rated"


def span(times: list[int]) -> int:
    """Days between the days of the first and the last."""
    return day(max(times)) - day(min(times)) if times else 0


def window(events: list[Event], first_day: int, last_day: int) -> list[Event]:
    return [e for e in events if first_day <= day(e.timestamp) <= last_day]


def day_classes(events: list[Event]) -> dict[int, int]:
    """Active days, each with the highest class among its events."""
    days: dict[int, int] = {}
    for e in events:
        number = day(e.timestamp)
        days[number] = max(days.get(number, SELF), e.trust)
    return days


def money(events: list[Event]) -> tuple[int, int]:
    """Cents paid and cents unpaid."""
    paid = sum(e.cents for e in events if e.paid)
    unpaid = sum(e.cents for e in events if not e.paid)
    return paid, unpaid


def counted(paid: int, unpaid: int) -> int:
    return paid + min(unpaid // 4, 1_000)


def revenue_level(last_90: list[Event]) -> int:
    x = counted(*money(last_90))
    for (x0, p0), (x1, p1) in zip(LEVEL_KNOTS, LEVEL_KNOTS[1:]):
        if x < x1:
            return p0 + (x - x0) * (p1 - p0) // (x1 - x0)
    return LEVEL_KNOTS[-1][1]


def trend_points(last: int, before: int) -> int:
    if before == 0:
        return 0
    if last < before:
        return 6 * last // before
    if 10 * last <= 11 * before:
        return 6
    return 6 + min(4, 4 * (last - before) // before)


def revenue_trend(last_30: list[Event], before_30: list[Event]) -> tuple[int, str]:
    last_paid, last_unpaid = money(last_30)
    before_paid, before_unpaid = money(before_30)
    last_all = last_paid + last_unpaid // 4
    before_all = before_paid + before_unpaid // 4
    points = max(trend_points(last_paid, before_paid), min(3, trend_points(last_all, before_all)))
    if before_all == 0:
        return points, "insufficient"
    if 10 * last_all > 11 * before_all:
        return points, "up"
    if 10 * last_all < 9 * before_all:
        return points, "down"
    return points, "stable"


def trust(last_90: list[Event], witnessed_span: int) -> int:
    classes = list(day_classes(last_90).values())
    h, c, s = (classes.count(wanted) for wanted in (HARDWARE, ONCHAIN, SELF))
    units = min(1_500, 50 * h + min(1_080, 30 * c + min(300, 6 * s)))
    points = units // 60
    if witnessed_span < 365:
        return points
    return max(points, min(8, min(300, 6 * (h + c + s)) // 60 + 3))


def history(dated_span: int, witnessed_span: int) -> int:
    witnessed = witnessed_span // 24
    dated = dated_span // 24
    return min(15, witnessed + min(5, max(0, dated - witnessed)))


def flag_at(machine: Machine, as_of: int) -> int | None:
    """The time of the flag in force: the newest one set by `as_of`, unless it was cleared by then."""
    by_then = [flag for flag in machine.flags if flag[0] <= as_of]
    if not by_then:
        return None
    at, cleared_at = max(enumerate(by_then), key=lambda entry: (entry[1][0], entry[0]))[1]
    return None if cleared_at is not None and cleared_at <= as_of else at


def override_at(machine: Machine, as_of: int) -> int | None:
    """The value of the override in force: the newest one set by `as_of`, unless it was cleared by then."""
    by_then = [override for override in machine.overrides if override[0] <= as_of]
    if not by_then:
        return None
    _, value, cleared_at = max(enumerate(by_then), key=lambda entry: (entry[1][0], entry[0]))[1]
    return None if cleared_at is not None and cleared_at <= as_of else value
