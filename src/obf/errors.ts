import { fieldOf, withoutAddresses } from '../platform/logger.js';

/**
 * A failed call to OBF. Its class says how certain the outcome is, which decides whether the call may be repeated.
 * Messages name the call and the client, never a token, a body or an address.
 */
export abstract class ObfError extends Error {
  abstract readonly code: string;
  constructor(
    readonly call: string,
    /** The message, without the call's name. */
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`OBF ${call}: ${detail}`, options);
    this.name = new.target.name;
  }
}

/** OBF understood the call and refused it: it will refuse the same call again. */
export class ObfRefused extends ObfError {
  readonly code = 'obf_refused';
  constructor(
    call: string,
    readonly status: number,
    detail: string,
  ) {
    super(call, detail);
  }
}

/** True when OBF has no event of this id. */
export const isEventGone = (error: unknown): boolean =>
  error instanceof ObfRefused && error.status === 404 && error.call === 'GET event';

/** OBF does not show a hosted credential: it is not published yet, or hidden for a while. It may be read again. */
export class CredentialAbsent extends ObfError {
  readonly code = 'obf_credential_absent';
}

/** OBF did nothing and asks to wait (429, or 503 on a read). */
export class ObfThrottled extends ObfError {
  readonly code = 'obf_throttled';
  constructor(
    call: string,
    readonly retryAfterMs: number,
  ) {
    super(call, `throttled, try again in ${Math.ceil(retryAfterMs / 1000)} s`);
  }
}

/** Nothing was sent: too many of Palier's calls wait in this lane. Other lanes are free. */
export class RateQueueFull extends ObfThrottled {}

/** The call certainly had no effect: not sent, or a read that failed. It may be repeated. */
export class ObfNotSent extends ObfError {
  readonly code = 'obf_not_sent';
}

/** The call was sent and its outcome is unknown: look in OBF before it is repeated. */
export class ObfOutcomeUnknown extends ObfError {
  readonly code = 'obf_outcome_unknown';
}

/** OBF answered, in a form that we cannot read: a missing field, or no JSON. */
export class ObfUnreadable extends ObfError {
  readonly code = 'obf_unreadable';
}

export class ObfTooLarge extends ObfUnreadable {}

/** What the error of a call is made from. */
export interface CallFacts {
  /** E.g. `GET event`; used in errors, logs and metrics. */
  readonly name: string;
  /** It changes something in OBF, so that its outcome must be certain. */
  readonly write: boolean;
  /** What no error may show: the token, and personal data of the body. */
  readonly secrets: readonly string[];
}

export interface HttpReply {
  readonly status: number;
  /** What `Retry-After` asks for, within our limits. */
  readonly retryAfterMs: number;
  readonly body: string;
}

export const isGood = ({ status }: HttpReply): boolean => status >= 200 && status < 300;

/** True when OBF did nothing and asks to wait. A 503 may follow a write that was done. */
export const isThrottled = ({ status }: HttpReply, write: boolean): boolean =>
  status === 429 || (status === 503 && !write);

/**
 * Classifies an answer other than 2xx.
 * Read: only OBF's own JSON error is a refusal. A 3xx, or a 4xx of a proxy or of maintenance, may pass.
 * Write: 429 and 4xx are refusals before anything was done. Any other may follow a commit: a 5xx, the 3xx after a
 * POST, the 408 of an impatient proxy.
 */
export function errorOfStatus({ name, write, secrets }: CallFacts, reply: HttpReply): ObfError {
  const { status, body, retryAfterMs } = reply;
  if (isThrottled(reply, write)) return new ObfThrottled(name, retryAfterMs);
  const obfError = errorIn(body);
  const text = `${status} ${shownText(obfError ?? body, secrets)}`.trim();
  const isRefusal = status >= 400 && status < 500 && status !== 408;
  if (isRefusal && (write || obfError !== null)) return new ObfRefused(name, status, text);
  if (write) return new ObfOutcomeUnknown(name, `${text}: it may have been done all the same`);
  const isForeign = isRefusal || status < 400;
  return new ObfNotSent(name, isForeign ? `${text}: not an answer of OBF's API, check OBF_BASE_URL` : text);
}

/** Classifies an error from before a call was sent: the call had no effect. */
export function errorBeforeSending(name: string, error: unknown, signal?: AbortSignal): ObfError {
  if (error instanceof ObfError) return error;
  const why = signal?.aborted === true ? 'given up by the caller before it was sent' : 'Redis did not answer';
  return new ObfNotSent(name, why, { cause: plainCause(error) });
}

const MAX_TEXT_CHARS = 200;
/** An error page can be megabytes. */
const MAX_RAW_CHARS = 4000;

/** Redacts and shortens OBF's own words. */
function shownText(words: string, secrets: readonly string[]): string {
  // The cut also drops the last word: half an address would not be recognised as one.
  const whole = words.length < MAX_RAW_CHARS ? words : words.slice(0, MAX_RAW_CHARS).replace(/\S*$/, '');
  const text = redact(whole, secrets).replaceAll(/\s+/g, ' ').trim();
  return text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS - 1)}…` : text;
}

/** Reads `{ "error": "Not Found", "message": "..." }`, or one of the two. Null for any other body. */
function errorIn(body: string): string | null {
  const json = jsonOrNull(body);
  const texts = [fieldOf(json, 'error'), fieldOf(json, 'message')].filter((part) => typeof part === 'string');
  return texts.length === 0 ? null : texts.join(': ');
}

export function jsonOrNull(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** Redacting shorter secrets would tear words apart; they reveal nothing. */
const MIN_SECRET_CHARS = 3;

/** Replaces addresses and `secrets` (a token, an API key, recipients as they were sent). */
function redact(text: string, secrets: readonly string[]): string {
  const redacted = secrets
    .filter((secret) => secret.length >= MIN_SECRET_CHARS)
    .reduce((result, secret) => result.replaceAll(secret, '[hidden]'), text);
  return withoutAddresses(redacted);
}

/**
 * Copies the message and code of an error, as a cause. An HTTP client's error also holds the token and the body, a
 * Redis client's the command.
 */
export function plainCause(error: unknown, secrets: readonly string[] = []): Error {
  const message = fieldOf(error, 'message');
  const plain = new Error(redact(typeof message === 'string' ? message : String(error), secrets));
  const code = fieldOf(error, 'code');
  return typeof code === 'string' ? Object.assign(plain, { code }) : plain;
}

const DEFAULT_RETRY_AFTER_MS = 5000;
const MIN_RETRY_AFTER_MS = 250;
/** A longer wait is more often a mistake than meant; calling again costs one call. */
export const MAX_RETRY_AFTER_MS = 5 * 60_000;

/**
 * Returns how long OBF asks to wait, milliseconds: from 0.25 s to 5 min.
 * @param header `Retry-After`, seconds or a date (RFC 9110, 10.2.3); 5 s where it is missing or neither
 * @param date the answer's own `Date`: a date in `header` is compared with OBF's clock, never with ours
 */
export function retryAfterMsOf(header: string | null, date: string | null): number {
  const text = header?.trim() ?? '';
  const ms = /^\d+(\.\d+)?$/.test(text)
    ? Math.ceil(Number(text) * 1000)
    : Date.parse(text) - Date.parse(date ?? '');
  return Number.isNaN(ms)
    ? DEFAULT_RETRY_AFTER_MS
    : Math.min(MAX_RETRY_AFTER_MS, Math.max(MIN_RETRY_AFTER_MS, ms));
}
