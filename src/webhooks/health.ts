import type { WebhookDeps } from './deps.js';
import type { Outcome, Reply } from './exchange.js';
import { Problem } from './problem.js';

/** `GET /healthz`: the process lives, and says nothing of anything else. */
export const healthz = (): Reply => ({ status: 200, body: { status: 'ok' } });

/** `GET /readyz`: a notice would be stored. The configuration was read before anything listened. */
export const readyz = async ({ ready }: WebhookDeps): Promise<Outcome> =>
  (await ready()) ? { status: 200, body: { status: 'ready' } } : new Problem('not_ready');
