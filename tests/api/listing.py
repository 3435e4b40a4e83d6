"""The list of polls: its pages, what it can be searched by, and what it refuses to look for."""

from typing import Any
from urllib.parse import urlencode

from engine import Answer, Engine

LIST = "/api/v1/polls"
STAGES = {
    "upcoming": {"UPCOMING"},
    "open": {"OPEN", "SUSPENDED"},
    "closed": {"COUNTING", "PUBLISHED", "WITHHELD", "EXPIRED"},
}
# Texts of tests/it/readers/gallery.rs: which of its polls must be found by which words.
FOUND = {
    "безкоштовний проїзд": "split",
    "ПРОЇЗД учнів": "split",
    "free travel pupils": "split",
    "16/2026": "split",
    "quiet  NIGHT": "live",
    "тиша 21:00": "live",
    "clocks": "corrected",
    "годинники?": "corrected",
}
# The hidden order's title and number; its words, and words that stand in none.
NOT_FOUND = ["not-yet-to-be-seen", "free travel годинники", "\0", "%", "' OR 1=1"]
BAD = {
    "state": ["closing", "OPEN", "open,closed", " open"],
    "limit": ["0", "101", "-1", "1.5", "ten", "+5", "005", "0x10", "99999999999999999999"],
    "after": ["1", "x" * 36, "01A19B0E-C980-706D-8BCB-A9129F21189E", "{id}"],
    "body": ["1234567", "123456789", "ABCDEFGH", "١٢٣٤٥٦٧٨"],
    "community": ["LVIV", "львів", "a b", "x" * 65],
    "q": ["x" * 201, "ї" * 201],
}


def check(engine: Engine) -> None:
    everything = _rows(engine, {"limit": 100})
    ids = [row["id"] for row in everything]
    _pages(engine, ids)
    _filters(engine, everything)
    _words(engine, ids)
    _refusals(engine)


def _ask(engine: Engine, query: dict[str, Any]) -> Answer:
    return engine.ask(f"{LIST}?{urlencode(query)}")


def _rows(engine: Engine, query: dict[str, Any]) -> list[dict]:
    """What a search finds, on all its pages."""
    rows: list[dict] = []
    totals: set[int] = set()
    query = dict(query)
    while True:
        answer = _ask(engine, query)
        page = answer.json()
        rows += page["polls"]
        totals.add(page["total"])
        length, limit = len(page["polls"]), query.get("limit", 50)
        fits = length == limit if "next" in page else length <= limit
        engine.report.expect("a page but the last is full", fits, answer.request, length)
        if "next" not in page or len(rows) > page["total"]:
            break
        query["after"] = page["next"]
    same = totals == {len(rows)}
    engine.report.expect("every page says how many there are", same, answer.request, totals)
    return rows


def _pages(engine: Engine, ids: list[str]) -> None:
    expect = engine.report.expect
    expect("the newest poll is first", ids == sorted(ids, reverse=True), LIST, ids)
    public = {poll for name, poll in engine.polls.items() if name != "filed"}
    expect("every public poll is in the list", public <= set(ids), LIST, public - set(ids))
    for limit in (1, 2, 7, len(ids) - 1, len(ids), len(ids) + 1):
        visited = [row["id"] for row in _rows(engine, {"limit": limit})]
        expect("pages visit every poll once", visited == ids, f"{LIST}?limit={limit}", visited)
    last = _ask(engine, {"after": ids[-1]})
    expect("after the last poll there is none", last.json()["polls"] == [], last.request, last.body)
    # A page may go on after a poll that is hidden or was never there; that must not tell which.
    hidden = engine.polls["filed"]
    beside = hidden[:-1] + ("0" if hidden[-1] != "0" else "1")
    seen, unseen = (_ask(engine, {"after": poll}).body for poll in (hidden, beside))
    expect("a hidden poll is no place in the list", seen == unseen, f"{LIST}?after={hidden}", seen)


def _filters(engine: Engine, everything: list[dict]) -> None:
    for state, members in STAGES.items():
        _finds(engine, {"state": state}, [row for row in everything if row["state"] in members])
        both = [row for row in everything if row["state"] in members and row["community"] == "lviv"]
        _finds(engine, {"state": state, "community": "lviv", "limit": 5}, both)
    for community in sorted({row["community"] for row in everything} | {"nowhere"}):
        wanted = [row for row in everything if row["community"] == community]
        _finds(engine, {"community": community}, wanted)
    for body in sorted({row["initiator"]["code"] for row in everything} | {"00000000"}):
        wanted = [row for row in everything if row["initiator"]["code"] == body]
        _finds(engine, {"body": body}, wanted)
    # A form sends what was left empty.
    _finds(engine, {"q": ""}, everything)
    _finds(engine, {"q": "  "}, everything)
    # What a later version asks by is not refused by an earlier one.
    _finds(engine, {"colour": "red"}, everything)


def _finds(engine: Engine, query: dict[str, Any], wanted: list[dict]) -> None:
    found = _rows(engine, query)
    got = [row["id"] for row in found]
    engine.report.expect("a filter finds its polls and no others", found == wanted, str(query), got)


def _words(engine: Engine, ids: list[str]) -> None:
    expect = engine.report.expect
    for words, name in FOUND.items():
        found = [row["id"] for row in _rows(engine, {"q": words})]
        expect("words find their poll", found == [engine.polls[name]], words, found)
    for words in NOT_FOUND:
        found = _rows(engine, {"q": words})
        expect("words of no public poll find none", found == [], repr(words), found)
    # Each of the four places that are searched.
    for place in ("цифрової", "lviv", "local-7", "DISTRICT no. 7"):
        found = [row["id"] for row in _rows(engine, {"q": place})]
        expect("every place is searched", bool(found) and set(found) <= set(ids), place, found)


def _refusals(engine: Engine) -> None:
    expect = engine.report.expect
    for name, values in BAD.items():
        for value in values:
            answer = _ask(engine, {name: value})
            refused = answer.status == 400
            if expect("a bad value is refused", refused, answer.request, answer.status):
                detail = answer.json()["detail"]
                named = detail.startswith(f"{name}:")
                expect("a refusal names the field", named, answer.request, detail)
    for name in BAD:
        answer = engine.ask(f"{LIST}?{name}=1&{name}=2")
        expect("a name twice is refused", answer.status == 400, answer.request, answer.status)
    for parameter in engine.document["paths"][LIST]["get"]["parameters"]:
        answer = engine.ask(f"{LIST}?{parameter['name']}=")
        # A query has only texts: the empty one is no number.
        allowed = engine.validator(parameter["schema"]).is_valid("")
        wanted = 200 if allowed else 400
        got = f"{answer.status} instead of {wanted} by {parameter['schema']}"
        rule = "an empty value is taken where the description allows it"
        expect(rule, answer.status == wanted, answer.request, got)
