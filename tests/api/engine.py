"""A running engine: its description, all its addresses, and one way to ask it.

What holds for every answer of the API is looked at here, whatever it was asked for.
"""

import http.client
import itertools
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from report import Report

DESCRIPTION = "/api/v1/openapi.json"
LOG = "/api/v1/log/"
PROBLEM = "application/problem+json"
# Title and number of the poll "filed" of tests/it/readers/gallery.rs, which is not public.
SECRET = b"not-yet-to-be-seen"
# It never ends by itself, and so is asked only in `events`.
EVENTS = "/api/v1/polls/{id}/events"


@dataclass(frozen=True)
class Address:
    """An address that the description has, with values in its places."""

    template: str
    path: str
    values: Mapping[str, str | int]

    @classmethod
    def of(cls, template: str, values: Mapping[str, str | int]) -> "Address":
        path = re.sub(r"{([^}]*)}", lambda place: str(values.get(place[1], place[0])), template)
        return cls(template, path, values)


@dataclass(frozen=True)
class Answer:
    request: str
    status: int
    # In lower case, in the order of the answer, without the date.
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return ", ".join(value for held, value in self.headers if held == name)

    def json(self) -> dict:
        return json.loads(self.body)

    def kind(self) -> str:
        return self.header("content-type").split(";")[0].strip()

    def shown(self) -> str:
        return f"{self.status} {dict(self.headers)} {self.body[:120]!r}"


class Engine:
    def __init__(self, pages: str, polls: str) -> None:
        self.pages = pages
        self.polls: dict[str, str] = json.loads(polls)
        self.report = Report()
        self.asked = 0
        # One connection for all: a body where there must be none would be read as the next answer.
        self._connection = http.client.HTTPConnection(urlsplit(pages).netloc, timeout=30)
        # As polls have them: a UUID of version 7.
        self.unknown_poll = "01a1a0be-79c0-7" + str(uuid.UUID(int=0x5EED, version=4))[15:]

    @cached_property
    def document(self) -> dict:
        self._connection.request("GET", DESCRIPTION)
        return json.loads(self._connection.getresponse().read())

    def operations(self) -> Iterator[tuple[str, dict]]:
        """Every operation by its address; there are none but GET."""
        for template, item in self.document["paths"].items():
            yield template, item["get"]

    def ask(
        self,
        address: Address | str,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> Answer:
        template, path = _parts(address)
        headers = dict(headers or {})
        response = self._send(method, path, headers)
        found = tuple((name.lower(), value) for name, value in response.getheaders())
        told = "".join(f" {name}: {value}" for name, value in headers.items())
        answer = Answer(
            request=f"{method} {path}{told}",
            status=response.status,
            headers=tuple(header for header in found if header[0] != "date"),
            body=response.read(),
        )
        self._look_at(answer, template, method)
        return answer

    def _send(self, method: str, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        self.asked += 1
        for attempt in itertools.count():
            try:
                # Without this the client asks for `identity` by itself.
                self._connection.putrequest(method, path, skip_accept_encoding=True)
                for name, value in headers.items():
                    self._connection.putheader(name, value)
                self._connection.endheaders()
                return self._connection.getresponse()
            except (http.client.RemoteDisconnected, ConnectionError):
                # The engine closes connections that say nothing for long.
                self._connection.close()
                if attempt == 1:
                    raise
        raise AssertionError("the loop ends by itself")

    def _look_at(self, answer: Answer, template: str, method: str) -> None:
        def expect(rule: str, holds: bool, got: object) -> None:
            self.report.expect(rule, holds, answer.request, got, of=template)

        origin = answer.header("access-control-allow-origin")
        expect("any site may read any answer", origin == "*", origin)
        sniff = answer.header("x-content-type-options")
        expect("nobody guesses a type", sniff == "nosniff", sniff)
        if not answer.header("content-encoding"):
            named = self.polls["filed"].encode() in answer.body or SECRET in answer.body
            expect("what is not public is named nowhere", not named, answer.body[:200])
        if answer.status not in (200, 304):
            keep = answer.header("cache-control")
            expect("what is no file is kept by nobody", keep == "no-store", keep)
        if answer.status >= 400:
            self._look_at_problem(answer, template, method)

    def _look_at_problem(self, answer: Answer, template: str, method: str) -> None:
        def expect(rule: str, holds: bool, got: object) -> None:
            self.report.expect(rule, holds, answer.request, got, of=template)

        kind = answer.header("content-type")
        expect("a refusal is application/problem+json", kind == PROBLEM, kind)
        if method == "HEAD" or kind != PROBLEM:
            return
        errors = [error.message for error in self.problems.iter_errors(answer.json())]
        expect("a refusal has the schema Problem, and no more", not errors, errors)
        said = answer.json().get("status")
        expect("a problem says the status of its answer", said == answer.status, said)

    @cached_property
    def problems(self) -> Draft202012Validator:
        return self.validator({"$ref": "#/components/schemas/Problem"})

    def validator(self, schema: dict) -> Draft202012Validator:
        """Checks by a schema of the description; a field that it does not describe is wrong."""
        whole = {**schema, "components": {"schemas": self._closed_schemas}}
        return Draft202012Validator(whole, format_checker=FormatChecker())

    @cached_property
    def _closed_schemas(self) -> dict:
        """The described schemas, where nothing may stand beside the fields that they describe."""
        schemas = self.document["components"]["schemas"]
        closed = {}
        for name, schema in schemas.items():
            if "allOf" in schema:
                # The parts stand open in it: each sees the fields of the others.
                parts = [
                    schemas[part["$ref"].split("/")[-1]] if "$ref" in part else part
                    for part in schema["allOf"]
                ]
                closed[name] = {**schema, "allOf": parts, "unevaluatedProperties": False}
            elif "properties" in schema:
                closed[name] = {**schema, "unevaluatedProperties": False}
            else:
                closed[name] = schema
        return closed

    def releases(self, poll: str) -> list[int]:
        """The numbers of a poll's releases, and one that it has not."""
        answer = self.ask(f"/api/v1/polls/{poll}/releases")
        held = [row["release"] for row in answer.json().get("releases", [])]
        return [*held, len(held) + 1]

    @cached_property
    def addresses(self) -> list[Address]:
        """All that the description has for the gallery's polls, their releases and the log."""
        polls = [{"id": poll} for poll in [*self.polls.values(), self.unknown_poll]]
        releases = [
            {"id": poll, "release": number}
            for poll in self.polls.values()
            for number in self.releases(poll)
        ]
        values = {
            frozenset(): [{}],
            frozenset({"id"}): polls,
            frozenset({"id", "release"}): releases,
            frozenset({"path"}): [{"path": path} for path in self.log_paths],
        }
        found = []
        for template, _ in self.operations():
            named = frozenset(re.findall(r"{([^}]*)}", template))
            known = self.report.expect(
                "the places of an address are known here", named in values, template, set(named)
            )
            if known and template != EVENTS:
                found += [Address.of(template, each) for each in values[named]]
        return found

    @cached_property
    def log_paths(self) -> list[str]:
        """The log's checkpoint, its first tiles, and a tile that is not there."""
        # The second line of a checkpoint is the size of its tree (C2SP tlog-checkpoint); a tile
        # that is not full has its width in its path.
        size = int(self.ask(f"{LOG}checkpoint").body.split(b"\n")[1])
        first = "000" if size >= 256 else f"000.p/{size}"
        return ["checkpoint", f"tile/0/{first}", f"tile/entries/{first}", "tile/0/999"]


def _parts(address: Address | str) -> tuple[str, str]:
    if isinstance(address, Address):
        return address.template, address.path
    return address.split("?")[0], address
