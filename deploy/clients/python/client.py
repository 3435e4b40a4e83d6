"""Casts ballots in an open poll, or reads its results, and says what came of each step.

Ends with status 0 when all came as it should, with 3 when there are no results to read, with 2 when
the command line is wrong, else with 1. With Holos' folder `proto` beside it:

    pip install --requirement requirements.txt
    mkdir generated
    python -m grpc_tools.protoc --proto_path=proto --python_out=generated \\
        --grpc_python_out=generated --pyi_out=generated \\
        holos/v1/{ballots,feed,polls,results,subjects}.proto
    export PYTHONPATH=generated
    python client.py cast --ingest HOST:PORT --poll ID --issuer ID --secret-file FILE \\
        --pseudonym-key-file FILE --voter TEXT [--ca-file FILE]
    python client.py results --public URL --poll ID

--voter is any text and stands for a person whom the backend signed in: the same text is the same
person.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import grpc

from backend import Backend, HolosError, PublicResults, pseudonym
from holos.v1 import ballots_pb2, feed_pb2, polls_pb2

# Ballots over the stream: enough for three batches.
STREAM_BALLOTS = 2_500
NOT_PUBLISHED = 3
COUNTED = (ballots_pb2.OUTCOME_COUNTED, ballots_pb2.OUTCOME_ALREADY_COUNTED)


def cast(flags: argparse.Namespace) -> int:
    ca = flags.ca_file.read_bytes() if flags.ca_file else None
    secret = flags.secret_file.read_text().strip()
    key = bytes.fromhex(flags.pseudonym_key_file.read_text())

    def voter(who: str) -> ballots_pb2.VouchedVoter:
        # What the poll asks about its voters, and no more: here that they are 14.
        claims = ballots_pb2.StatedClaims(age_over=[14])
        subject = pseudonym(key, f"{flags.voter} {who}")
        return ballots_pb2.VouchedVoter(subject=subject, claims=claims)

    backend = Backend(flags.ingest, ca, flags.issuer, secret)
    try:
        poll = next((poll for poll in backend.polls() if poll.id == flags.poll), None)
        if poll is None:
            raise RuntimeError("the feed has no such poll that is scheduled, open or suspended")
        phase = polls_pb2.PollPhase.Name(poll.phase)
        say("poll", f"{poll.title.en}: {phase}, notice {poll.notice_version}")
        ask_eligible(backend, poll, voter("one"))
        cast_one(backend, poll, voter("one"))
        cast_batch(backend, poll, [voter(who) for who in ("two", "three", "four")])
        cast_stream(backend, poll, [voter(f"of many {n}") for n in range(STREAM_BALLOTS)])
    finally:
        backend.close()
    return 0


def ask_eligible(
    backend: Backend, poll: feed_pb2.FeedPoll, voter: ballots_pb2.VouchedVoter
) -> None:
    try:
        polls = backend.eligible_polls(voter)
    except HolosError as error:
        # As it should be for most backends: they know by their own sign-in who may answer.
        if error.reason != "ASK_FORBIDDEN":
            raise
        say("eligible", f"{error}: the issuer's entry has no may_ask")
        return
    expect(poll.id in [eligible.poll_id for eligible in polls], "the voter may answer this poll")
    say("eligible", "this poll is open to the voter")


def cast_one(backend: Backend, poll: feed_pb2.FeedPoll, voter: ballots_pb2.VouchedVoter) -> None:
    ballot = fill(poll, voter)
    say("one ballot", backend.cast(poll.id, ballot))
    again = backend.cast(poll.id, ballot)
    say("the same again", again)
    expect(again == "ALREADY_COUNTED", "nobody is counted twice")

    ballot.notice_version += 1
    try:
        backend.cast(poll.id, ballot)
    except HolosError as error:
        if error.reason != "NOTICE_STALE":
            raise
        # An app shows this version's notice (GetNotice) and asks the voter again.
        say("another notice", f"{error}: the notice is {error.metadata['current_version']}")
    else:
        raise RuntimeError("a notice that nobody wrote was accepted")


def cast_batch(
    backend: Backend, poll: feed_pb2.FeedPoll, voters: list[ballots_pb2.VouchedVoter]
) -> None:
    ballots = [fill(poll, voter) for voter in voters]
    # The second one is wrong. The others do not mind.
    ballots[1].answers[0].option_ids[:] = ["no-such-option"]
    results = backend.cast_batch(poll.id, ballots)
    say("batch of 3", ", ".join(map(describe, results)))
    first, second, third = results
    expect(first.outcome in COUNTED and third.outcome in COUNTED, "two are counted")
    expect(second.refusal.reason == "OPTION_UNKNOWN", "the wrong one is refused")


def cast_stream(
    backend: Backend, poll: feed_pb2.FeedPoll, voters: list[ballots_pb2.VouchedVoter]
) -> None:
    results = backend.cast_stream(poll.id, [fill(poll, voter) for voter in voters])
    counts = Counter(map(describe, results))
    say(f"stream of {len(voters)}", ", ".join(f"{n} {outcome}" for outcome, n in counts.items()))
    expect(len(results) == len(voters), "each ballot has its result")
    expect(all(result.outcome in COUNTED for result in results), "all are counted")


def fill(poll: feed_pb2.FeedPoll, voter: ballots_pb2.VouchedVoter) -> ballots_pb2.Ballot:
    """A ballot for the first option."""
    return ballots_pb2.Ballot(
        voter=voter,
        # The version of the notice that was shown to the voter, who accepted it.
        notice_version=poll.notice_version,
        # In a poll with one question its id may be left out.
        answers=[ballots_pb2.Answer(option_ids=[poll.questions[0].options[0].id])],
    )


def describe(result: ballots_pb2.BallotResult) -> str:
    outcome = ballots_pb2.Outcome.Name(result.outcome).removeprefix("OUTCOME_")
    return f"{outcome} {result.refusal.reason}".rstrip()


def results(flags: argparse.Namespace) -> int:
    reader = PublicResults(flags.public)
    try:
        released = reader.get(flags.poll)
        say("over gRPC", f"release {released.release}, {released.total} answers")
        for question in released.questions:
            for option in question.options:
                say("", f"{option.option_id} {option.count}")
        status, etag, body = reader.fetch(flags.poll)
        expect(status == 200, "over HTTP too there are results")
        total = json.loads(body)["publication"]["total"]
        say("over HTTP", f"{status}, {total} answers")
        expect(total == released.total, "both say the same")

        again, _, _ = reader.fetch(flags.poll, etag)
        say("with its ETag", str(again))
        expect(again == 304, "the copy is still good")
        return 0
    except HolosError as error:
        if error.code != grpc.StatusCode.FAILED_PRECONDITION:
            raise
        # RESULTS_NOT_PUBLISHED with the poll's phase, or RESULTS_WITHHELD and why: an answer too,
        # to be shown as such.
        say("over gRPC", f"{error}: {','.join(error.metadata.values())}")
        status, _, body = reader.fetch(flags.poll)
        reason = json.loads(body)["reason"]
        say("over HTTP", f"{status} {reason}")
        expect(reason == error.reason, "both say the same")
        return NOT_PUBLISHED
    finally:
        reader.close()


def say(what: str, text: str) -> None:
    print(f"{what:16}{text}")


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(f"expected: {what}")


def main() -> int:
    parser = argparse.ArgumentParser(description="A backend's client of Holos.")
    commands = parser.add_subparsers(required=True)
    casting = commands.add_parser("cast", help="cast ballots in an open poll")
    casting.set_defaults(run=cast)
    casting.add_argument("--ingest", required=True, metavar="HOST:PORT")
    casting.add_argument("--poll", required=True, metavar="ID")
    casting.add_argument("--issuer", required=True, metavar="ID", help="who vouches for the voters")
    casting.add_argument("--secret-file", required=True, type=Path, help="its connection secret")
    casting.add_argument("--pseudonym-key-file", required=True, type=Path, help="in hexadecimal")
    casting.add_argument("--voter", required=True, metavar="TEXT", help="any text")
    casting.add_argument("--ca-file", type=Path, help="TLS, with a certificate signed by this CA")
    reading = commands.add_parser("results", help="read a poll's results")
    reading.set_defaults(run=results)
    reading.add_argument("--public", required=True, metavar="URL")
    reading.add_argument("--poll", required=True, metavar="ID")
    flags = parser.parse_args()
    try:
        return flags.run(flags)
    except (HolosError, RuntimeError, OSError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
