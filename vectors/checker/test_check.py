"""The command itself: reads pages over HTTP, says what differs, and ends with the right code."""

import contextlib
import io
import json
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse

from check import main
from inputs import read_event, read_machine
from model import DAY, rate

DID = "did:peaq:0x" + "11" * 20
HEAD = 20_000 * DAY
MACHINE = {"machine_id": 1, "bonded_at": 5, "flags": [], "overrides": []}


def item(index: int) -> dict:
    at = HEAD - index * DAY
    return {
        "index": index,
        "event_type": 0,
        "timestamp": at,
        "recorded_at": at,
        "value": 12_345,
        "currency": "USD",
        "usd": 12_345,
        "usd_source": "identity",
        "scoring_usd": 12_345,
        "trust_claimed": 1,
        "trust_effective": index % 2,
        "trust_reason": None if index % 2 else "tx_missing",
        "paid": index % 2 == 1,
    }


ITEMS = [item(index) for index in range(40)]


def figures(as_of: int) -> dict:
    events = [read_event(entry, entry["scoring_usd"]) for entry in ITEMS]
    found = rate(read_machine(MACHINE), events, as_of)
    return {
        "as_of": as_of,
        "model": "mcr-1",
        "mcr": found.mcr,
        "mcr_score": found.mcr_score,
        "raw_score": found.raw_score,
        "factors": found.factors,
    }


def explanation() -> dict:
    found = figures(HEAD)
    return found | {
        "block_number": 7,
        "status": "rated",
        "factors": [{"id": name, "points": points} for name, points in found["factors"].items()],
        "adjustments": [],
        "gates": [{"id": "qualifying_events", "passed": True, "value": 40, "needed": 5}],
        "evidence": {
            "claimed": {"self": 0, "onchain": 40, "hardware": 0},
            "effective": {"self": 20, "onchain": 20, "hardware": 0},
            "paid": 20,
            "downgraded": [{"reason": "tx_missing", "count": 20}],
        },
    }


def summary() -> dict:
    found = figures(HEAD)
    return {
        "mcr": found["mcr"],
        "mcr_score": found["mcr_score"],
        "bond_status": "bonded",
        "negative_flag": False,
        "event_count": 40,
        "revenue_event_count": 40,
        "activity_event_count": 0,
        "revenue_trend": "up",
        "total_revenue": 40 * 12_345,
    }


class Fake(BaseHTTPRequestHandler):
    """A rating service that answers from the model, with whatever `change` does to an explanation."""

    change = staticmethod(lambda answer: answer)

    def do_GET(self):  # noqa: N802
        url = urlparse(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path.endswith("/explain"):
            self.reply(Fake.change(explanation()))
        elif url.path.endswith("/history"):
            days = range(int(query["from"]), int(query["to"]) + 1, DAY)
            self.reply({"items": [figures(at) for at in days]})
        elif url.path == f"/mcr/{DID}":
            self.reply(summary())
        elif url.path.endswith("/machines"):
            offset = int(query["offset"])
            page = {"machines": [{"did": DID}], "pagination": {"offset": offset, "limit": 1, "total": 3}}
            self.reply(page)
        elif url.path.endswith("/inputs"):
            start = int(query.get("cursor", "0"))
            page = {"machine": MACHINE, "items": ITEMS[start : start + 25]}
            self.reply(page | ({"next_cursor": str(start + 25)} if start + 25 < len(ITEMS) else {}))
        else:
            self.send_error(404)

    def reply(self, body: dict):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Command(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = HTTPServer(("127.0.0.1", 0), Fake)
        cls.url = f"http://127.0.0.1:{cls.server.server_port}"
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def tearDown(self):
        Fake.change = staticmethod(lambda answer: answer)

    def run_check(self, *arguments: str) -> tuple[int, str]:
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            code = main(list(arguments))
        return code, output.getvalue()

    def test_equal_figures_end_with_0(self):
        code, output = self.run_check("--url", self.url, "--did", DID, "--history", "500")
        self.assertEqual(code, 0, output)
        self.assertIn("0 differ", output)
        self.assertIn("501 past days", output)
        self.assertIn("US dollars of 40 events recomputed", output)

    def test_one_wrong_point_is_named_and_ends_with_1(self):
        def change(answer: dict) -> dict:
            answer["factors"][2]["points"] -= 1
            return answer

        Fake.change = staticmethod(change)
        code, output = self.run_check("--url", self.url, "--did", DID)
        self.assertEqual(code, 1)
        self.assertRegex(output, r"factor cadence +19 +20 +<-- differs")
        self.assertIn("sum of the points", output)

    def test_all_machines_of_a_devnet(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"urls": {"rating": self.url}, "machines": [{"name": "a", "did": DID}] * 2}, file)
            file.flush()
            code, output = self.run_check("--all-machines", file.name, "--quiet")
        self.assertEqual((code, output.strip().splitlines()[-1]), (0, "2 machines: 2 equal, 0 differ"))

    def test_all_machines_of_an_operator(self):
        code, output = self.run_check("--url", self.url, "--operator", DID, "--quiet")
        self.assertEqual((code, output.strip().splitlines()[-1]), (0, "3 machines: 3 equal, 0 differ"))

    def test_nobody_there_ends_with_2_and_names_the_address(self):
        code, output = self.run_check("--url", "http://127.0.0.1:9", "--did", DID)
        self.assertEqual(code, 2)
        self.assertIn("http://127.0.0.1:9/mcr/", output)

    def test_histories_from_a_file(self):
        line = {"inputs": {"machine": MACHINE, "items": ITEMS}, "as_of": HEAD, "basis": "known", "explain": figures(HEAD)}
        wrong = line | {"explain": {"raw_score": 1}}
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(json.dumps(line) + "\n" + json.dumps(wrong) + "\n")
            file.flush()
            code, output = self.run_check("--jsonl", file.name)
        self.assertEqual(code, 1)
        self.assertIn("line 2", output)
        self.assertIn("2 histories, 169 figures: 1 equal, 1 differ", output)


if __name__ == "__main__":
    unittest.main()
