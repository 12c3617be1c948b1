import type { Clock } from '../platform/clock.js';
import { errorOfFailure, errorOfStatus, type CallFacts } from './certainty.js';
import { CredentialRefused } from './errors.js';
import { HttpFailure, type Http, type HttpReply } from './http.js';
import { holdIfAsked, type Rate } from './rate.js';
import { reported, type Report } from './report.js';

/** All public reads stand in one line, whoever issued what they read. */
const LINE = 'public';

export interface PublicParts {
  readonly http: Http;
  readonly rate: Rate;
  readonly clock: Clock;
  readonly report: Report;
}

export interface PublicRead {
  /** Names it in errors, e.g. `GET credential`. */
  readonly name: string;
  /** From the host's root. */
  readonly path: string;
  readonly maxBytes: number;
  /** Statuses besides 2xx that say something to the caller. */
  readonly alsoGood: readonly number[];
  /** What may not stand in an error. */
  readonly hidden: readonly string[];
}

/**
 * Reads something that OBF publishes, without credentials.
 * @throws CredentialRefused when it is too large; else as any read: ObfRefused, ObfThrottled, ObfNotSent
 */
export async function readPublic(
  { http, rate, clock, report }: PublicParts,
  read: PublicRead,
  signal?: AbortSignal,
): Promise<HttpReply> {
  const facts: CallFacts = { name: read.name, write: false, hidden: read.hidden };
  await rate.take(read.name, LINE, signal);
  const send = (): Promise<HttpReply> => http.send({ method: 'GET', ...read }, signal);
  const about = { clientId: null, route: read.name };
  const reply = await reported(report, about, send).catch((error: unknown) => {
    if (!(error instanceof HttpFailure)) throw error;
    if (error.reason === 'too_large') throw new CredentialRefused(read.name, 'size', 'it is too large');
    throw errorOfFailure(facts, error);
  });
  await holdIfAsked(rate, LINE, reply, clock());
  const good = (reply.status >= 200 && reply.status < 300) || read.alsoGood.includes(reply.status);
  if (!good) throw errorOfStatus(facts, reply, clock());
  return reply;
}
