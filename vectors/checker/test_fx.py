"""US cents at the rate of the day, and what a missing or old rate makes of an amount."""

import unittest
from fractions import Fraction
from pathlib import Path

from check import SNAPSHOT
from fx import DAY, Rates, read_snapshot, usd_cents

RATES = Rates(
    {
        "USD": [(100, Fraction("1.10")), (200, Fraction("1.20"))],
        "JPY": [(100, Fraction("160.5"))],
        "KWD": [],
    },
    200,
)


class Amounts(unittest.TestCase):
    def cents(self, value: int, currency: str, day: int):
        return usd_cents(value, currency, day * DAY, RATES)

    def test_dollars_need_no_rate(self):
        self.assertEqual(usd_cents(1_234, "USD", 0, None), (1_234, 1_234))
        self.assertEqual(usd_cents(2**256 - 1, "USD", 0, None), (2**256 - 1, 2**256 - 1))

    def test_a_rate_up_to_seven_days_old_counts_in_full(self):
        self.assertEqual(self.cents(1_000, "EUR", 100), (1_100, 1_100))
        self.assertEqual(self.cents(1_000, "EUR", 107), (1_100, 1_100))
        self.assertEqual(self.cents(1_000, "EUR", 108), (1_100, 880))

    def test_digits_of_the_currency_are_taken_into_account(self):
        # 1605 yen are 10 euros are 11 dollars.
        self.assertEqual(self.cents(1_605, "JPY", 100), (1_100, 1_100))

    def test_half_a_cent_is_rounded_up(self):
        self.assertEqual(self.cents(5, "EUR", 100), (6, 6))  # 5.5
        self.assertEqual(self.cents(4, "EUR", 100), (4, 4))  # 4.4

    def test_a_series_that_ended_is_old_not_missing(self):
        self.assertEqual(self.cents(1_605, "JPY", 200), (1_100, 880))

    def test_no_rate_and_no_currency_count_nothing(self):
        self.assertEqual(self.cents(1_000, "KWD", 200), (None, 0))
        self.assertEqual(self.cents(1_000, "EUR", 99), (None, 0))
        self.assertEqual(self.cents(1_000, "QQQ", 200), (None, 0))

    def test_what_cannot_be_decided_is_said_so(self):
        self.assertIsNone(self.cents(1_000, "HRK", 200))
        self.assertIsNone(usd_cents(1_000, "EUR", 0, None))


@unittest.skipUnless(Path(SNAPSHOT).exists(), "no snapshot of rates here")
class Snapshot(unittest.TestCase):
    def test_published_rates_are_read_exactly(self):
        rates = read_snapshot(str(SNAPSHOT))
        # 4 January 1999, the first day: 1 euro = 1.1789 dollars = 133.73 yen.
        self.assertEqual(rates.newest("USD", 10_595), (10_595, Fraction("1.1789")))
        self.assertEqual(rates.newest("JPY", 10_595), (10_595, Fraction("133.73")))
        self.assertIsNone(rates.newest("USD", 10_594))


if __name__ == "__main__":
    unittest.main()
