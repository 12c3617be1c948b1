import { failureCause, type FailureKind } from '../../queue/failure-kind.js';
import type { QueueName } from '../../queue/names.js';
import type { Words } from '../cli/words.js';
import { CREDENTIAL_REASONS } from './reasons/credential.js';
import type { KnownReason } from './reasons/known.js';
import { OBF_REASONS } from './reasons/obf.js';
import { OTHER } from './reasons/other.js';
import { PALIER_REASONS } from './reasons/palier.js';

/** Why jobs failed, for people. */
export interface Reason {
  /** Of `failureCause`. */
  readonly key: string;
  readonly happened: Words;
  readonly next: Words;
}

export const REASONS: Readonly<Record<FailureKind, KnownReason>> = {
  ...CREDENTIAL_REASONS,
  ...OBF_REASONS,
  ...PALIER_REASONS,
};

/**
 * Puts into words why a job failed. Pure.
 * @param failedReason what BullMQ kept of the last attempt
 * @param nameOf how people call an organisation
 */
export function reasonOf(
  failedReason: string,
  queue: QueueName,
  nameOf: (client: string) => string = (client) => client,
): Reason {
  const { key, kind, client, text } = failureCause(failedReason, queue);
  if (kind !== null) {
    const { happened, next } = REASONS[kind];
    return { key, happened: happened(nameOf(client ?? '')), next };
  }
  const { happened, next } = OTHER[queue];
  const told = text === '' ? '?' : text;
  return { key, happened: { fr: `${happened.fr} : ${told}`, en: `${happened.en}: ${told}` }, next };
}
