#!/usr/bin/env python3
"""Runs the checker's own tests, then compares random histories with the service's figures.

  run_tests.py [--histories N] [--seed S]     default 10000 and 1

The histories come from vectors/score-random.ts. PEAQOS_NODE names the Node that runs it (default: the repository's).
With PEAQOS_TEST_REPORT a JSON report { passed, failed, skipped, failures } is written there, for `npm test`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GENERATOR = ROOT / "vectors" / "score-random.ts"
NODE = ROOT / "node_modules" / ".bin" / "node"
SLICE = 2_000

sys.path.insert(0, str(HERE))

from check import check_line, load_rates, print_table  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    report = run_unit_tests()
    failure = compare_histories(options.histories, options.seed)
    if failure is None:
        report["passed"] += 1
    else:
        report["failed"] += 1
        report["failures"].append(failure)
    target = os.environ.get("PEAQOS_TEST_REPORT")
    if target:
        Path(target).write_text(json.dumps(report), encoding="utf-8")
    return 1 if report["failed"] else 0


def run_unit_tests() -> dict:
    suite = unittest.defaultTestLoader.discover(str(HERE))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
    bad = [f"vectors/checker: {test}\n{trace}" for test, trace in result.failures + result.errors]
    skipped = len(result.skipped)
    return {
        "passed": result.testsRun - len(bad) - skipped,
        "failed": len(bad),
        "skipped": skipped,
        "failures": bad,
    }


def compare_histories(count: int, seed: int) -> str | None:
    """None when every figure of every history is equal, else what to read. In slices, so that files stay small."""
    rates = load_rates(None)
    compared = figures = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "histories.jsonl"
        for start in range(0, count, SLICE):
            size = min(SLICE, count - start)
            failure = print_histories(path, size, seed + start // SLICE)
            if failure:
                return failure
            for line in path.read_text(encoding="utf-8").splitlines():
                rows = check_line(json.loads(line), rates)
                compared += 1
                figures += len(rows)
                different = [row for row in rows if not row.equal]
                if different:
                    print_table(different)
                    names = ", ".join(row.figure for row in different)
                    return f"history {compared} (seed {seed + start // SLICE}) differs from the service's figures in {names}"
    print(f"{compared} random histories, {figures} figures: all equal")
    return None if compared == count else f"{count} histories were asked for, {compared} came"


def print_histories(path: Path, count: int, seed: int) -> str | None:
    node = os.environ.get("PEAQOS_NODE", str(NODE))
    flags = ["--conditions=@peaqos/source", "--disable-warning=ExperimentalWarning"]
    command = [node, *flags, str(GENERATOR), "--count", str(count), "--seed", str(seed)]
    with path.open("wb") as file:
        code = subprocess.run(command, cwd=ROOT, stdout=file, check=False).returncode
    return f"vectors/score-random.ts ended with exit code {code}" if code else None


if __name__ == "__main__":
    sys.exit(main())
