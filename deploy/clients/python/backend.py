"""What an app's backend does with Holos.

It learns of polls, casts ballots of the people whom it signed in, and reads results.
"""

import hashlib
import hmac
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from holos.v1 import (
    ballots_pb2,
    ballots_pb2_grpc,
    feed_pb2,
    feed_pb2_grpc,
    results_pb2,
    results_pb2_grpc,
    subjects_pb2,
    subjects_pb2_grpc,
)

# Ballots of one batch, most.
BATCH_BALLOTS_MAX = 1_000
# A ballot takes milliseconds. What takes longer than this is sent again, not waited for.
CALL_SECONDS = 5
# For one stream with all its batches.
STREAM_SECONDS = 60
# Tries of one call, the first included.
TRIES_MAX = 5
# A longer wait is the caller's to decide: somebody stands there with a phone.
WAIT_SECONDS_MAX = 5
BACKOFF_SECONDS = 0.1
CHANNEL = (
    # A connection that died without a word is noticed by a ping, before its calls miss their
    # deadlines one by one.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
)

Answer = TypeVar("Answer")
# The results that come, each with its ballot's position among those that were sent.
Results = Iterator[tuple[int, ballots_pb2.BallotResult]]


@dataclass(eq=False)
class HolosError(Exception):
    """A call that failed. Decide by `reason`, never by the text."""

    code: grpc.StatusCode
    # As in the tables of deploy/docs/errors.md. Empty when it was not Holos that answered: no
    # connection, a deadline.
    reason: str = ""
    # Facts for the caller, `current_version` of a `NOTICE_STALE` say.
    metadata: dict[str, str] = field(default_factory=dict)
    # Seconds that Holos asks us to wait before the same call; None when it says nothing of that.
    retry_delay: float | None = None
    # Fields that break a rule, where a call takes forms: staff's do.
    fields: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, error: grpc.RpcError) -> "HolosError":
        """From what grpc raises."""
        read = cls(error.code())
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
            bad = error_details_pb2.BadRequest()
            # A proxy on the way may have reasons of its own.
            if detail.Unpack(info) and info.domain == "holos":
                read.reason, read.metadata = info.reason, dict(info.metadata)
            elif detail.Unpack(retry):
                read.retry_delay = retry.retry_delay.ToTimedelta().total_seconds()
            elif detail.Unpack(bad):
                read.fields = [f"{rule.field}: {rule.description}" for rule in bad.field_violations]
        return read

    @property
    def may_retry(self) -> bool:
        """Whether the same call again can help.

        It can when Holos says after how long, and when nobody knows what became of the call.
        RESOURCE_EXHAUSTED without that advice is final: a quota, a message that is too large.
        """
        unknown = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
        return self.retry_delay is not None or self.code in unknown

    def __str__(self) -> str:
        return " ".join(filter(None, [self.code.name, self.reason, *self.fields]))


def pseudonym(key: bytes, person: str) -> bytes:
    """The subject of a person: the same for all ballots, and without the key it says nothing.

    `person` must come in one spelling: a person who is spelled in two ways has two votes.
    """
    return hmac.new(key, person.encode(), hashlib.sha256).digest()


class Backend:
    """A backend's line to the ingest listener.

    Make one and keep it: all calls of all threads share its connection.
    """

    def __init__(self, address: str, ca: bytes | None, issuer: str, secret: str) -> None:
        # With a client certificate, ssl_channel_credentials(ca, private_key, certificate) takes the
        # secret's place.
        self._channel = (
            grpc.insecure_channel(address, CHANNEL)
            if ca is None
            else grpc.secure_channel(address, grpc.ssl_channel_credentials(ca), CHANNEL)
        )
        self._metadata = (("authorization", f"Bearer {issuer}.{secret}"),)
        self._ballots = ballots_pb2_grpc.BallotServiceStub(self._channel)
        self._feed = feed_pb2_grpc.PollFeedServiceStub(self._channel)
        self._subjects = subjects_pb2_grpc.SubjectServiceStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def polls(self) -> list[feed_pb2.FeedPoll]:
        """The polls that are scheduled, open or suspended now.

        A backend that runs on leaves the stream open and goes on reading: each change of a poll
        comes by it.
        """

        def look() -> list[feed_pb2.FeedPoll]:
            feed = self._feed.WatchPolls(
                feed_pb2.WatchPollsRequest(), metadata=self._metadata, timeout=CALL_SECONDS
            )
            polls = []
            for message in feed:
                if message.caught_up:
                    break
                polls.append(message.poll)
            feed.cancel()
            return polls

        return retrying(look)

    def eligible_polls(self, voter: ballots_pb2.VouchedVoter) -> list[subjects_pb2.EligiblePoll]:
        """The open polls that this voter may answer.

        Only for an issuer whose entry says `may_ask`: else ASK_FORBIDDEN.
        """
        asker = subjects_pb2.Asker(voter=voter)
        request = subjects_pb2.ListEligiblePollsRequest(asker=asker)
        return list(retrying(lambda: self._call(self._subjects.ListEligiblePolls, request)).polls)

    def cast(self, poll_id: str, ballot: ballots_pb2.Ballot) -> str:
        """Casts one ballot: COUNTED or ALREADY_COUNTED. Raises what is refused.

        Both mean that this person's ballot is in the totals, and on disk.
        """
        request = ballots_pb2.CastBallotRequest(poll_id=poll_id, ballot=ballot)
        answer = retrying(lambda: self._call(self._ballots.CastBallot, request))
        return ballots_pb2.Outcome.Name(answer.outcome).removeprefix("OUTCOME_")

    def cast_batch(
        self, poll_id: str, ballots: Sequence[ballots_pb2.Ballot]
    ) -> list[ballots_pb2.BallotResult]:
        """Casts at most 1,000 ballots in one call; a result for each, in their order.

        Good for a queue that is emptied.
        """

        def send(some: list[ballots_pb2.Ballot]) -> Results:
            request = ballots_pb2.CastBallotsRequest(poll_id=poll_id, ballots=some)
            yield from enumerate(self._call(self._ballots.CastBallots, request).results)

        return cast_all(ballots, send)

    def cast_stream(
        self, poll_id: str, ballots: Sequence[ballots_pb2.Ballot]
    ) -> list[ballots_pb2.BallotResult]:
        """Casts any number of ballots in batches over one stream; a result for each, in order.

        The fastest way.
        """

        def send(some: list[ballots_pb2.Ballot]) -> Results:
            # grpc asks for the next batch in a thread of its own, and only when the one before it
            # is on its way: after 32 batches without an answer Holos reads no further.
            answers = self._ballots.StreamBallots(
                batches(poll_id, some), metadata=self._metadata, timeout=STREAM_SECONDS
            )
            for answer in answers:
                yield from enumerate(answer.results, answer.sequence * BATCH_BALLOTS_MAX)

        return cast_all(ballots, send)

    def _call(self, method: Callable[..., Answer], request: Message) -> Answer:
        # A call without a deadline waits for ever.
        return method(request, metadata=self._metadata, timeout=CALL_SECONDS)


class PublicResults:
    """Reads what is published."""

    def __init__(self, url: str) -> None:
        """`url` is the public listener's, or that of the proxy in front of it.

        HTTP and gRPC share a port.
        """
        self._url = url
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == "https":
            address = f"{parts.hostname}:{parts.port or 443}"
            self._channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(), CHANNEL)
        else:
            self._channel = grpc.insecure_channel(f"{parts.hostname}:{parts.port or 80}", CHANNEL)
        self._results = results_pb2_grpc.ResultsServiceStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def get(self, poll_id: str) -> results_pb2.Results:
        """The release in force.

        Raises RESULTS_NOT_PUBLISHED before there is one, RESULTS_WITHHELD when there will be none.
        """
        request = results_pb2.GetResultsRequest(poll_id=poll_id)
        return retrying(lambda: self._results.GetResults(request, timeout=CALL_SECONDS)).results

    def fetch(self, poll_id: str, etag: str | None = None) -> tuple[int, str | None, bytes]:
        """The same over HTTP, where any cache helps: status, ETag, body.

        With the ETag of the copy that one has the answer is 304, without a body, as long as that is
        the release in force.
        """
        address = f"/api/v1/polls/{urllib.parse.quote(poll_id)}/results"
        request = urllib.request.Request(urllib.parse.urljoin(self._url, address))
        if etag is not None:
            request.add_header("If-None-Match", etag)
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
                return answer.status, answer.headers["ETag"], answer.read()
        except urllib.error.HTTPError as answer:
            # What is no 2xx, 304 included.
            return answer.code, answer.headers["ETag"], answer.read()


def retrying(call: Callable[[], Answer]) -> Answer:
    """Runs a call until it is answered, or another try cannot help."""
    tried = 1
    while True:
        try:
            return call()
        except grpc.RpcError as raised:
            error = HolosError.of(raised)
            if not error.may_retry or not wait_to_retry(tried, error.retry_delay or 0):
                raise error from None
        tried += 1


def wait_to_retry(tried: int, advised: float) -> bool:
    """Waits before the next of at most TRIES_MAX tries; False: give up.

    As long as advised, longer with each try, and by chance longer still, so that a thousand clients
    that were refused together do not come back together.
    """
    if tried >= TRIES_MAX or advised > WAIT_SECONDS_MAX:
        return False
    least = max(advised, BACKOFF_SECONDS * 2**tried)
    time.sleep(least * random.uniform(1, 1.5))
    return True


def cast_all(
    ballots: Sequence[ballots_pb2.Ballot], send: Callable[[list[ballots_pb2.Ballot]], Results]
) -> list[ballots_pb2.BallotResult]:
    """Sends ballots, and some of them again; a result for each, in their order.

    Again are sent those of which nobody knows what became, and those for which Holos advises it. No
    person is counted twice, however often a ballot is sent.
    """
    results = [ballots_pb2.BallotResult(outcome=ballots_pb2.OUTCOME_UNKNOWN) for _ in ballots]
    waiting = list(range(len(ballots)))
    tried = 1
    while True:
        sent = waiting
        advised = 0.0
        try:
            for position, result in send([ballots[index] for index in sent]):
                results[sent[position]] = result
        except grpc.RpcError as raised:
            # A stream that broke may have answered some of its batches.
            error = HolosError.of(raised)
            if not error.may_retry:
                raise error from None
            advised = error.retry_delay or 0
        waiting = [index for index in sent if may_send_again(results[index])]
        for index in waiting:
            advised = max(advised, results[index].refusal.retry_delay.ToTimedelta().total_seconds())
        if not waiting or not wait_to_retry(tried, advised):
            return results
        tried += 1


def may_send_again(result: ballots_pb2.BallotResult) -> bool:
    return result.outcome == ballots_pb2.OUTCOME_UNKNOWN or result.refusal.HasField("retry_delay")


def batches(
    poll_id: str, ballots: list[ballots_pb2.Ballot]
) -> Iterator[ballots_pb2.StreamBallotsRequest]:
    for sequence, first in enumerate(range(0, len(ballots), BATCH_BALLOTS_MAX)):
        some = ballots[first : first + BATCH_BALLOTS_MAX]
        yield ballots_pb2.StreamBallotsRequest(sequence=sequence, poll_id=poll_id, ballots=some)
