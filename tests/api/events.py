"""The stream of a poll's events. It ends only after minutes, so one event is read of it."""

import http.client
import json
from urllib.parse import urlsplit

from engine import EVENTS, Answer, Engine

# An event is a few hundred bytes.
LINES_MAX = 50


def check(engine: Engine) -> None:
    described = engine.document["paths"][EVENTS]["get"]["responses"]["200"]["content"]
    kinds = list(described)
    engine.report.expect("events are described", kinds == ["text/event-stream"], EVENTS, kinds)
    validator = engine.validator(described["text/event-stream"]["schema"])
    for name, poll in engine.polls.items():
        if name == "filed":
            continue
        for headers in ({}, {"accept-encoding": "br, gzip"}, {"last-event-id": "0123456789abcdef"}):
            head, fields = _first_event(engine, poll, headers)
            _look_at_head(engine, head)
            data = json.loads(fields.get("data", "{}"))
            errors = [error.message for error in validator.iter_errors(data)]
            rule = "an event's data has its schema, and no more"
            engine.report.expect(rule, not errors, head.request, errors)
            _look_at_event(engine, head, poll, fields, data)
        head = engine.ask(EVENTS.replace("{id}", poll), method="HEAD")
        engine.report.expect("HEAD of events ends", head.status == 200, head.request, head.shown())
        _look_at_head(engine, head)


def _first_event(
    engine: Engine, poll: str, headers: dict[str, str]
) -> tuple[Answer, dict[str, str]]:
    path = EVENTS.replace("{id}", poll)
    # A connection of its own, which ends before the stream does.
    connection = http.client.HTTPConnection(urlsplit(engine.pages).netloc, timeout=30)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    fields: dict[str, str] = {}
    for _ in range(LINES_MAX):
        line = response.readline().decode().rstrip("\n")
        if not line:
            break
        name, _, value = line.partition(":")
        fields[name] = value.removeprefix(" ")
    found = tuple((name.lower(), value) for name, value in response.getheaders())
    connection.close()
    return Answer(f"GET {path} {headers}", response.status, found, b""), fields


def _look_at_head(engine: Engine, head: Answer) -> None:
    wanted = {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "access-control-allow-origin": "*",
        # A gathering encoder would hold events back.
        "content-encoding": "",
    }
    got = {name: head.header(name) for name in wanted}
    holds = head.status == 200 and got == wanted
    engine.report.expect("a stream is one, and is not kept", holds, head.request, head.shown())


def _look_at_event(
    engine: Engine, head: Answer, poll: str, fields: dict[str, str], data: dict
) -> None:
    def expect(rule: str, holds: bool, got: object) -> None:
        engine.report.expect(rule, holds, head.request, got)

    expect("one event arrives at once", fields.get("event") == "poll", fields)
    same = fields.get("id") == data.get("version")
    expect("an event's id is the version that it tells", same, fields)
    expect("an event says when to come back", fields.get("retry", "").isdigit(), fields)
    document = engine.ask(f"/api/v1/polls/{poll}").json()
    told = (data.get("poll"), data.get("state"), data.get("release"))
    read = (poll, document["state"], document.get("latest", {}).get("release"))
    expect("an event says what the poll says", told == read, f"{told} instead of {read}")
