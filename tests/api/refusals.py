"""What is refused: that it says so in one form, and that a hidden poll is refused as one that does
not exist, byte by byte."""

from engine import Address, Answer, Engine

MALFORMED = [
    "x",
    "1",
    "null",
    "01a19b0ec980706d8bcba9129f21189e",
    "01A19B0E-C980-706D-8BCB-A9129F21189E",
    "{01a19b0e-c980-706d-8bcb-a9129f21189e}",
    "01a19b0e-c980-706d-8bcb-a9129f21189e%20",
    "01a19b0e-c980-706d-8bcb-a9129f21189%D1%94",
    "%00",
    "..%2F..%2Fetc%2Fpasswd",
    "%3Cscript%3E",
]
NO_RELEASE = ["0", "01", "+1", "-1", "1.0", "x", "%20", "1%00", "999999", "4294967297", "%D9%A1"]
NOT_HERE = [
    "/api/v1/",
    "/api/v1/nothing",
    "/api/v2/polls",
    "/api/v1/polls/",
    "/api/v1/keys/wrapping",
    "/api/v1/log/",
    "/api/v1/log/tile",
    "/api/v1/log/..%2F..%2Fetc%2Fpasswd",
    "/api/v1/%FF",
]
METHODS = ["POST", "DELETE", "BREW"]
# Ways to ask that could take another way through the program.
WAYS = [
    ("GET", {}),
    ("GET", {"accept-encoding": "br, gzip"}),
    ("GET", {"accept": "text/html"}),
    ("GET", {"if-none-match": "*"}),
    ("GET", {"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    ("GET", {"range": "bytes=0-10"}),
    ("GET", {"last-event-id": "1"}),
    ("HEAD", {}),
    ("HEAD", {"if-none-match": "*"}),
    ("OPTIONS", {"access-control-request-method": "GET"}),
    ("POST", {}),
]


def check(engine: Engine) -> None:
    _malformed(engine)
    _no_release(engine)
    _not_here(engine)
    _methods(engine)
    _hidden(engine)


def _refused(
    engine: Engine, address: Address, status: int, reason: str, method: str = "GET"
) -> Answer:
    answer = engine.ask(address, method=method)
    got = answer.json().get("reason") if answer.status >= 400 else ""

    def expect(rule: str, holds: bool, got: object) -> None:
        engine.report.expect(rule, holds, answer.request, got, of=address.template)

    expect(f"{reason} is {status}", (answer.status, got) == (status, reason), answer.shown())
    described = engine.document["paths"].get(address.template)
    # Of other methods OpenAPI describes no answers.
    if described and method == "GET":
        known = str(answer.status) in described["get"]["responses"]
        expect("a status is described", known, answer.status)
    return answer


def _of_polls(engine: Engine) -> list[str]:
    return [template for template, _ in engine.operations() if "{id}" in template]


def _malformed(engine: Engine) -> None:
    for template in _of_polls(engine):
        refused = {value: (400, "POLL_ID_MALFORMED") for value in MALFORMED}
        refused |= {engine.unknown_poll: (404, "POLL_UNKNOWN"), "%FF": (404, "NOT_FOUND")}
        for value, (status, reason) in refused.items():
            _refused(engine, Address.of(template, {"id": value, "release": 1}), status, reason)


def _no_release(engine: Engine) -> None:
    for template in _of_polls(engine):
        for value in NO_RELEASE if "{release}" in template else []:
            values = {"id": engine.polls["split"], "release": value}
            _refused(engine, Address.of(template, values), 404, "RELEASE_UNKNOWN")


def _not_here(engine: Engine) -> None:
    for path in NOT_HERE:
        _refused(engine, Address(path, path, {}), 404, "NOT_FOUND")


def _methods(engine: Engine) -> None:
    values = {"id": engine.polls["split"], "release": 1, "path": "checkpoint"}
    for template, _ in engine.operations():
        for method in METHODS:
            address = Address.of(template, values)
            answer = _refused(engine, address, 405, "METHOD_NOT_ALLOWED", method)
            allowed = {name.strip() for name in answer.header("allow").split(",")}
            holds = allowed == {"GET", "HEAD"}
            rule = "what is not allowed says what is"
            engine.report.expect(rule, holds, answer.request, allowed, of=template)


def _hidden(engine: Engine) -> None:
    """Of a poll that is not public nothing shows that it is there."""
    for template in [*_of_polls(engine), "/api/v1/polls/{id}/nothing"]:
        addresses = [
            Address.of(template, {"id": poll, "release": 1})
            for poll in (engine.polls["filed"], engine.unknown_poll)
        ]
        for method, headers in WAYS:
            hidden, nobody = (engine.ask(address, headers, method) for address in addresses)
            seen, unseen = ((one.status, one.headers, one.body) for one in (hidden, nobody))
            got = f"{hidden.shown()} instead of {nobody.shown()}"
            rule = "a hidden poll answers like one that does not exist"
            engine.report.expect(rule, seen == unseen, hidden.request, got, of=template)
            if method in ("GET", "HEAD"):
                rule, got = "a hidden poll is not found", str(hidden.status)
                engine.report.expect(rule, hidden.status == 404, hidden.request, got, of=template)
