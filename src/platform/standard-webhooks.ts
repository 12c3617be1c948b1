import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** The key of a `whsec_` secret. */
export const webhookKey = (secret: string): KeyObject =>
  createSecretKey(Buffer.from(secret.replace(/^whsec_/, ''), 'base64'));

/**
 * The symmetric signature of Standard Webhooks: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`.
 * Node's HMAC: the specification's own library computes it in JavaScript. Tests compare the two.
 * @param stamp Unix seconds
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export const webhookSignature = (key: KeyObject, id: string, stamp: string, body: string | Buffer): string =>
  `v1,${createHmac('sha256', key).update(`${id}.${stamp}.`).update(body).digest('base64')}`;
