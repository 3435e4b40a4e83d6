/**
 * What an app's backend does with Holos: it learns of polls, casts ballots of the people whom it
 * signed in, and reads results.
 */

import { createHmac } from "node:crypto";
import { Readable } from "node:stream";
import * as grpc from "@grpc/grpc-js";
import { HolosError, milliseconds, retrying, waitToRetry } from "./errors.js";
import { holos } from "./protos.js";
import type { Ballot } from "./generated/holos/v1/Ballot.js";
import type { BallotResult__Output } from "./generated/holos/v1/BallotResult.js";
import type { CastBallotResponse__Output } from "./generated/holos/v1/CastBallotResponse.js";
import type { CastBallotsResponse__Output } from "./generated/holos/v1/CastBallotsResponse.js";
import type { EligiblePoll__Output } from "./generated/holos/v1/EligiblePoll.js";
import type { FeedPoll__Output } from "./generated/holos/v1/FeedPoll.js";
import type { GetResultsResponse__Output } from "./generated/holos/v1/GetResultsResponse.js";
import type {
  ListEligiblePollsResponse__Output,
} from "./generated/holos/v1/ListEligiblePollsResponse.js";
import type { Results__Output } from "./generated/holos/v1/Results.js";
import type { StreamBallotsRequest } from "./generated/holos/v1/StreamBallotsRequest.js";
import type { StreamBallotsResponse__Output } from "./generated/holos/v1/StreamBallotsResponse.js";
import type { VouchedVoter } from "./generated/holos/v1/VouchedVoter.js";
import type { WatchPollsResponse__Output } from "./generated/holos/v1/WatchPollsResponse.js";

/** Ballots of one batch, most. */
const BATCH_BALLOTS_MAX = 1_000;
/** A ballot takes milliseconds. What takes longer than this is sent again, not waited for. */
const CALL_MS = 5_000;
/** For one stream with all its batches. */
const STREAM_MS = 60_000;
/**
 * A connection that died without a word is noticed by a ping, before its calls miss their deadlines
 * one by one.
 */
const CHANNEL = { "grpc.keepalive_time_ms": 30_000, "grpc.keepalive_timeout_ms": 10_000 };

/**
 * The subject of a person: the same for all of the person's ballots, and without the key it says
 * nothing. `person` must come in one spelling: a person who is spelled in two ways has two votes.
 */
export function pseudonym(key: Buffer, person: string): Buffer {
  return createHmac("sha256", key).update(person, "utf8").digest();
}

/** A backend's line to the ingest listener. Make one and keep it: its calls share a connection. */
export class Backend {
  readonly #metadata = new grpc.Metadata();
  readonly #ballots;
  readonly #feed;
  readonly #subjects;

  constructor(
    address: string,
    credentials: grpc.ChannelCredentials,
    issuer: string,
    secret: string,
  ) {
    this.#metadata.set("authorization", `Bearer ${issuer}.${secret}`);
    this.#ballots = new holos.BallotService(address, credentials, CHANNEL);
    // The same address and options: grpc-js gives all three the same connection.
    this.#feed = new holos.PollFeedService(address, credentials, CHANNEL);
    this.#subjects = new holos.SubjectService(address, credentials, CHANNEL);
  }

  close(): void {
    for (const client of [this.#ballots, this.#feed, this.#subjects]) client.close();
  }

  /**
   * The polls that are scheduled, open or suspended now. A backend that runs on leaves the stream
   * open and goes on reading: each change of a poll comes by it.
   */
  polls(): Promise<FeedPoll__Output[]> {
    return retrying(async () => {
      const feed = this.#feed.watchPolls({}, this.#metadata.clone(), deadline(CALL_MS));
      const polls: FeedPoll__Output[] = [];
      for await (const message of feed as AsyncIterable<WatchPollsResponse__Output>) {
        if (message.caughtUp) break;
        if (message.poll) polls.push(message.poll);
      }
      // A cancelled stream reports an error, and one that nobody listens to ends the process.
      feed.on("error", () => {});
      feed.cancel();
      return polls;
    });
  }

  /**
   * The open polls that this voter may answer. Only for an issuer whose entry says `may_ask`: else
   * ASK_FORBIDDEN.
   */
  async eligiblePolls(voter: VouchedVoter): Promise<EligiblePoll__Output[]> {
    const answer = await retrying(() =>
      unary<ListEligiblePollsResponse__Output>((callback) =>
        this.#subjects.listEligiblePolls({ asker: { voter } }, ...this.#call(), callback),
      ),
    );
    return answer.polls;
  }

  /** Casts one ballot. Throws what is refused. */
  async cast(pollId: string, ballot: Ballot): Promise<"COUNTED" | "ALREADY_COUNTED"> {
    const answer = await retrying(() =>
      unary<CastBallotResponse__Output>((callback) =>
        this.#ballots.castBallot({ pollId, ballot }, ...this.#call(), callback),
      ),
    );
    // Both mean that this person's ballot is in the totals, and on disk.
    if (answer.outcome === "OUTCOME_COUNTED") return "COUNTED";
    if (answer.outcome === "OUTCOME_ALREADY_COUNTED") return "ALREADY_COUNTED";
    throw new Error(`CastBallot answered ${answer.outcome}`);
  }

  /**
   * Casts at most 1,000 ballots in one call; a result for each, in their order. Good for a queue
   * that is emptied.
   */
  castBatch(pollId: string, ballots: Ballot[]): Promise<BallotResult__Output[]> {
    const call = (some: Ballot[]) =>
      unary<CastBallotsResponse__Output>((callback) =>
        this.#ballots.castBallots({ pollId, ballots: some }, ...this.#call(), callback),
      );
    return castAll(ballots, async function* (some) {
      yield* (await call(some)).results.entries();
    });
  }

  /**
   * Casts any number of ballots in batches over one stream; a result for each, in their order. The
   * fastest way.
   */
  castStream(pollId: string, ballots: Ballot[]): Promise<BallotResult__Output[]> {
    const open = () => this.#ballots.streamBallots(this.#metadata.clone(), deadline(STREAM_MS));
    return castAll(ballots, async function* (some) {
      const stream = open();
      // `pipe` waits while Holos holds us back: after 32 batches without an answer it reads no
      // further. So the answers must be read while batches are still being sent.
      Readable.from(batches(pollId, some)).pipe(stream as unknown as NodeJS.WritableStream);
      for await (const answer of stream as AsyncIterable<StreamBallotsResponse__Output>) {
        // A uint64 is a string here. Ours are small numbers.
        const first = Number(answer.sequence) * BATCH_BALLOTS_MAX;
        for (const [position, result] of answer.results.entries()) yield [first + position, result];
      }
    });
  }

  #call(): [grpc.Metadata, grpc.CallOptions] {
    return [this.#metadata.clone(), deadline(CALL_MS)];
  }
}

/** Reads what is published. */
export class PublicResults {
  readonly #client;
  readonly #url: URL;

  /**
   * `url` is the public listener's, or that of the proxy in front of it: HTTP and gRPC share a
   * port.
   */
  constructor(url: URL) {
    this.#url = url;
    const isSecure = url.protocol === "https:";
    const credentials = isSecure ? grpc.credentials.createSsl() : grpc.credentials.createInsecure();
    const port = url.port || (isSecure ? "443" : "80");
    this.#client = new holos.ResultsService(`${url.hostname}:${port}`, credentials, CHANNEL);
  }

  close(): void {
    this.#client.close();
  }

  /**
   * The release in force. Throws RESULTS_NOT_PUBLISHED before there is one, RESULTS_WITHHELD when
   * there will be none.
   */
  async get(pollId: string): Promise<Results__Output> {
    const { results } = await retrying(() =>
      unary<GetResultsResponse__Output>((callback) =>
        this.#client.getResults({ pollId }, deadline(CALL_MS), callback),
      ),
    );
    if (!results) throw new Error("GetResults answered without results");
    return results;
  }

  /**
   * The same over HTTP, where any cache helps. With the ETag of the copy that one has the answer is
   * 304, without a body, as long as that is the release in force.
   */
  fetch(pollId: string, etag?: string): Promise<Response> {
    const url = new URL(`/api/v1/polls/${encodeURIComponent(pollId)}/results`, this.#url);
    const headers = new Headers(etag === undefined ? [] : [["if-none-match", etag]]);
    return fetch(url, { headers, signal: AbortSignal.timeout(CALL_MS) });
  }
}

/** Sends ballots; yields the results that come, each with its ballot's position among them. */
type Send = (ballots: Ballot[]) => AsyncIterable<[number, BallotResult__Output]>;

/**
 * Sends ballots, and some of them again; a result for each, in their order. Again are sent those of
 * which nobody knows what became, and those for which Holos advises it. No person is counted twice,
 * however often a ballot is sent.
 */
async function castAll(ballots: Ballot[], send: Send): Promise<BallotResult__Output[]> {
  const unknown = { outcome: "OUTCOME_UNKNOWN", refusal: null, receipt: Buffer.alloc(0) } as const;
  const results: BallotResult__Output[] = ballots.map(() => unknown);
  let waiting = [...ballots.keys()];
  for (let tried = 1; ; tried++) {
    const sent = waiting;
    let advisedMs = 0;
    try {
      const coming = send(sent.map((index) => ballots[index]));
      for await (const [position, result] of coming) results[sent[position]] = result;
    } catch (thrown) {
      // A stream that broke may have answered some of its batches.
      const error = HolosError.from(thrown);
      if (!error.mayRetry) throw error;
      advisedMs = error.retryDelayMs ?? 0;
    }
    waiting = sent.filter((index) => maySendAgain(results[index]));
    for (const index of waiting) {
      advisedMs = Math.max(advisedMs, milliseconds(results[index].refusal?.retryDelay) ?? 0);
    }
    if (waiting.length === 0 || !(await waitToRetry(tried, advisedMs))) return results;
  }
}

function maySendAgain({ outcome, refusal }: BallotResult__Output): boolean {
  return outcome === "OUTCOME_UNKNOWN" || Boolean(refusal?.retryDelay);
}

function* batches(pollId: string, ballots: Ballot[]): Generator<StreamBallotsRequest> {
  for (let sequence = 0; sequence * BATCH_BALLOTS_MAX < ballots.length; sequence++) {
    const first = sequence * BATCH_BALLOTS_MAX;
    yield { sequence, pollId, ballots: ballots.slice(first, first + BATCH_BALLOTS_MAX) };
  }
}

/** A call without a deadline waits for ever. */
function deadline(milliseconds: number): grpc.CallOptions {
  return { deadline: Date.now() + milliseconds };
}

function unary<T>(start: (callback: grpc.requestCallback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, answer) => (error ? reject(error) : resolve(answer as T)));
  });
}
