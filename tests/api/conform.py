"""Asks a running engine whether its API is what its description says.

    python -m venv venv && venv/bin/pip install -r tests/api/requirements.txt
    HOLOS_PAGES=http://127.0.0.1:PORT HOLOS_POLLS='{"split": "<id>", "filed": "<id>", ...}' \\
        venv/bin/python tests/api/conform.py

The engine must hold the polls of tests/it/readers/gallery.rs, and its time must stand still: what
is asked twice is compared. Nothing is written. HOLOS_TEST_SEED chooses other made values.
"""

import os
import sys
import time

# Nothing is left in the work tree.
sys.dont_write_bytecode = True

import description
import events
import files
import listing
import made
import refusals
from engine import Engine


def main() -> int:
    engine = Engine(os.environ["HOLOS_PAGES"], os.environ["HOLOS_POLLS"])
    parts = {
        "the description": description.check,
        "files and their copies": files.check,
        "the list of polls": listing.check,
        "refusals": refusals.check,
        "events": events.check,
        "made values": made.check,
    }
    for name, check in parts.items():
        started = time.monotonic()
        print(f"\n{name}")
        check(engine)
        engine.report.tell()
        print(f"  {time.monotonic() - started:.1f} s", flush=True)
    print(f"\n{engine.asked} requests by hand; {engine.report.summary()}")
    return 1 if engine.report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
