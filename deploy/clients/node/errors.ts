/** What went wrong with a call, read from the status, and whether the same call again can help. */

import { setTimeout as sleep } from "node:timers/promises";
import { status, type ServiceError } from "@grpc/grpc-js";
import { rpc } from "./protos.js";
import type { Duration__Output } from "./generated/google/protobuf/Duration.js";

/** Tries of one call, the first included. */
const TRIES_MAX = 5;
/** A longer wait is the caller's to decide: somebody stands there with a phone. */
const WAIT_MS_MAX = 5_000;
const BACKOFF_MS = 100;

/** A call that failed. Decide by `reason`, never by the text. */
export class HolosError extends Error {
  override readonly name = "HolosError";

  private constructor(
    readonly code: status,
    /**
     * As in the tables of deploy/docs/errors.md. Empty when it was not Holos that answered: no
     * connection, a deadline.
     */
    readonly reason: string,
    /** Facts for the caller, `current_version` of a `NOTICE_STALE` say. */
    readonly metadata: Readonly<Record<string, string>>,
    /** How long Holos asks us to wait before the same call; undefined: it says nothing of that. */
    readonly retryDelayMs: number | undefined,
    /** Fields that break a rule, where a call takes forms: staff's do. */
    readonly fields: readonly string[],
  ) {
    super([status[code], reason, ...fields].filter(Boolean).join(" "));
  }

  /** From what grpc-js throws; anything else is a mistake of ours and is thrown as it is. */
  static from(error: unknown): HolosError {
    if (!isServiceError(error)) throw error;
    let reason = "";
    let metadata: Record<string, string> = {};
    let retryDelayMs: number | undefined;
    let fields: string[] = [];
    // Each detail is a google.protobuf.Any: a type's name and its bytes. A new version may send
    // more of them.
    for (const detail of statusDetails(error)) {
      switch (detail.type_url.split("/").pop()) {
        case "google.rpc.ErrorInfo": {
          const info = rpc.ErrorInfo.deserialize(detail.value);
          // A proxy on the way may have reasons of its own.
          if (info.domain === "holos") ({ reason, metadata } = info);
          break;
        }
        case "google.rpc.RetryInfo":
          retryDelayMs = milliseconds(rpc.RetryInfo.deserialize(detail.value).retryDelay);
          break;
        case "google.rpc.BadRequest":
          fields = rpc.BadRequest.deserialize(detail.value).fieldViolations.map(
            ({ field, description }) => `${field}: ${description}`,
          );
          break;
      }
    }
    return new HolosError(error.code, reason, metadata, retryDelayMs, fields);
  }

  /**
   * Whether the same call again can help. It can when Holos says after how long, and when nobody
   * knows what became of the call. RESOURCE_EXHAUSTED without that advice is final: a quota, a
   * message that is too large.
   */
  get mayRetry(): boolean {
    const isUnknown = this.code === status.UNAVAILABLE || this.code === status.DEADLINE_EXCEEDED;
    return this.retryDelayMs !== undefined || isUnknown;
  }
}

/**
 * Waits before the next of at most TRIES_MAX tries; false: give up. As long as advised, longer with
 * each try, and by chance longer still, so that a thousand clients that were refused together do
 * not come back together.
 */
export async function waitToRetry(tried: number, advisedMs = 0): Promise<boolean> {
  if (tried >= TRIES_MAX || advisedMs > WAIT_MS_MAX) return false;
  const least = Math.max(advisedMs, BACKOFF_MS * 2 ** tried);
  await sleep(least * (1 + Math.random() / 2));
  return true;
}

/** Runs a unary call until it is answered, or another try cannot help. */
export async function retrying<T>(call: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await call();
    } catch (thrown) {
      const error = HolosError.from(thrown);
      if (!error.mayRetry || !(await waitToRetry(tried, error.retryDelayMs))) throw error;
    }
  }
}

export function milliseconds(duration?: Duration__Output | null): number | undefined {
  return duration ? Number(duration.seconds) * 1_000 + duration.nanos / 1e6 : undefined;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "metadata" in error;
}

function statusDetails(error: ServiceError) {
  // The `-bin` says that grpc-js has undone the base64: these are the bytes of a google.rpc.Status.
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  return Buffer.isBuffer(bytes) ? rpc.Status.deserialize(bytes).details : [];
}
