import type { Logger } from '../platform/logger.js';
import type { Exchange, Outcome } from './exchange.js';
import { Problem } from './problem.js';

/** Writes the one line of a request. */
export type WriteLine = (exchange: Exchange, outcome: Outcome) => void;

const ROUTINE: ReadonlySet<string> = new Set(['health', 'metrics']);

/**
 * The lines of an app's requests. What a line has alike with many others is written once, and begins each of
 * them: there are as many beginnings as methods, routes, ways to end and kinds of notices that were met together,
 * and each of these is one of a few that are known beforehand.
 */
export function requestLines(log: Logger): WriteLine {
  // All that a line may say is named here: nothing has to be looked for in it.
  const lines = log.child({}, { redact: [] });
  const begun = new Map<string, Logger>();
  const beginning = (exchange: Exchange, status: number): Logger => {
    const { req, route, facts } = exchange;
    const name = `${req.method} ${route} ${status} ${facts.kind} ${facts.by}`;
    const known = begun.get(name);
    if (known !== undefined) return known;
    const { kind, by } = facts;
    const one = lines.child({ method: req.method, route, status, kind, by });
    begun.set(name, one);
    return one;
  };
  return (exchange, outcome) => {
    const { requestId, route, startedMs, facts } = exchange;
    const { kind: _kind, by: _by, ...own } = facts;
    const said = {
      requestId,
      ...(outcome instanceof Problem ? { code: outcome.code, field: outcome.field } : {}),
      ...own,
      durationMs: Math.round(performance.now() - startedMs),
    };
    const line = beginning(exchange, outcome.status);
    // A platform asks for its health every few seconds, and Prometheus for the figures: that is no news as
    // long as it is good.
    if (ROUTINE.has(route) && outcome.status === 200) line.debug(said, 'request');
    else line.info(said, 'request');
  };
}
