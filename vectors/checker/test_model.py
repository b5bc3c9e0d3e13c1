"""The model's figures, worked out by hand from the specification."""

import unittest

from model import ACTIVITY, DAY, REVENUE, Event, Machine, history, rate, revenue_level, revenue_trend, trend_points, trust

NOW = 20_000 * DAY + 43_200
BONDED = Machine(bonded_at=0)


def activity(days_ago: int, trust: int = 0, recorded_days_ago: int | None = None) -> Event:
    at = NOW - days_ago * DAY
    recorded = at if recorded_days_ago is None else NOW - recorded_days_ago * DAY
    return Event(ACTIVITY, at, recorded, None, trust, False)


def revenue(days_ago: int, cents: int, trust: int = 0, paid: bool = False) -> Event:
    at = NOW - days_ago * DAY
    return Event(REVENUE, at, at, cents, trust, paid)


class Gates(unittest.TestCase):
    def test_unbonded_comes_first(self):
        events = [activity(n) for n in range(10)]
        self.assertEqual((rate(Machine(), events, NOW).mcr, rate(Machine(), events, NOW).status), ("NR", "unbonded"))
        self.assertEqual(rate(Machine(bonded_at=NOW + 1), events, NOW).status, "unbonded")
        self.assertNotEqual(rate(Machine(bonded_at=NOW), events, NOW).status, "unbonded")

    def test_five_events_over_seven_days(self):
        self.assertEqual(rate(BONDED, [activity(n) for n in (0, 1, 2, 7)], NOW).status, "provisioned")
        self.assertEqual(rate(BONDED, [activity(n) for n in (0, 1, 2, 3, 6)], NOW).status, "provisioned")
        # Seven days later, still too few points.
        self.assertEqual(rate(BONDED, [activity(n) for n in (0, 1, 2, 3, 7)], NOW).status, "below_threshold")

    def test_revenue_below_one_cent_does_not_qualify(self):
        events = [revenue(n, 0) for n in range(10)]
        self.assertEqual(rate(BONDED, events, NOW).gates["events"], (0, 5))

    def test_letters_begin_at_their_bound(self):
        # 20 days of cadence, override for the rest: 25 + 20 = 45.
        override = Machine(bonded_at=0, overrides=((0, 25, None),))
        found = rate(override, [activity(n) for n in range(20)], NOW)
        self.assertEqual((found.raw_score, found.mcr, found.mcr_score), (45, "BB", 45))


class Level(unittest.TestCase):
    def test_knots_and_between(self):
        for paid, points in ((0, 0), (99, 1), (100, 2), (550, 4), (1_000, 6), (9_999, 11), (10_000, 12)):
            self.assertEqual(revenue_level([revenue(0, paid, paid=True)]), points, paid)
        for paid, points in ((100_000, 20), (1_000_000, 27), (2_999_999, 29), (3_000_000, 30), (2**256 - 1, 30)):
            self.assertEqual(revenue_level([revenue(0, paid, paid=True)]), points, paid)

    def test_unpaid_counts_a_quarter_and_never_more_than_ten_dollars(self):
        self.assertEqual(revenue_level([revenue(0, 400)]), 2)
        self.assertEqual(revenue_level([revenue(0, 10**9)]), 6)
        # The quarter is of the sum, not of each event.
        self.assertEqual(revenue_level([revenue(0, 1) for _ in range(400)]), 2)


class Trend(unittest.TestCase):
    def test_points(self):
        self.assertEqual(trend_points(5, 0), 0)
        self.assertEqual(trend_points(0, 10), 0)
        self.assertEqual(trend_points(9, 10), 5)
        self.assertEqual(trend_points(11, 10), 6)
        self.assertEqual(trend_points(12, 10), 6)
        self.assertEqual(trend_points(15, 10), 8)
        self.assertEqual(trend_points(1_000, 10), 10)

    def test_unpaid_gives_three_at_most(self):
        self.assertEqual(revenue_trend([revenue(0, 4_000)], [revenue(40, 400)]), (3, "up"))
        self.assertEqual(revenue_trend([revenue(0, 4_000, paid=True)], [revenue(40, 400, paid=True)]), (10, "up"))

    def test_words(self):
        for last, before, word in ((1, 0, "insufficient"), (11, 10, "stable"), (12, 10, "up"), (9, 10, "stable"), (8, 10, "down")):
            paid = [revenue(0, last, paid=True)], [revenue(40, before, paid=True)]
            self.assertEqual(revenue_trend(*paid)[1], word)


class Trust(unittest.TestCase):
    def test_each_class_has_its_ceiling(self):
        self.assertEqual(trust([activity(n) for n in range(90)], 0), 5)
        self.assertEqual(trust([activity(n, 1) for n in range(90)], 0), 18)
        self.assertEqual(trust([activity(n, 2) for n in range(90)], 0), 25)

    def test_a_day_has_the_highest_class_among_its_events(self):
        self.assertEqual(trust([activity(0, 0), activity(0, 2), activity(0, 1)], 0), 0)  # 50 units
        self.assertEqual(trust([activity(n, t) for n in range(6) for t in (0, 2)], 0), 5)  # 300 units

    def test_a_witnessed_year_gives_three_more_and_eight_at_most(self):
        self.assertEqual(trust([activity(n) for n in range(10)], 365), 4)
        self.assertEqual(trust([activity(n) for n in range(90)], 365), 8)
        self.assertEqual(trust([activity(n) for n in range(90)], 364), 5)

    def test_an_override_replaces_it_while_in_force(self):
        machine = Machine(bonded_at=0, overrides=((NOW - 10, 25, NOW), (NOW - 20, 3, None)))
        self.assertEqual(rate(machine, [], NOW - 11).factors["trust"], 3)
        self.assertEqual(rate(machine, [], NOW - 1).factors["trust"], 25)
        self.assertEqual(rate(machine, [], NOW).factors["trust"], 0)


class History(unittest.TestCase):
    def test_what_was_not_witnessed_gives_five_at_most(self):
        self.assertEqual(history(360, 360), 15)
        self.assertEqual(history(10_000, 0), 5)
        self.assertEqual(history(240, 24), 6)
        self.assertEqual(history(0, 240), 10)


class Flag(unittest.TestCase):
    events = [activity(n, 2) for n in range(90)]

    def flagged(self, flags: tuple[tuple[int, int | None], ...], as_of: int = NOW) -> dict[str, int]:
        return rate(Machine(bonded_at=0, flags=flags), self.events, as_of).adjustments

    def test_takes_fifteen_of_the_trust_points_for_180_days(self):
        self.assertEqual(self.flagged(((NOW - 180 * DAY + 1, None),)), {"negative_flag": -15})
        self.assertEqual(self.flagged(((NOW - 180 * DAY, None),)), {})
        self.assertEqual(self.flagged(((NOW, None),)), {"negative_flag": -15})
        self.assertEqual(self.flagged(((NOW + 1, None),)), {})

    def test_never_takes_more_than_trust_gave(self):
        self.events = [activity(n) for n in range(10)]
        self.assertEqual(self.flagged(((NOW, None),)), {"negative_flag": -1})

    def test_a_clearing_lifts_it_from_its_time_on(self):
        self.assertEqual(self.flagged(((NOW - 10, NOW),)), {})
        self.assertEqual(self.flagged(((NOW - 10, NOW + 1),)), {"negative_flag": -15})
        self.assertEqual(self.flagged(((NOW - 20, None), (NOW - 10, NOW - 5))), {})


class Basis(unittest.TestCase):
    def test_known_leaves_out_what_was_recorded_later(self):
        events = [activity(n, recorded_days_ago=0) for n in range(10, 20)]
        then = NOW - DAY
        self.assertEqual(rate(BONDED, events, then, "known").gates["events"], (0, 5))
        self.assertEqual(rate(BONDED, events, then, "dated").gates["events"], (10, 5))

    def test_a_day_counts_up_to_the_moment_asked_about(self):
        late = Event(ACTIVITY, NOW + 60, NOW + 60, None, 2, False)
        self.assertEqual(rate(BONDED, [late], NOW, "dated").factors["cadence"], 0)
        self.assertEqual(rate(BONDED, [late], NOW + 60, "dated").factors["cadence"], 1)

    def test_windows_end_where_the_specification_says(self):
        self.assertEqual(rate(BONDED, [activity(29), activity(30)], NOW).factors["cadence"], 1)
        self.assertEqual(rate(BONDED, [revenue(89, 100, paid=True)], NOW).factors["revenue_level"], 2)
        self.assertEqual(rate(BONDED, [revenue(90, 100, paid=True)], NOW).factors["revenue_level"], 0)

    def test_an_unknown_basis_is_refused(self):
        with self.assertRaises(ValueError):
            rate(BONDED, [], NOW, "later")


if __name__ == "__main__":
    unittest.main()
