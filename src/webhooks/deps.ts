import type { RequestHandler } from 'express';
import type { ClientId, EarnerKey } from '../ids.js';
import type { Logger } from '../platform/logger.js';
import type { Arrival } from '../queue/jobs.js';
import type { Figures } from './metrics.js';
import type { Verify } from './verify.js';

/** What the receiver needs of the world. */
export interface WebhookDeps {
  /** Active partners and the Région's own client: whose notices are taken. */
  readonly participants: ReadonlySet<ClientId>;
  readonly verify: Verify;
  /** Only credentials at this server are looked at. */
  readonly obfBaseUrl: string;
  /** Resolves when all are stored; rejects when that is not sure in time. May be repeated. */
  readonly putNotices: (notices: readonly Arrival[]) => Promise<void>;
  /** Whether a notice could be stored now. Never rejects. */
  readonly ready: () => Promise<boolean>;
  readonly earnerKeyOf: (address: string) => EarnerKey;
  /** Hides an address; `context` is needed to read it again. */
  readonly seal: (text: string, context: string) => string;
  readonly log: Logger;
  /** Other pages, below `/ops`; without, nothing is there. */
  readonly ops?: RequestHandler;
  /** Where there is a token for them. */
  readonly figures?: Figures;
}
