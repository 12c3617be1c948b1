import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../config.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { webhookKey, webhookSignature } from '../platform/secrets.js';
import { Problem } from './problems.js';

class Verified {
  /** Nominal: nothing else has this type, and only this file constructs it. */
  declare protected readonly made: never;
  constructor(
    readonly bytes: Buffer,
    readonly by: 'signature' | 'basic',
  ) {}
}
/** The bytes of a request whose sender holds one of our secrets. Only a `Verify` makes one. */
export type VerifiedBody = Verified;

/** Checks the headers, before the body is read; a `Problem` is a 401 or 403. */
export type Authenticate = (headers: IncomingHttpHeaders) => Verify | Problem;
/** Checks the raw bytes of the same request. */
export type Verify = (bytes: Buffer) => VerifiedBody | Problem;

/**
 * Checks the signature of a signed request, else HTTP Basic, for senders that cannot sign. Any configured secret is
 * accepted, so that secrets can be rotated. Without a signing secret, signature headers beside Basic are ignored.
 */
export function createAuthenticate(
  { webhookSecrets, webhookBasic }: Pick<Config, 'webhookSecrets' | 'webhookBasic'>,
  clock: Clock,
): Authenticate {
  const signature = signatureAuth(webhookSecrets, clock);
  const basic = basicAuth(webhookBasic);
  return (headers) => {
    if (signature.isUsed(headers) && (webhookSecrets.length > 0 || !basic.isUsed(headers)))
      return signature.check(headers);
    if (basic.isUsed(headers)) return basic.check(headers);
    return new Problem('credentials_missing');
  };
}

/** How far a timestamp may be from now, either way. */
const TOLERANCE_S = 300;
/** `v1,` and 32 bytes in base64. */
const SIGNATURE_FORM = /^v1,[\w+/]{43}=$/;
const [ID, TIMESTAMP, SIGNATURE] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

/** Checks Standard Webhooks: one signature that matches under one secret is enough. */
function signatureAuth(secrets: readonly string[], clock: Clock) {
  const keys = secrets.map(webhookKey);
  return {
    /** True with any of the three headers. */
    isUsed: (headers: IncomingHttpHeaders): boolean =>
      [ID, TIMESTAMP, SIGNATURE].some((name) => headers[name] !== undefined),
    check(headers: IncomingHttpHeaders): Verify | Problem {
      const [id, stamp] = [textOf(headers[ID]), textOf(headers[TIMESTAMP])];
      if (!/^\d{1,12}$/.test(stamp)) return new Problem('signature_invalid', TIMESTAMP);
      if (Math.abs(secondsOf(clock) - Number(stamp)) > TOLERANCE_S) return new Problem('signature_stale');
      const signatures = textOf(headers[SIGNATURE]).split(' ');
      if (keys.length === 0 || id === '' || !signatures.some((one) => SIGNATURE_FORM.test(one)))
        return new Problem('signature_invalid');
      return (bytes) => {
        const isGood = keys.some((key) => {
          const expected = webhookSignature(key, id, stamp, bytes);
          return signatures.some((one) => isSame(one, expected));
        });
        return isGood ? new Verified(bytes, 'signature') : new Problem('signature_invalid');
      };
    },
  };
}

const textOf = (header: string | string[] | undefined): string => String(header ?? '');

/** Compares in constant time. Node decodes headers as latin1. */
const isSame = (given: string, expected: string): boolean =>
  given.length === expected.length &&
  timingSafeEqual(Buffer.from(given, 'latin1'), Buffer.from(expected, 'latin1'));

/** Checks HTTP Basic (RFC 7617). Compares all digests in constant time: timing shows neither length nor position. */
function basicAuth(pairs: readonly string[]) {
  const digests = pairs.map(digest);
  return {
    /** True for any scheme: a wrong one is refused as wrong, not as missing. */
    isUsed: ({ authorization = '' }: IncomingHttpHeaders): boolean => authorization.trim() !== '',
    check({ authorization = '' }: IncomingHttpHeaders): Verify | Problem {
      const [, encoded] = /^basic +([\w+/=-]+) *$/i.exec(authorization) ?? [];
      const given = digest(Buffer.from(encoded ?? '', 'base64'));
      const matches = digests.filter((one) => timingSafeEqual(one, given));
      if (encoded === undefined || matches.length === 0) return new Problem('basic_invalid');
      return (bytes) => new Verified(bytes, 'basic');
    },
  };
}

/** True for this bearer token (RFC 6750, 2.1). Compares in constant time, whatever the lengths. */
export function hasBearerToken({ authorization = '' }: IncomingHttpHeaders, token: string): boolean {
  const [, given] = /^bearer +([\w.~+/=-]+) *$/i.exec(authorization) ?? [];
  return timingSafeEqual(digest(given ?? ''), digest(token)) && given !== undefined;
}

const digest = (text: string | Buffer): Buffer => createHash('sha256').update(text).digest();
