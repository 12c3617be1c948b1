import type { BadgeId, ClientId } from '../../../ids.js';
import { isId } from '../../../rules/parse/read.js';

/** As which a badge is to be enrolled; null: not chosen yet. */
export interface EnrolAs {
  readonly competency: string | null;
  readonly level: number | null;
}

/** What is to be put in where nothing was chosen; the command refuses it as it stands. */
const TO_CHOOSE = { competency: 'COMPETENCE', level: 'NIVEAU', badge: 'BADGE', name: '"NOM"' } as const;

/** Ids come from elsewhere, and what is shown here is typed into a terminal. */
const isSafe = (id: string): boolean => isId(id) && !id.startsWith('-');

/** `npx palier partner enrol ...`, ready to copy; null for a badge that cannot be enrolled under its id. */
export const enrolCommand = (
  clientId: ClientId,
  badgeId: BadgeId,
  { competency, level }: EnrolAs,
): string | null =>
  isSafe(clientId) && isSafe(badgeId)
    ? `npx palier partner enrol ${clientId} ${badgeId} --competency ${competency ?? TO_CHOOSE.competency} --level ${level ?? TO_CHOOSE.level}`
    : null;

/** The same for the first badge of a client that nobody knows. */
export const enrolNewcomerCommand = (clientId: ClientId): string | null =>
  isSafe(clientId)
    ? `npx palier partner enrol ${clientId} ${TO_CHOOSE.badge} --competency ${TO_CHOOSE.competency} --level ${TO_CHOOSE.level} --partner-name ${TO_CHOOSE.name}`
    : null;
