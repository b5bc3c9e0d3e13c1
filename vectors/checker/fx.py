"""US cents of an amount at the ECB's reference rate of its day, by exact fractions (docs/rating.md, "USD")."""

import gzip
import json
from bisect import bisect_right
from datetime import date
from fractions import Fraction

from iso4217 import DIGITS, UNDECIDED

DAY = 86_400
MAX_AGE_DAYS = 7


class Rates:
    """Euro reference rates by day: the amount of a currency that one euro buys."""

    def __init__(self, series: dict[str, list[tuple[int, Fraction]]], last_day: int):
        self._series = series
        self._days = {code: [day for day, _ in rows] for code, rows in series.items()}
        self.last_day = last_day

    def newest(self, currency: str, day: int) -> tuple[int, Fraction] | None:
        """The newest (day, rate) not after `day`, days since 1970."""
        at = bisect_right(self._days.get(currency, []), day)
        return self._series[currency][at - 1] if at else None

    def on(self, currency: str, day: int) -> Fraction | None:
        found = self.newest(currency, day)
        return found[1] if found and found[0] == day else None


def read_snapshot(path: str) -> Rates:
    """Reads ecb-rates.bin.gz; the format is described in services/rating/scripts/ecb-snapshot.py."""
    with gzip.open(path, "rb") as file:
        data = file.read()
    end = data.index(b"\n")
    head = json.loads(data[:end])
    at = end + 1
    start = date.fromisoformat(head["from"]).toordinal() - date(1970, 1, 1).toordinal()
    days, day = [], start
    for gap in data[at : at + head["days"]]:
        day += gap
        days.append(day)
    at += head["days"]
    series = {}
    for code, scale, size in head["currencies"]:
        rows, value = [], 0
        for number, change in zip(days, _varints(data[at : at + size]), strict=True):
            value += change
            if value != 0:
                rows.append((number, Fraction(value, 10**scale)))
        series[code] = rows
        at += size
    return Rates(series, days[-1])


def _varints(data: bytes):
    """Zigzag LEB128 integers."""
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            yield (value >> 1) ^ -(value & 1)
            value = shift = 0


def usd_cents(value: int, currency: str, timestamp: int, rates: Rates | None) -> tuple[int | None, int] | None:
    """(full US cents or None, US cents that count) of a revenue event; None when this cannot be decided here.

    Without rates only US dollars and codes that are none can be; with them everything but the codes whose standing is
    a matter of the deployment. A service with a newer source of rates than `rates` rightly differs after its last day.
    """
    if currency == "USD":
        return value, value
    if currency in UNDECIDED:
        return None
    if currency not in DIGITS:
        return None, 0
    day = timestamp // DAY
    if rates is None:
        return None
    if currency == "EUR":
        found = rates.newest("USD", day)
        rate = Fraction(1)
    else:
        found = rates.newest(currency, day)
        rate = found[1] if found else Fraction(0)
    if not found:
        return None, 0
    usd_per_euro = rates.on("USD", found[0])
    if usd_per_euro is None:
        return None
    amount = Fraction(value, 10 ** DIGITS[currency]) * usd_per_euro / rate * 100
    usd = _half_up(amount)
    fresh = day - found[0] <= MAX_AGE_DAYS
    return usd, usd if fresh else usd * 80 // 100


def _half_up(amount: Fraction) -> int:
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)
