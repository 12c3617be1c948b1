import type { Meter } from '../platform/meter.js';
import { isBearer } from './bearer.js';
import type { WebhookDeps } from './deps.js';
import type { Exchange, Facts, Outcome } from './exchange.js';
import { Problem } from './problem.js';

/** What `/metrics` needs; without it, there is no such address. */
export interface Figures {
  readonly token: string;
  /** All figures of all processes, as Prometheus reads them. Rejects when Redis does not tell them in time. */
  readonly read: () => Promise<string>;
  /** Counts what comes to the doors. */
  readonly meter: Meter;
}

/** The text format that Prometheus has read since its version 0.0.4. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `GET /metrics`: the figures, for whoever holds the token. */
export async function metrics({ req, log, requestId }: Exchange, { figures }: WebhookDeps): Promise<Outcome> {
  if (figures === undefined) return new Problem('not_found');
  if (!isBearer(req.headers, figures.token)) return new Problem('token_invalid');
  try {
    return { status: 200, type: METRICS_TYPE, text: await figures.read() };
  } catch (err) {
    log.warn({ requestId, err }, 'the figures could not be read');
    return new Problem('metrics_unavailable');
  }
}

/** The routes that notices come to, as their figures name them. */
const DOORS: ReadonlySet<string> = new Set(['webhooks', 'passport']);

/** Counts how a notice ended; what is not one is not counted. */
export function countNotice(
  meter: Meter | undefined,
  { route, facts }: { readonly route: string; readonly facts: Facts },
  outcome: Outcome,
): void {
  if (!DOORS.has(route)) return;
  const status = String(outcome.status);
  const how = (what: 'accepted' | 'ignored' | 'refused', reason: string): void =>
    meter?.count('palier_notices_total', { door: route, outcome: what, reason, status });
  if (outcome instanceof Problem) how('refused', outcome.code);
  else if (facts.reason !== undefined) how('ignored', facts.reason);
  else how('accepted', 'stored');
}
