import type { IncomingHttpHeaders } from 'node:http';
import type { BasicKey } from '../config.js';
import type { Clock } from '../platform/clock.js';
import { basicDoor } from './basic.js';
import { Problem } from './problem.js';
import { signatureDoor } from './signature.js';

class Verified {
  /** Told apart from anything that merely looks like it; and the class stays in this file. */
  declare protected readonly made: never;
  constructor(
    readonly bytes: Buffer,
    readonly by: 'signature' | 'basic',
  ) {}
}
/** The bytes of a request whose sender proved to hold one of our secrets. Only a `Verify` makes one. */
export type VerifiedBody = Verified;

/** The raw bytes and the headers in; what may be parsed, or why not (401, 403), out. */
export type Verify = (bytes: Buffer, headers: IncomingHttpHeaders) => VerifiedBody | Problem;

export interface Credentials {
  /** Standard Webhooks secrets, `whsec_...`: any of them will do, so that they can be rotated. */
  readonly secrets: readonly string[];
  readonly basic: readonly BasicKey[];
}

/**
 * A request that carries a signature is judged by it; HTTP Basic is for senders that cannot sign. Where
 * no secret is configured signatures say nothing, and Basic is what is left.
 * @throws when a secret cannot be read
 */
export function createVerify({ secrets, basic }: Credentials, clock: Clock): Verify {
  const signature = signatureDoor(secrets, clock);
  const basicAuth = basicDoor(basic);
  return (bytes, headers) => {
    const signed = signature.isMeant(headers);
    if (signed && (secrets.length > 0 || !basicAuth.isMeant(headers)))
      return signature.fault(bytes, headers) ?? new Verified(bytes, 'signature');
    if (basicAuth.isMeant(headers)) return basicAuth.fault(headers) ?? new Verified(bytes, 'basic');
    return new Problem('credentials_missing');
  };
}
