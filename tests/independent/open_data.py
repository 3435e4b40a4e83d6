"""Checks the golden files of open data with other people's programs.

    pip install csvw==4.1.1 frictionless==5.21.0 pyshacl==0.40.1 rdflib==7.6.0 rfc8785==0.1.4 \\
        blake3==1.0.11
    python tests/independent/open_data.py

Tables against their CSVW descriptions (csvw), tables as such (frictionless), the catalogue against
the shapes of DCAT-AP 3.0.1 (rdflib, pyshacl), statements as canonical JSON (rfc8785), checksums
(blake3). Those of csvw, pyshacl and rfc8785 are also seen to refuse spoiled files. Nothing is
fetched.
"""

import csv
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import blake3
import frictionless
import pyshacl
import rdflib
import rfc8785
from csvw import CSVW
from rdflib import DCAT, DCTERMS, RDF
from rdflib.namespace import SH

DATA = Path(__file__).resolve().parent.parent / "data"
OPEN = DATA / "open"
SAMPLES = ["final", "live", "withdrawal"]
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
failed = []


def check(name, holds, detail=""):
    print("ok  " if holds else "FAIL", name, detail if not holds else "")
    if not holds:
        failed.append(name)


def csvw_valid(folder):
    try:
        return CSVW(str(folder / "results.csv"), validate=True).is_valid
    except ValueError:
        return False


def spoiled(folder, change):
    """The same folder with its table changed."""
    copy = Path(tempfile.mkdtemp()) / "copy"
    shutil.copytree(folder, copy)
    table = copy / "results.csv"
    table.write_bytes(change(table.read_bytes()))
    return copy


def tables():
    for sample in SAMPLES:
        folder = OPEN / sample
        check(f"csvw: {sample}", csvw_valid(folder))
        table = frictionless.Resource(path="results.csv", basepath=str(folder), encoding="utf-8")
        report = table.validate()
        wrong = [] if report.valid else report.flatten(["type", "note"])
        check(f"frictionless: {sample}", report.valid, str(wrong))
        with open(folder / "results.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, strict=True))
        hidden = [row for row in rows if row["status"] == "hidden"]
        check(f"hidden is no number: {sample}", all(row["value"] == "" for row in hidden))
        exact = [row for row in rows if row["status"] == "exact"]
        check(f"exact is a number: {sample}", all(row["value"].isdigit() for row in exact))
    folder = OPEN / "final"
    spoilers = {
        "a status that is not one": lambda table: table.replace(b",exact", b",about", 1),
        "a number below zero": lambda table: re.sub(rb",(\d+),exact", rb",-\1,exact", table, 1),
        "a row twice": lambda table: table + table.splitlines(True)[1],
        "another column": lambda table: table.replace(b"stratum,value", b"stratum,raw", 1),
    }
    for name, change in spoilers.items():
        check(f"csvw refuses {name}", not csvw_valid(spoiled(folder, change)))


def statements():
    for sample in SAMPLES:
        text = (OPEN / sample / "statement.json").read_bytes()
        check(f"rfc8785: {sample}", rfc8785.dumps(json.loads(text)) == text)
    check("rfc8785 refuses spaces", rfc8785.dumps(json.loads(b'{"a": 1}')) != b'{"a": 1}')


def shapes():
    """The shapes of DCAT-AP, without the names of shapes that the file does not define."""
    graph = rdflib.Graph().parse(DATA / "dcat-ap" / "shapes.ttl")
    for shape in set(graph.objects(None, SH.property)):
        if (shape, SH.path, None) not in graph:
            graph.remove((None, None, shape))
    return graph


def conforms(catalogue, constraints):
    """Whether no shape is violated, with the violations."""
    _, report, _ = pyshacl.validate(catalogue, shacl_graph=constraints, advanced=False)
    results = report.subjects(SH.resultSeverity, SH.Violation)
    wrong = {
        (str(report.value(each, SH.resultPath)), str(report.value(each, SH.resultMessage)))
        for each in results
    }
    return not wrong, wrong


def catalogue():
    constraints = shapes()
    graph = rdflib.Graph().parse(OPEN / "catalog.jsonld", format="json-ld")
    holds, wrong = conforms(graph, constraints)
    check("DCAT-AP shapes", holds, str(wrong))
    catalogue = graph.value(predicate=RDF.type, object=DCAT.Catalog)
    datasets = list(graph.objects(catalogue, DCAT.dataset))
    check("a dataset a poll", len(datasets) == len(SAMPLES))
    for prefix in [DCTERMS.title, DCTERMS.publisher]:
        less = rdflib.Graph() + graph
        less.remove((catalogue, prefix, None))
        check(f"shapes refuse a catalogue without {prefix}", not conforms(less, constraints)[0])
    distributions = list(graph.subjects(RDF.type, DCAT.Distribution))
    less = rdflib.Graph() + graph
    less.remove((distributions[0], DCAT.accessURL, None))
    check("shapes refuse a file without address", not conforms(less, constraints)[0])
    files(graph)


def files(graph):
    """Lengths and checksums of the latest release of each poll are those of the golden files."""
    for sample in SAMPLES:
        statement = json.loads((OPEN / sample / "statement.json").read_bytes())
        release = f"/polls/{statement['poll']}/releases/{statement['release']}"
        for ending, name in [("", "statement.json"), ("/results.csv", "results.csv")]:
            golden = (OPEN / sample / name).read_bytes()
            at = [each for each in graph.subjects(RDF.type, DCAT.Distribution)
                  if str(each).endswith(f"{release}{ending}#distribution")]
            size = [int(graph.value(each, DCAT.byteSize)) for each in at]
            check(f"length: {sample}{ending or '/'}", size == [len(golden)])
            sums = [graph.value(each, SPDX.checksum) for each in at]
            # A hexadecimal literal is bytes to rdflib.
            sums = [graph.value(each, SPDX.checksumValue).value.hex() for each in sums]
            digest = blake3.blake3(golden).hexdigest()
            check(f"checksum: {sample}{ending or '/'}", sums == [digest])


if __name__ == "__main__":
    tables()
    statements()
    catalogue()
    print(f"{len(failed)} failed" if failed else "all well")
    sys.exit(1 if failed else 0)
