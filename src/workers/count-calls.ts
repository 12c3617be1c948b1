import type { ClientId } from '../ids.js';
import type { CallMade, Report } from '../obf/http.js';
import { TOKEN_CALL } from '../obf/token.js';
import type { Meter } from '../platform/meter.js';

/**
 * Counts the calls of OBF. Which client made one is not told, but for tokens: that is where a wrong API key
 * shows, and there are as many clients as partners with a key.
 * @param region the Région's own client
 */
export const countCalls =
  (meter: Meter, region: ClientId): Report =>
  ({ clientId, route, status, durationMs }) => {
    const role = roleOf(clientId, region);
    meter.count('palier_obf_calls_total', { role, route, status: classOf(status) });
    meter.time('palier_obf_call_duration_seconds', { role, route }, durationMs);
    if (route === TOKEN_CALL && clientId !== null)
      meter.count('palier_token_requests_total', { client: clientId, outcome: tokenOutcomeOf(status) });
  };

const roleOf = (clientId: ClientId | null, region: ClientId): string => {
  if (clientId === null) return 'public';
  return clientId === region ? 'region' : 'partner';
};

/** `2xx` to `5xx`; 429 for itself, since OBF then only asks to wait; `none`: no whole answer came. */
function classOf(status: CallMade['status']): string {
  if (status === null) return 'none';
  return status === 429 ? '429' : `${Math.floor(status / 100)}xx`;
}

/** OBF says no to a wrong API key with one of several statuses: see `createAskToken`. */
function tokenOutcomeOf(status: CallMade['status']): 'given' | 'refused' | 'failed' {
  if (status === null || status === 429 || status === 408 || status >= 500) return 'failed';
  return status < 300 ? 'given' : 'refused';
}
