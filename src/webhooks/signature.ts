import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { secondsOf, type Clock } from '../platform/clock.js';
import { Problem } from './problem.js';

/** How far a timestamp may lie from now, either way. */
const TOLERANCE_S = 300;
const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

/**
 * Signatures by Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`. One matching signature under
 * one of the secrets is enough.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signatureDoor(secrets: readonly string[], clock: Clock) {
  const webhooks = secrets.map((secret) => new Webhook(secret));
  return {
    /** Whether the sender meant to sign: one of the headers is enough. */
    isMeant: (headers: IncomingHttpHeaders): boolean => HEADERS.some((name) => headers[name] !== undefined),
    fault(bytes: Buffer, headers: IncomingHttpHeaders): Problem | null {
      const given = Object.fromEntries(HEADERS.map((name) => [name, String(headers[name] ?? '')]));
      const stamp = given['webhook-timestamp'] ?? '';
      if (!/^\d{1,12}$/.test(stamp)) return new Problem('signature_invalid', 'webhook-timestamp');
      // Before any hash: a replay costs nothing.
      if (Math.abs(secondsOf(clock) - Number(stamp)) > TOLERANCE_S) return new Problem('signature_stale');
      const good = webhooks.some((webhook) => isSigned(webhook, bytes, given));
      return good ? null : new Problem('signature_invalid');
    },
  };
}

function isSigned(webhook: Webhook, bytes: Buffer, headers: Record<string, string>): boolean {
  try {
    webhook.verify(bytes, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
