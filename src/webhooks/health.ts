import { hasBearerToken } from './authenticate.js';
import type { Outcome, Reply, RequestContext, WebhookDeps } from './context.js';
import { Problem } from './problems.js';

/** `GET /healthz`: the process lives. */
export const healthz = (): Reply => ({ status: 200, body: { status: 'ok' } });

/** `GET /readyz`: a notice could be stored now. */
export const readyz = async ({ ready }: WebhookDeps): Promise<Outcome> =>
  (await ready()) === null ? { status: 200, body: { status: 'ready' } } : new Problem('not_ready');

/** The text format that Prometheus has read since its version 0.0.4. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `GET /metrics`, for the holder of the token. */
export async function readMetrics(
  { app, req, requestId }: RequestContext,
  { metrics }: WebhookDeps,
): Promise<Outcome> {
  if (metrics === undefined) return new Problem('not_found');
  if (!hasBearerToken(req.headers, metrics.token)) return new Problem('token_invalid');
  try {
    return { status: 200, type: METRICS_TYPE, text: await metrics.read() };
  } catch (err) {
    app.log.warn({ requestId, err }, 'the metrics could not be read');
    return new Problem('metrics_unavailable');
  }
}
