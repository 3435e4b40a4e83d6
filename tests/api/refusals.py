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
NOT_HERE = ["/api/v1/", "/api/v1/nothing", "/api/v2/polls", "/api/v1/polls/", "/api/v1/keys/wrapping"]
NOT_HERE += ["/api/v1/log/", "/api/v1/log/tile", "/api/v1/log/..%2F..%2Fetc%2Fpasswd", "/api/v1/%FF"]
# Ways to ask that could take another way through the program.
WAYS = [
    {},
    {"accept-encoding": "br, gzip"},
    {"accept": "text/html"},
    {"if-none-match": "*"},
    {"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"range": "bytes=0-10"},
    {"last-event-id": "1"},
]


def check(engine: Engine) -> None:
    _malformed(engine)
    _no_release(engine)
    _not_here(engine)
    _methods(engine)
    _hidden(engine)


def _refused(engine: Engine, answer: Answer, template: str, status: int, reason: str) -> None:
    got = answer.json().get("reason") if answer.status >= 400 else ""
    holds = (answer.status, got) == (status, reason)
    rule = f"{reason} is {status}"
    engine.report.expect(rule, holds, answer.request, answer.shown(), of=template)
    described = engine.document["paths"].get(template, {}).get("get", {}).get("responses", {})
    # Of other methods OpenAPI describes no answers.
    if described and answer.status != 405:
        known = str(answer.status) in described
        engine.report.expect("a status is described", known, answer.request, answer.status, template)


def _of_polls(engine: Engine) -> list[str]:
    return [template for template, _ in engine.operations() if "{id}" in template]


def _malformed(engine: Engine) -> None:
    for template in _of_polls(engine):
        for value in MALFORMED:
            path = template.replace("{id}", value).replace("{release}", "1")
            answer = engine.ask(Address(template, path, {}))
            _refused(engine, answer, template, 400, "POLL_ID_MALFORMED")
        path = template.replace("{id}", engine.unknown_poll).replace("{release}", "1")
        answer = engine.ask(Address(template, path, {}))
        _refused(engine, answer, template, 404, "POLL_UNKNOWN")
        path = template.replace("{id}", "%FF").replace("{release}", "1")
        _refused(engine, engine.ask(Address(template, path, {})), template, 404, "NOT_FOUND")


def _no_release(engine: Engine) -> None:
    for template in _of_polls(engine):
        for value in NO_RELEASE if "{release}" in template else []:
            path = template.replace("{id}", engine.polls["split"]).replace("{release}", value)
            answer = engine.ask(Address(template, path, {}))
            _refused(engine, answer, template, 404, "RELEASE_UNKNOWN")


def _not_here(engine: Engine) -> None:
    for path in NOT_HERE:
        _refused(engine, engine.ask(path), path, 404, "NOT_FOUND")


def _methods(engine: Engine) -> None:
    poll = engine.polls["split"]
    for template, _ in engine.operations():
        path = template.replace("{id}", poll).replace("{release}", "1").replace("{path}", "checkpoint")
        for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "BREW"):
            answer = engine.ask(Address(template, path, {}), method=method)
            _refused(engine, answer, template, 405, "METHOD_NOT_ALLOWED")
            allowed = {name.strip() for name in answer.header("allow").split(",")}
            rule = "what is not allowed says what is"
            engine.report.expect(rule, allowed == {"GET", "HEAD"}, answer.request, allowed, template)


def _hidden(engine: Engine) -> None:
    """Of a poll that is not public nothing shows that it is there."""
    for template in [*_of_polls(engine), "/api/v1/polls/{id}/nothing"]:
        for method in ("GET", "HEAD", "OPTIONS", "POST"):
            for headers in WAYS:
                paths = (
                    template.replace("{id}", poll).replace("{release}", "1")
                    for poll in (engine.polls["filed"], engine.unknown_poll)
                )
                hidden, nobody = (
                    engine.ask(Address(template, path, {}), headers, method) for path in paths
                )
                same = (hidden.status, hidden.headers, hidden.body) == (
                    nobody.status,
                    nobody.headers,
                    nobody.body,
                )
                got = f"{hidden.shown()} instead of {nobody.shown()}"
                rule = "a hidden poll answers like one that does not exist"
                engine.report.expect(rule, same, hidden.request, got, of=template)
                if method in ("GET", "HEAD"):
                    rule = "a hidden poll is not found"
                    got = hidden.status
                    engine.report.expect(rule, got == 404, hidden.request, got, of=template)
