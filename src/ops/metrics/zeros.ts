import { fieldOf, type CounterName } from '../../platform/meter.js';
import { clientsWithKey } from './clients.js';
import type { FigureNeeds } from './needs.js';

const OUTCOMES = {
  tokens: ['given', 'refused', 'failed'],
  batches: ['issued', 'split', 'nothing', 'unknown', 'refused', 'not_sent', 'quota_low', 'on_hold', 'error'],
  evaluations: ['due', 'waiting', 'nothing'],
} as const;
const TAKEN = { webhooks: '202', passport: '200' } as const;

const zero = (name: CounterName, ...values: readonly string[]) => [fieldOf(name, values), 0] as const;

/**
 * The counters that are known before anything is counted. Prometheus sees no rise in a series that begins
 * at 1: the first refusal of a key would be missed.
 */
export function zerosOf(needs: Pick<FigureNeeds, 'scheme' | 'region'>): Readonly<Record<string, 0>> {
  return Object.fromEntries([
    ...Object.entries(TAKEN).flatMap(([door, status]) => [
      zero('palier_notices_total', door, 'refused', 'try_again', '503'),
      zero('palier_notices_total', door, 'accepted', 'stored', status),
    ]),
    ...clientsWithKey(needs).flatMap((client) =>
      OUTCOMES.tokens.map((outcome) => zero('palier_token_requests_total', client, outcome)),
    ),
    ...OUTCOMES.batches.map((outcome) => zero('palier_batches_total', outcome)),
    ...OUTCOMES.evaluations.map((outcome) => zero('palier_evaluations_total', outcome)),
    ...needs.scheme.awards.map(({ id }) => zero('palier_awards_issued_total', id)),
  ]);
}
