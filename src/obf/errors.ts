/**
 * Errors of OBF, typed by how sure we are of what happened: that is what decides whether a call may be
 * made again. Messages name the call and the client, never a token, a body or an address.
 */
export abstract class ObfError extends Error {
  /** A stable name for logs and for the outside. */
  abstract readonly code: string;
  constructor(
    /** Which call, e.g. `GET event`. */
    readonly call: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`OBF ${call}: ${message}`, options);
    this.name = new.target.name;
  }
}

/** OBF understood and said no: the same call will be refused again. */
export class ObfRefused extends ObfError {
  readonly code = 'obf_refused';
  constructor(
    call: string,
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(call, message, options);
  }
}

/** OBF says that it has no event of this id. */
export const isEventGone = (error: unknown): boolean =>
  error instanceof ObfRefused && error.status === 404 && error.call === 'GET event';

/** What is wrong with a hosted credential: where it is, whose it is, what it says of itself, its size. */
export type CredentialFault = 'url' | 'recipient' | 'identity' | 'size';

/** A hosted credential that will never count for this person: reading it again changes nothing. */
export class CredentialRefused extends ObfRefused {
  constructor(
    call: string,
    readonly fault: CredentialFault,
    message: string,
  ) {
    super(call, 422, message);
  }
}

/** OBF did nothing and asks to wait (429, or 503 on a read). */
export class ObfThrottled extends ObfError {
  readonly code = 'obf_throttled';
  constructor(
    call: string,
    readonly retryAfterMs: number,
    options?: ErrorOptions,
  ) {
    super(call, `throttled, try again in ${Math.ceil(retryAfterMs / 1000)} s`, options);
  }
}

/** Nothing was sent: before OBF stands a line of our own calls that is too long. No other line is concerned. */
export class ObfLineFull extends ObfThrottled {}

/** The call certainly had no effect: not sent, or a read that failed. It may be made again. */
export class ObfNotSent extends ObfError {
  readonly code = 'obf_not_sent';
}

/** The call was sent and its outcome is not known: look in OBF before it is made again. */
export class ObfOutcomeUnknown extends ObfError {
  readonly code = 'obf_outcome_unknown';
}

/** OBF answered, in a form that we cannot read: a missing field, or no JSON. */
export class ObfUnreadable extends ObfError {
  readonly code = 'obf_unreadable';
}
