import { createHash } from 'node:crypto';
import { withoutAddresses } from '../../platform/logger.js';
import type { QueueName } from '../../queue/names.js';
import type { Words } from '../cli/words.js';
import { CREDENTIAL_REASONS } from './reasons/credential.js';
import type { KnownReason } from './reasons/known.js';
import { OBF_REASONS } from './reasons/obf.js';
import { OTHER } from './reasons/other.js';
import { PALIER_REASONS, REDIS_REASON } from './reasons/palier.js';

/** Why jobs failed, for people. */
export interface Reason {
  /** Jobs that failed alike share it. Letters, digits, `.`, `_` and `-` alone: it stands in addresses. */
  readonly key: string;
  readonly happened: Words;
  readonly next: Words;
}

/** The one table: the first that fits is it. */
export const REASONS: readonly KnownReason[] = [
  REDIS_REASON,
  ...CREDENTIAL_REASONS,
  ...OBF_REASONS,
  ...PALIER_REASONS,
];

/** What lies beyond says nothing to people, and could be a whole page of HTML. */
const MAX_CHARS = 600;

/**
 * Puts into words why a job failed. Pure. What `shownReason` left of a reason gives the same.
 * @param failedReason what BullMQ kept of the last attempt
 * @param nameOf how people call an organisation
 */
export function reasonOf(
  failedReason: string,
  queue: QueueName,
  nameOf: (client: string) => string = (client) => client,
): Reason {
  const text = shownReason(failedReason);
  for (const known of REASONS) {
    const [found, client] = known.is.exec(text) ?? [];
    if (found === undefined) continue;
    const key = client === undefined ? known.key : `${known.key}.${client}`;
    return { key, happened: known.happened(nameOf(client ?? '')), next: known.next };
  }
  return otherReason(text, queue);
}

/** A reason that nobody foresaw is told as it is, without what differs from job to job. */
function otherReason(text: string, queue: QueueName): Reason {
  const bare = withoutIds(text);
  const hash = createHash('sha256').update(bare).digest('base64url').slice(0, 10);
  const { happened, next } = OTHER[queue];
  const told = bare === '' ? '?' : bare;
  return {
    key: `autre.${queue}.${hash}`,
    happened: { fr: `${happened.fr} : ${told}`, en: `${happened.en}: ${told}` },
    next,
  };
}

/** A reason as it may be shown: one line, of bounded length, without addresses. */
export function shownReason(failedReason: string): string {
  const line = withoutAddresses(failedReason).replaceAll(/\s+/g, ' ').trim();
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS - 1).replace(/\p{Surrogate}$/u, '')}…` : line;
}

/** Numbers of three digits stay: they are an HTTP status more often than not. */
const withoutIds = (text: string): string => text.replaceAll(/(?=[\w-]{0,127}\d)[\w-]{4,}/g, '…');
