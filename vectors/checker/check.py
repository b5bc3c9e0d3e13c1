#!/usr/bin/env python3
"""Recomputes ratings from their published inputs and compares every figure.

  check.py --url http://127.0.0.1:8000 --did did:peaq:0x...       one machine, now
           [--as-of UNIX_SECONDS] [--basis known|dated]           ... or at another time
           [--history DAYS]                                       ... and on each of the past DAYS days
  check.py --all-machines .peaqos/devnet.json                     every machine that a devnet was seeded with
  check.py --url ... --operator did:peaq:0x...                    every machine of an operator
  check.py --jsonl FILE                                           histories from a file ("-" reads standard input):
                                                                  one {"inputs", "as_of", "basis", "explain"} a line

Exit code 0: everything is equal; 1: something differs; 2: it could not be checked.
Needs Python 3.10 or newer and nothing else.
"""

import argparse
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from client import Service, ServiceError  # noqa: E402
from compare import Amounts, Row, compare_explain, compare_past, compare_summary, read_history, taken  # noqa: E402
from fx import Rates, read_snapshot  # noqa: E402
from inputs import BadInputs  # noqa: E402
from model import MODEL, rate  # noqa: E402

HERE = Path(__file__).resolve().parent
SNAPSHOT = HERE.parent.parent / "services" / "rating" / "data" / "ecb-rates.bin.gz"


def main(argv: list[str] | None = None) -> int:
    options = parse(argv)
    try:
        rates = load_rates(options.rates)
        if options.jsonl:
            return check_file(options.jsonl, rates)
        machines, url = targets(options)
        service = Service(url)
        machines += [("", did) for operator in options.operator or [] for did in service.machines_of(operator)]
        results = [check_machine(service, did, name, options, rates) for name, did in machines]
        differing = results.count(False)
        if len(results) > 1:
            print(f"\n{len(results)} machines: {len(results) - differing} equal, {differing} differ")
        return 1 if differing else 0
    except (ServiceError, BadInputs, OSError, ValueError) as error:
        print(f"check.py: {error}", file=sys.stderr)
        return 2


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="check.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="the rating service (default: from --all-machines, else http://127.0.0.1:8000)")
    parser.add_argument("--did", action="append", help="did:peaq:0x... (may be given several times)")
    parser.add_argument("--operator", action="append", help="did:peaq:0x...: check every machine of this operator")
    parser.add_argument("--all-machines", metavar="FILE", help="devnet.json: check every machine it names")
    parser.add_argument("--as-of", type=int, metavar="T", help="Unix seconds (default: the head block's time)")
    parser.add_argument("--basis", choices=("known", "dated"), default="known")
    parser.add_argument("--history", type=int, default=0, metavar="DAYS", help="compare this many past days too")
    parser.add_argument("--jsonl", metavar="FILE")
    parser.add_argument("--rates", metavar="FILE", help="exchange rates (default: the snapshot in services/rating/data)")
    parser.add_argument("--quiet", action="store_true", help="print differences only")
    options = parser.parse_args(argv)
    if not (options.did or options.operator or options.all_machines or options.jsonl):
        parser.error("name what to check: --did, --operator, --all-machines or --jsonl")
    if options.history < 0:
        parser.error("--history takes a number of days, 0 or more")
    return options


def load_rates(path: str | None) -> Rates | None:
    if path is not None:
        return read_snapshot(path)
    return read_snapshot(str(SNAPSHOT)) if SNAPSHOT.exists() else None


def targets(options: argparse.Namespace) -> tuple[list[tuple[str, str]], str]:
    machines = [("", did) for did in options.did or []]
    url = options.url
    if options.all_machines:
        with open(options.all_machines, encoding="utf-8") as file:
            devnet = json.load(file)
        machines += [(machine.get("name", ""), machine["did"]) for machine in devnet["machines"]]
        url = url or rating_url(devnet)
    return machines, url or "http://127.0.0.1:8000"


def rating_url(devnet: dict) -> str | None:
    """The rating service's URL, wherever devnet.json keeps its URLs."""
    urls = devnet.get("urls", devnet)
    found = [urls[name] for name in ("rating", "mcr", "mcrApi", "mcr_api") if isinstance(urls.get(name), str)]
    return found[0] if found else None


def check_machine(service: Service, did: str, name: str, options: argparse.Namespace, rates: Rates | None) -> bool:
    # A block between the two answers can change both, so a difference counts only when the head stood still.
    for _ in range(3):
        answer = service.explain(did, options.as_of, options.basis)
        inputs = service.inputs(did)
        # The published short answer is always about now.
        summary = service.mcr(did) if options.as_of is None and options.basis == "known" else None
        again = service.explain(did, options.as_of, options.basis)
        if again["block_number"] == answer["block_number"] and again == answer:
            break
    as_of = answer["as_of"]
    machine, events, rows, amounts = read_history(inputs, rates)
    ours = rate(machine, events, as_of, options.basis)
    if summary is not None:
        rows += compare_summary(summary, ours, *taken(events, inputs["items"], as_of, options.basis))
    rows.append(Row("model", answer["model"], MODEL))
    rows += compare_explain(answer, ours, *taken(events, inputs["items"], as_of, options.basis))
    past_days = 0
    if options.history:
        for item in service.history(did, as_of, options.history, options.basis):
            past_days += 1
            when = f"at {item['as_of']}: "
            past = compare_past(item, machine, events, options.basis)
            rows += [Row(when + row.figure, row.theirs, row.ours) for row in past]
    report(name, did, as_of, options, rows, amounts, past_days)
    return all(row.equal for row in rows)


def report(
    name: str, did: str, as_of: int, options: argparse.Namespace, rows: list[Row], amounts: Amounts, past_days: int
) -> None:
    different = [row for row in rows if not row.equal]
    title = f"{name} {did}".strip()
    if not options.quiet:
        print(f"\n{title}  as of {as_of}, basis {options.basis}")
        shown = [row for row in rows if not row.figure.startswith(("event ", "at "))]
        print_table(shown + [row for row in different if row not in shown])
    elif different:
        print(f"\n{title}")
        print_table(different)
    notes = [f"{len(rows)} figures, {len(different)} differ"]
    if past_days:
        notes.append(f"{past_days} past days")
    notes.append(f"US dollars of {amounts.recomputed} events recomputed, of {amounts.taken} taken from the inputs")
    print(f"{title if options.quiet else ' '}{': ' if options.quiet else ' '}{'; '.join(notes)}")


def print_table(rows: list[Row]) -> None:
    width = max((len(row.figure) for row in rows), default=6)
    print(f"  {'figure':<{width}}  {'service':>14}  {'checker':>14}")
    for row in rows:
        mark = "" if row.equal else "   <-- differs"
        print(f"  {row.figure:<{width}}  {text(row.theirs):>14}  {text(row.ours):>14}{mark}")


def text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def check_file(path: str, rates: Rates | None) -> int:
    """Histories as JSON lines; prints the first differing ones in full."""
    count, differing, figures = 0, 0, 0
    file = sys.stdin if path == "-" else open(path, encoding="utf-8")
    with file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            count += 1
            rows = check_line(json.loads(line), rates)
            figures += len(rows)
            different = [row for row in rows if not row.equal]
            if different:
                differing += 1
                if differing <= 10:
                    print(f"\nline {number}:")
                    print_table(different)
    print(f"{count} histories, {figures} figures: {count - differing} equal, {differing} differ")
    if count == 0:
        print("check.py: the file holds no history", file=sys.stderr)
        return 2
    return 1 if differing else 0


def check_line(line: dict, rates: Rates | None) -> list[Row]:
    """One history. `explain` holds the figures to compare, as many of an /explain answer as there are."""
    missing = [name for name in ("inputs", "as_of", "explain") if name not in line]
    if missing:
        raise BadInputs(f"a line of the file lacks {', '.join(missing)}")
    inputs, as_of, basis = line["inputs"], line["as_of"], line.get("basis", "known")
    machine, events, rows, _ = read_history(inputs, rates)
    ours = rate(machine, events, as_of, basis)
    answer = line["explain"]
    if "revenue_trend" in line:
        answer = answer | {"trend": line["revenue_trend"]}
    compared = compare_explain(answer, ours, *taken(events, inputs["items"], as_of, basis))
    if not compared:
        raise BadInputs("`explain` of a line names no figure that this checker knows")
    return rows + compared


if __name__ == "__main__":
    sys.exit(main())
