import { Aborted } from './abort.js';
import { clean, fieldOf, plainCause } from './clean.js';
import {
  ObfError,
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfThrottled,
  ObfUnreadable,
} from './errors.js';
import type { HttpFailure, HttpReply } from './http.js';
import { retryAfterMs } from './retry-after.js';

/** What an error may say of a call, and what decides how sure we can be of its outcome. */
export interface CallFacts {
  readonly name: string;
  /** It changes something in OBF: no doubt is allowed about it. */
  readonly write: boolean;
  /** What may not stand in an error: the token, what the body holds of people. */
  readonly hidden: readonly string[];
  /** What to do when OBF refuses it. */
  readonly advice?: string;
}

const MAX_TEXT_CHARS = 200;
/** An error page can be megabytes. */
const MAX_RAW_CHARS = 4000;

/**
 * The one place that says what an answer other than 2xx means.
 * A write: 429 and 4xx are OBF's no before it did anything; everything else (5xx; 3xx, which may follow
 * a POST that was done; 408, which a proxy sends when it lost patience) may stand after a commit.
 */
export function errorOfStatus(call: CallFacts, reply: HttpReply, nowMs: number): ObfError {
  const { name, write } = call;
  const { status } = reply;
  if (status === 429 || (status === 503 && !write))
    return new ObfThrottled(name, retryAfterMs(reply.retryAfter, nowMs));
  const text = `${status} ${obfText(reply.body, call.hidden)}`.trim();
  if (status >= 400 && status < 500 && status !== 408)
    return new ObfRefused(name, status, call.advice === undefined ? text : `${text}: ${call.advice}`);
  if (write) return new ObfOutcomeUnknown(name, `${text}: it may have been done all the same`);
  if (status < 400)
    return new ObfRefused(name, status, `${text}: not an answer of OBF's API, check OBF_BASE_URL`);
  return new ObfNotSent(name, text);
}

/** What the lack of an answer means. */
export function errorOfFailure(call: CallFacts, failure: HttpFailure): ObfError {
  const cause = plainCause(failure.cause, call.hidden);
  const words = { aborted: 'given up by the caller', timeout: 'no answer in time' } as const;
  const text =
    failure.reason === 'aborted' || failure.reason === 'timeout' ? words[failure.reason] : cause.message;
  if (call.write && failure.mayHaveLeft)
    return new ObfOutcomeUnknown(call.name, `${text}, after it was sent`, { cause });
  if (failure.reason === 'too_large')
    return new ObfUnreadable(call.name, 'the answer is too large', { cause });
  return new ObfNotSent(call.name, text, { cause });
}

/** What went wrong before a call was sent: whatever it was, the call had no effect. */
export function errorBeforeSending(name: string, error: unknown): ObfError {
  if (error instanceof ObfError) return error;
  const why = error instanceof Aborted ? 'given up by the caller before it was sent' : 'Redis did not answer';
  return new ObfNotSent(name, why, { cause: plainCause(error) });
}

/** OBF's own words, as far as they may be shown. */
function obfText(body: string, hidden: readonly string[]): string {
  const raw = (errorField(body) ?? body).slice(0, MAX_RAW_CHARS);
  // What the cut left of a last word could be half an address, which nothing would recognise.
  const whole = raw.length < MAX_RAW_CHARS ? raw : raw.replace(/\S*$/, '');
  const text = clean(whole, hidden).replaceAll(/\s+/g, ' ').trim();
  return text.length > MAX_TEXT_CHARS
    ? `${text.slice(0, MAX_TEXT_CHARS - 1).replace(/\p{Surrogate}$/u, '')}…`
    : text;
}

/** `{ "error": "Not Found", "message": "..." }`, or one of the two; a body that is not JSON now and then. */
function errorField(body: string): string | null {
  const json = parsed(body);
  const said = [fieldOf(json, 'error'), fieldOf(json, 'message')].filter((part) => typeof part === 'string');
  return said.length === 0 ? null : said.join(': ');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
