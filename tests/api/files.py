"""What is answered with 200: its schema, and all by which a copy of it is kept and compared
(RFC 9110, 9111)."""

import gzip
import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import brotli

from engine import DESCRIPTION, EVENTS, LOG, PROBLEM, Address, Answer, Engine

DECODE = {"": bytes, "br": brotli.decompress, "gzip": gzip.decompress}

RELEASE = "/api/v1/polls/{id}/releases/{release}"
DEFINITION = "/api/v1/polls/{id}/definition"
# Bytes that are signed or hashed, and so never others.
FOREVER = {RELEASE, DEFINITION}
# Facts that stay, in a form that a new version of the program may change.
AN_HOUR = {
    f"{RELEASE}/results.csv",
    f"{RELEASE}/results.csv-metadata.json",
    "/api/v1/keys/log",
    "/api/v1/keys/publication",
    DESCRIPTION,
}
# Made from one release, or frozen with the poll's opening.
DATED = {
    "/api/v1/polls/{id}/results",
    "/api/v1/polls/{id}/results.csv",
    RELEASE,
    f"{RELEASE}/results.csv",
    DEFINITION,
}
# Made once for everybody who asks, and then also in every encoding.
ENCODED = DATED | {"/api/v1/polls/{id}", "/api/v1/polls/{id}/notice", DESCRIPTION}
# What is asked for, and the encoding that it should bring.
ACCEPTED = {
    "": "",
    "identity": "",
    "zstd": "",
    "*;q=0, identity": "",
    "br": "br",
    "gzip": "gzip",
    "br;q=0, gzip": "gzip",
    "gzip, deflate, br, zstd": "br",
}
# Below that an encoding may well make nothing smaller.
ENCODED_BYTES_MIN = 1_024


def check(engine: Engine) -> None:
    own = Address(DESCRIPTION, DESCRIPTION, {})
    answered: set[str] = set()
    for address in [*engine.addresses, own]:
        plain = engine.ask(address)
        _is_described(engine, address, plain)
        _head(engine, address, plain)
        if plain.status == 200:
            answered.add(address.template)
            _keep(engine, address, plain)
            _known(engine, address, plain)
        # Those of the poll with the longest files stand for all of their kind: on a busy machine
        # reads give way to everything else, and each request takes its time.
        if address.values.get("id") in (None, engine.polls["split"]):
            _preflight(engine, address)
            if plain.status == 200:
                _encodings(engine, address, plain)
                _conditions(engine, address, plain)
                _dates(engine, address, plain)
    for template, _ in engine.operations():
        if template != EVENTS:
            seen = template in answered
            engine.report.expect("every operation has been seen to answer", seen, template)


def _is_described(engine: Engine, address: Address, plain: Answer) -> None:
    if address.template == DESCRIPTION:
        return

    def expect(rule: str, holds: bool, got: object) -> bool:
        return _expect(engine, address, rule, holds, plain, got)

    responses = engine.document["paths"][address.template]["get"]["responses"]
    status = str(plain.status)
    if not expect("a status is described", status in responses, status):
        return
    content, kind = responses[status].get("content", {}), plain.header("content-type")
    known = expect("a media type is described", kind in content, kind)
    if known and kind != PROBLEM and kind.endswith("json"):
        errors = engine.validator(content[kind]["schema"]).iter_errors(plain.json())
        errors = [f"{error.json_path}: {error.message}" for error in errors]
        expect("a file has its schema, and no more", not errors, errors)


def _head(
    engine: Engine, address: Address, whole: Answer, headers: Mapping[str, str] | None = None
) -> None:
    head = engine.ask(address, headers, method="HEAD")
    same = (head.status, sorted(head.headers)) == (whole.status, sorted(whole.headers))
    got = f"{head.shown()} instead of {whole.shown()}"
    _expect(engine, address, "HEAD has the status and headers of GET", same, head, got)
    length = whole.header("content-length")
    _expect(engine, address, "a length is said", length == str(len(whole.body)), whole, length)


def _keep(engine: Engine, address: Address, plain: Answer) -> None:
    said = plain.header("cache-control")
    keep = dict(re.findall(r"([a-z-]+)(?:=(\d+))?", said))
    age = int(keep.get("max-age") or -1)
    immutable = "immutable" in keep
    if address.template in FOREVER or address.path.startswith(f"{LOG}tile/"):
        rule, holds = "what never changes is kept for good", immutable and age >= 31_536_000
    elif address.template in AN_HOUR:
        rule, holds = "what seldom changes is kept an hour", not immutable and age == 3_600
    else:
        rule, holds = "the latest is kept for seconds", not immutable and 0 < age <= 10
    _expect(engine, address, rule, holds and "public" in keep, plain, said)


def _encodings(engine: Engine, address: Address, plain: Answer) -> None:
    def expect(rule: str, holds: bool, answer: Answer, got: object) -> None:
        _expect(engine, address, rule, holds, answer, got)

    answers = []
    tags: dict[str, set[str]] = {}
    for accepted, wanted in ACCEPTED.items():
        headers = {"accept-encoding": accepted}
        answer = engine.ask(address, headers)
        answers.append(answer)
        _head(engine, address, answer, headers)
        encoding = answer.header("content-encoding")
        tags.setdefault(encoding, set()).add(answer.header("etag"))
        expect("an encoding is one that was asked for", encoding in ("", wanted), answer, encoding)
        if address.template in ENCODED and len(plain.body) >= ENCODED_BYTES_MIN:
            expect("a file is encoded as was asked for", encoding == wanted, answer, encoding)
        same = encoding in DECODE and DECODE[encoding](answer.body) == plain.body
        expect("an encoding has the same bytes", same, answer, answer.shown())
    if tags.keys() == {""}:
        return
    # Also what is in no encoding varies: a cache may ask for it first.
    for answer in [plain, *answers]:
        vary = answer.header("vary")
        expect("what is encoded varies", "accept-encoding" in _list(vary), answer, vary)
    all_tags = [tag for held in tags.values() for tag in held]
    expect("each encoding has one tag of its own", len(set(all_tags)) == len(tags), plain, tags)


def _known(engine: Engine, address: Address, plain: Answer) -> None:
    tag = plain.header("etag")
    if _expect(engine, address, "a file has a tag", bool(tag), plain, plain.shown()):
        answer = engine.ask(address, {"if-none-match": tag})
        rule = "a copy that is known is not sent again"
        _expect(engine, address, rule, answer.status == 304, answer, answer.shown())
        _not_modified(engine, address, answer, plain)


def _conditions(engine: Engine, address: Address, plain: Answer) -> None:
    def expect(rule: str, holds: bool, answer: Answer) -> None:
        _expect(engine, address, rule, holds, answer, answer.shown())

    if not plain.header("etag"):
        return
    encoded = engine.ask(address, {"accept-encoding": "br"})
    for whole in (plain, encoded):
        strong = re.fullmatch(r'"[\x21\x23-\x7e]+"', whole.header("etag"))
        expect("a tag is strong", bool(strong), whole)
    for accepted, whole in {"identity": plain, "br": encoded}.items():
        tag = whole.header("etag")
        for known in (tag, f"W/{tag}", "*", f'"other", {tag}', f'{tag},"other"'):
            for method in ("GET", "HEAD"):
                headers = {"accept-encoding": accepted, "if-none-match": known}
                answer = engine.ask(address, headers, method)
                expect("a copy that is known is not sent again", answer.status == 304, answer)
                _not_modified(engine, address, answer, whole)
    # RFC 9110, 13.1.2: it is the tag of what would be sent that must match, and one of another
    # encoding is of something else.
    others = ['"other"', ""]
    if encoded.header("content-encoding"):
        others.append(encoded.header("etag"))
    for other in others:
        answer = engine.ask(address, {"if-none-match": other})
        same = answer.status == 200 and answer.body == plain.body
        expect("a copy of something else is replaced", same, answer)


def _not_modified(engine: Engine, address: Address, answer: Answer, whole: Answer) -> None:
    if answer.status != 304:
        return
    _expect(engine, address, "what has not changed has no body", not answer.body, answer)
    for name in ("etag", "cache-control", "vary", "last-modified", "link"):
        said = (answer.header(name), whole.header(name))
        rule = "what has not changed says of itself what the file says"
        _expect(engine, address, rule, said[0] == said[1], answer, f"{name}: {said}")
    length = answer.header("content-length")
    # RFC 9110, 8.6: the length of the file, or nothing.
    holds = length in ("", whole.header("content-length"))
    _expect(engine, address, "what has not changed is not of length 0", holds, answer, length)


def _dates(engine: Engine, address: Address, plain: Answer) -> None:
    def expect(rule: str, holds: bool, answer: Answer) -> bool:
        return _expect(engine, address, rule, holds, answer, answer.shown())

    said = plain.header("last-modified")
    if address.template in DATED:
        expect("what is made from a release is dated", bool(said), plain)
    if not said:
        return
    at = parsedate_to_datetime(said)
    times = {at: 304, at + timedelta(days=1): 304, at - timedelta(seconds=1): 200}
    for time, status in times.items():
        since = {"if-modified-since": format_datetime(time, usegmt=True)}
        answer = engine.ask(address, since)
        expect("a file is sent if it changed since", answer.status == status, answer)
        _not_modified(engine, address, answer, plain)
        answer = engine.ask(address, since | {"if-none-match": '"other"'})
        expect("a tag counts for more than a date", answer.status == 200, answer)
    answer = engine.ask(address, {"if-modified-since": "yesterday"})
    expect("what is no date is no condition", answer.status == 200, answer)


def _preflight(engine: Engine, address: Address) -> None:
    wanted = {"if-none-match", "if-modified-since", "last-event-id"}
    headers = {
        "origin": "https://example.org",
        "access-control-request-method": "GET",
        "access-control-request-headers": ", ".join(sorted(wanted)),
    }
    answer = engine.ask(address, headers, method="OPTIONS")
    methods = _list(answer.header("access-control-allow-methods"))
    allowed = _list(answer.header("access-control-allow-headers"))
    holds = answer.status == 204 and {"get", "head"} == methods and wanted <= allowed
    rule = "a page elsewhere may ask with conditions"
    _expect(engine, address, rule, holds, answer, answer.shown())


def _list(header: str) -> set[str]:
    return {part.strip().lower() for part in header.split(",")}


def _expect(
    engine: Engine, address: Address, rule: str, holds: bool, answer: Answer, got: object = ""
) -> bool:
    return engine.report.expect(rule, holds, answer.request, got, of=address.template)
