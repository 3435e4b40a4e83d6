"""Asks with values that are made from the description: such as it allows, and such as it does not.

schemathesis does it; `schemathesis.toml` says by which rules. It is told which polls, releases and
files of the log there are, as nobody guesses an identifier.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from engine import EVENTS, Engine

HERE = Path(__file__).resolve().parent
SEED = "20261103"
# Ten seconds are usual, and a minute on a busy machine.
SECONDS_MAX = 300


def check(engine: Engine) -> None:
    seed = os.environ.get("HOLOS_TEST_SEED", SEED)
    print(f"  HOLOS_TEST_SEED={seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder, "openapi.json")
        described.write_text(json.dumps(engine.document))
        for name, values in _known(engine).items():
            # As dictionaries of libFuzzer are written: one quoted text a line.
            Path(folder, f"{name}.dict").write_text("".join(f'"{value}"\n' for value in values))
        examples = defaultdict(list)
        for address in engine.addresses:
            examples[address.template].append(address.values)
        # It reads both from where it runs; what it leaves behind goes with the folder.
        for name in ("schemathesis.toml", "made_hooks.py"):
            shutil.copy(HERE / name, folder)
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(described)]
        command += ["--url", engine.pages, "--exclude-path", EVENTS, "--seed", seed, "--no-color"]
        environment = {
            **os.environ,
            # Sets have an order of their own in every run of Python, unless it is told which.
            "PYTHONHASHSEED": "0",
            "SCHEMATHESIS_HOOKS": "made_hooks",
            "HOLOS_EXAMPLES": json.dumps(examples),
        }
        ended = subprocess.run(
            command, env=environment, cwd=folder, check=False, timeout=SECONDS_MAX
        )
    rule = "made values are answered as is described"
    engine.report.expect(rule, ended.returncode == 0, f"HOLOS_TEST_SEED={seed}", "see above")


def _known(engine: Engine) -> dict[str, list[str | int]]:
    """Values that mean something in the places of addresses."""
    found: dict[str, dict[str | int, None]] = defaultdict(dict)
    for address in engine.addresses:
        for name, value in address.values.items():
            found[name][value] = None
    # Such as look like one, and are none.
    found["id"] |= dict.fromkeys(["x", "01A19B0E-C980-706D-8BCB-A9129F21189E", "..", "null"])
    found["release"] |= dict.fromkeys([0, 1_101, 4_294_967_297])
    found["path"] |= dict.fromkeys(["tile/0/000", "tile/0/x001/000", "tile/64/000", ".", "LOCK"])
    return {name: list(values) for name, values in found.items()}
