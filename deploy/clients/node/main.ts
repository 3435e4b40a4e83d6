/**
 * Casts ballots in an open poll, or reads its results, and says what came of each step. Ends with
 * status 0 when all came as it should, with 3 when there are no results to read, else with 1. With
 * Holos' folder `proto` beside it:
 *
 *   npm ci --ignore-scripts
 *   npm run build
 *   node dist/main.js cast --ingest HOST:PORT --poll ID --issuer ID --secret-file FILE
 *        --pseudonym-key-file FILE --voter TEXT [--ca-file FILE]
 *   node dist/main.js results --public URL --poll ID
 *
 * --voter is any text and stands for a person whom the backend signed in: the same text is the same
 * person.
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { credentials, status } from "@grpc/grpc-js";
import { HolosError } from "./errors.js";
import { Backend, PublicResults, pseudonym } from "./holos.js";
import type { Ballot } from "./generated/holos/v1/Ballot.js";
import type { BallotResult__Output } from "./generated/holos/v1/BallotResult.js";
import type { FeedPoll__Output } from "./generated/holos/v1/FeedPoll.js";
import type { VouchedVoter } from "./generated/holos/v1/VouchedVoter.js";

/** Ballots over the stream: enough for three batches. */
const STREAM_BALLOTS = 2_500;
const NOT_PUBLISHED = 3;

async function cast(flags: Flags): Promise<number> {
  const pollId = need(flags, "poll");
  // With a client certificate, createSsl(ca, privateKey, certificate) takes the secret's place.
  const security = flags["ca-file"]
    ? credentials.createSsl(readFileSync(flags["ca-file"]))
    : credentials.createInsecure();
  const secret = readFileSync(need(flags, "secret-file"), "utf8").trim();
  const backend = new Backend(need(flags, "ingest"), security, need(flags, "issuer"), secret);
  try {
    const poll = (await backend.polls()).find(({ id }) => id === pollId);
    if (!poll) throw new Error("the feed has no such poll that is scheduled, open or suspended");
    say("poll", `${poll.title?.en}: ${poll.phase}, notice ${poll.noticeVersion}`);

    const key = Buffer.from(readFileSync(need(flags, "pseudonym-key-file"), "utf8").trim(), "hex");
    // What the poll asks about its voters, and no more: here that they are 14.
    const voter = (who: string): VouchedVoter => ({
      subject: pseudonym(key, `${need(flags, "voter")} ${who}`),
      claims: { ageOver: [14] },
    });
    await askEligible(backend, voter("one"), pollId);
    await castOne(backend, poll, voter("one"));
    await castBatch(backend, poll, ["two", "three", "four"].map(voter));
    const many = Array.from({ length: STREAM_BALLOTS }, (_, n) => voter(`of many ${n}`));
    await castStream(backend, poll, many);
  } finally {
    backend.close();
  }
  return 0;
}

async function askEligible(backend: Backend, voter: VouchedVoter, pollId: string): Promise<void> {
  try {
    const polls = await backend.eligiblePolls(voter);
    const isListed = polls.some((poll) => poll.pollId === pollId);
    expect(isListed, "the voter may answer this poll");
    say("eligible", "this poll is open to the voter");
  } catch (error) {
    // As it should be for most backends: they know by their own sign-in who may answer.
    if (!(error instanceof HolosError) || error.reason !== "ASK_FORBIDDEN") throw error;
    say("eligible", `${error.message}: the issuer's entry has no may_ask`);
  }
}

async function castOne(
  backend: Backend,
  poll: FeedPoll__Output,
  voter: VouchedVoter,
): Promise<void> {
  const ballot = fill(poll, voter);
  say("one ballot", await backend.cast(poll.id, ballot));
  const again = await backend.cast(poll.id, ballot);
  say("the same again", again);
  expect(again === "ALREADY_COUNTED", "nobody is counted twice");

  try {
    await backend.cast(poll.id, { ...ballot, noticeVersion: poll.noticeVersion + 1 });
    throw new Error("a notice that nobody wrote was accepted");
  } catch (error) {
    if (!(error instanceof HolosError) || error.reason !== "NOTICE_STALE") throw error;
    // An app shows this version's notice (GetNotice) and asks the voter again.
    say("another notice", `${error.message}: the notice is ${error.metadata["current_version"]}`);
  }
}

async function castBatch(
  backend: Backend,
  poll: FeedPoll__Output,
  voters: VouchedVoter[],
): Promise<void> {
  const ballots = voters.map((voter) => fill(poll, voter));
  // The second one is wrong. The others do not mind.
  ballots[1] = { ...ballots[1], answers: [{ optionIds: ["no-such-option"] }] };
  const results = await backend.castBatch(poll.id, ballots);
  say("batch of 3", results.map(describe).join(", "));
  const [first, second, third] = results;
  expect(isCounted(first) && isCounted(third), "two are counted");
  expect(second.refusal?.reason === "OPTION_UNKNOWN", "the wrong one is refused");
}

async function castStream(
  backend: Backend,
  poll: FeedPoll__Output,
  voters: VouchedVoter[],
): Promise<void> {
  const ballots = voters.map((voter) => fill(poll, voter));
  const results = await backend.castStream(poll.id, ballots);
  const tally = new Map<string, number>();
  for (const result of results) {
    tally.set(describe(result), (tally.get(describe(result)) ?? 0) + 1);
  }
  const counts = [...tally].map(([outcome, count]) => `${count} ${outcome}`);
  say(`stream of ${voters.length}`, counts.join(", "));
  expect(results.length === voters.length, "each ballot has its result");
  expect(results.every(isCounted), "all are counted");
}

/** A ballot for the first option. */
function fill(poll: FeedPoll__Output, voter: VouchedVoter): Ballot {
  return {
    voter,
    // The version of the notice that was shown to the voter, who accepted it.
    noticeVersion: poll.noticeVersion,
    // In a poll with one question its id may be left out.
    answers: [{ optionIds: [poll.questions[0].options[0].id] }],
  };
}

function isCounted({ outcome }: BallotResult__Output): boolean {
  return outcome === "OUTCOME_COUNTED" || outcome === "OUTCOME_ALREADY_COUNTED";
}

function describe({ outcome, refusal }: BallotResult__Output): string {
  return [outcome.replace("OUTCOME_", ""), refusal?.reason].filter(Boolean).join(" ");
}

async function results(flags: Flags): Promise<number> {
  const pollId = need(flags, "poll");
  const reader = new PublicResults(new URL(need(flags, "public")));
  try {
    const released = await reader.get(pollId);
    // At most 2^53 - 1, so a number would do; sums of such numbers would not.
    const total = BigInt(released.total);
    say("over gRPC", `release ${released.release}, ${total} answers`);
    for (const { optionId, count } of released.questions.flatMap(({ options }) => options)) {
      say("", `${optionId} ${BigInt(count)}`);
    }
    const first = await reader.fetch(pollId);
    expect(first.ok, "over HTTP too there are results");
    const file = (await first.json()) as { publication: { total: number } };
    say("over HTTP", `${first.status}, ${file.publication.total} answers`);
    expect(BigInt(file.publication.total) === total, "both say the same");

    const again = await reader.fetch(pollId, first.headers.get("etag") ?? undefined);
    say("with its ETag", `${again.status}`);
    expect(again.status === 304, "the copy is still good");
    return 0;
  } catch (error) {
    if (!(error instanceof HolosError) || error.code !== status.FAILED_PRECONDITION) throw error;
    // RESULTS_NOT_PUBLISHED with the poll's phase, or RESULTS_WITHHELD and why: an answer too, to
    // be shown as such.
    say("over gRPC", `${error.message}: ${Object.values(error.metadata).join()}`);
    const problem = await reader.fetch(pollId);
    const { reason } = (await problem.json()) as { reason: string };
    say("over HTTP", `${problem.status} ${reason}`);
    expect(reason === error.reason, "both say the same");
    return NOT_PUBLISHED;
  } finally {
    reader.close();
  }
}

function say(what: string, text: string): void {
  console.log(`${what.padEnd(16)}${text}`);
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected: ${what}`);
}

/** The flags of the command line. */
type Flags = Readonly<Record<string, string | undefined>>;

function parse(args: string[]): { command: string | undefined; flags: Flags } {
  const names = [
    "ingest",
    "public",
    "poll",
    "issuer",
    "secret-file",
    "pseudonym-key-file",
    "voter",
    "ca-file",
  ];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  return { command: positionals[0], flags: values as Flags };
}

function need(flags: Flags, name: string): string {
  const value = flags[name];
  if (value === undefined) throw new Error(`--${name} is needed`);
  return value;
}

async function main(): Promise<number> {
  const { command, flags } = parse(process.argv.slice(2));
  if (command === "cast") return cast(flags);
  if (command === "results") return results(flags);
  throw new Error("say cast or results");
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
