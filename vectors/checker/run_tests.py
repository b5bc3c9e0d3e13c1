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
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GENERATOR = ROOT / "vectors" / "score-random.ts"
NODE = ROOT / "node_modules" / ".bin" / "node"


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
    sys.path.insert(0, str(HERE))
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
    """None when every figure of every history is equal, else what to read."""
    node = os.environ.get("PEAQOS_NODE", str(NODE))
    flags = ["--conditions=@peaqos/source", "--disable-warning=ExperimentalWarning"]
    generator = subprocess.Popen(
        [node, *flags, str(GENERATOR), "--count", str(count), "--seed", str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    checked = subprocess.run(
        [sys.executable, str(HERE / "check.py"), "--jsonl", "-"],
        stdin=generator.stdout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    generator.stdout.close()
    print(checked.stdout.rstrip())
    if generator.wait() != 0:
        return f"vectors/score-random.ts ended with exit code {generator.returncode}"
    if checked.returncode != 0:
        return f"random histories differ from the service's figures:\n{checked.stdout[-3000:]}"
    if not checked.stdout.rstrip().splitlines()[-1].startswith(f"{count} histories"):
        return f"{count} histories were asked for: {checked.stdout.rstrip().splitlines()[-1]}"
    return None


if __name__ == "__main__":
    sys.exit(main())
