import { createHash } from 'node:crypto';
import { withoutAddresses } from '../platform/logger.js';
import type { QueueName } from './names.js';

/**
 * Why a job failed, told by what BullMQ kept of its last error: the first that fits is it. A pattern's group,
 * if it has one, is the OBF client that it is about. Redis stands first: a call that Redis kept from being
 * made was not OBF's fault.
 */
export const FAILURE_KINDS = [
  [
    'redis',
    /^(?:ReplyError|MaxRetriesPerRequestError|AbortError|ClusterAllFailedError): |^ObfNotSent: .{0,80}: Redis did not answer$|^Error: \w+: (?:no answer from Redis in time|Redis did not take a job)|^Error: (?:Connection is closed|Command timed out|Socket timeout|(?:connect|read|write) E|(?:READONLY|LOADING|OOM|MISCONF|CLUSTERDOWN)\b)/,
  ],
  ['attestation-autre', /^OBF GET credential: it was made for another address/],
  ['attestation-refusee', /^OBF GET credential: (?:its |it is too large)/],
  ['attestation-absente', /^OBF GET (?:credential|badgeclass|revoked): 4\d\d\b/],
  ['attestation-illisible', /^ObfUnreadable: OBF GET (?:credential|badgeclass|revoked): /],
  [
    'cle',
    /^(?:\w+: The Région's account cannot be read\. )?OBF POST token: .*check the API key of client ([\w.-]{1,128}?)[,.]?(?: |$)/,
  ],
  ['sans-cle', /^OBF GET event: we hold no API key of client ([\w.-]{1,128}):/],
  ['adresse-obf', /not an answer of OBF's API/],
  ['quota', /^OBF POST issue: 4\d\d .*(?:limit|quota)/i],
  ['beneficiaire', /^OBF POST issue: (?:400|413|422)\b/],
  ['badge-region', /^OBF POST issue: 404\b/],
  ['delivrance', /^OBF POST issue: /],
  ['retrait', /^OBF PUT revoke: /],
  ['evenement', /^OBF GET event: 404\b/],
  ['destinataires', /^OBF GET recipient: 4\d\d\b/],
  [
    'compte',
    /^(?:\w+: The Région's account cannot be read\. )?OBF GET (?!credential|badgeclass|revoked)\w+: 40[13]\b/,
  ],
  ['compte-region', /^\w+: The Région's account cannot be read\. /],
  ['obf-absent', /^(?:ObfNotSent|ObfThrottled|ObfLineFull): /],
  ['obf-doute', /^(?:ObfOutcomeUnknown|NotSettledYet): /],
  ['cle-palier', /^Sealed text /],
  ['obf-ligne', /OBF shows a row that cannot be read: /],
  ['obf-illisible', /^ObfUnreadable: /],
  [
    'arret',
    /^(?:Error: )?job stalled more than allowable limit|^(?:Error: )?(?:could not renew lock|Missing lock) /i,
  ],
  ['forme', /^ZodError: /],
  ['donnees', /^(?:\w+: )?What Redis holds of |^SyntaxError: /],
] as const satisfies readonly (readonly [string, RegExp])[];

export type FailureKind = (typeof FAILURE_KINDS)[number][0];

export interface FailureCause {
  /** Jobs that failed alike share it. Letters, digits, `.`, `_` and `-` alone: it stands in addresses. */
  readonly key: string;
  /** Null: nobody foresaw it. */
  readonly kind: FailureKind | null;
  /** The OBF client that it is about; null: none. */
  readonly client: string | null;
  /** As it may be shown; of an unforeseen one without what differs from job to job. */
  readonly text: string;
}

/** What lies beyond says nothing to people, and could be a whole page of HTML. */
const MAX_CHARS = 600;

/** Pure. What `shownReason` left of a reason gives the same. @param failedReason as BullMQ keeps it */
export function failureCause(failedReason: string, queue: QueueName): FailureCause {
  const text = shownReason(failedReason);
  for (const [kind, pattern] of FAILURE_KINDS) {
    const [found, client] = pattern.exec(text) ?? [];
    if (found === undefined) continue;
    return { key: client === undefined ? kind : `${kind}.${client}`, kind, client: client ?? null, text };
  }
  const bare = withoutIds(text);
  const hash = createHash('sha256').update(bare).digest('base64url').slice(0, 10);
  return { key: `autre.${queue}.${hash}`, kind: null, client: null, text: bare };
}

/** A reason as it may be shown: one line, of bounded length, without addresses. */
export function shownReason(failedReason: string, maxChars = MAX_CHARS): string {
  const line = withoutAddresses(failedReason).replaceAll(/\s+/g, ' ').trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 1).replace(/\p{Surrogate}$/u, '')}…` : line;
}

/** Numbers of three digits stay: they are an HTTP status more often than not. */
const withoutIds = (text: string): string => text.replaceAll(/(?=[\w-]{0,127}\d)[\w-]{4,}/g, '…');
