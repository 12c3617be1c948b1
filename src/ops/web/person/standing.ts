import type { AwardState } from '../../../issuing/award-record.js';
import type { Background } from '../../../rules/explain/explanation.js';
import type { AwardVerdict } from '../../../rules/evaluation.js';
import type { Localized } from '../../shared/words.js';

/** Where an award stands for a person, in a word or two. */
export interface Standing {
  readonly kind: 'good' | 'waiting' | 'bad' | 'neutral';
  readonly words: Localized;
}

const HELD: Standing = { kind: 'good', words: { fr: 'obtenu', en: 'held' } };
const FLAGGED: Standing = { kind: 'waiting', words: { fr: 'obtenu, à examiner', en: 'held, to look at' } };
const REFUSED: Standing = { kind: 'bad', words: { fr: 'refusé par OBF', en: 'refused by OBF' } };
const UNKNOWN: Standing = {
  kind: 'waiting',
  words: { fr: 'envoyé, vérifié dans OBF', en: 'sent, looked up in OBF' },
};
const LEAVING: Standing = { kind: 'waiting', words: { fr: 'en cours d’envoi', en: 'on its way' } };
const WAITING: Standing = {
  kind: 'waiting',
  words: { fr: 'attend la mise en vigueur', en: 'waits for the rules' },
};
const DUE: Standing = { kind: 'waiting', words: { fr: 'dû', en: 'due' } };
const BLOCKED: Standing = { kind: 'bad', words: { fr: 'bloqué', en: 'blocked' } };
const INACTIVE: Standing = { kind: 'neutral', words: { fr: 'inactif', en: 'switched off' } };
const NOT_MET: Standing = { kind: 'neutral', words: { fr: 'pas encore', en: 'not yet' } };

/** Pure. @param states of the records of this award, under every address */
export function standingOf(
  { award, status }: Pick<AwardVerdict, 'award' | 'status'>,
  { flagged, waiting }: Background,
  states: readonly AwardState[],
): Standing {
  if (status === 'held') return flagged.has(award.badgeId) ? FLAGGED : HELD;
  if (status === 'blocked') return BLOCKED;
  if (states.includes('unknown')) return UNKNOWN;
  if (states.includes('claimed')) return LEAVING;
  if (status === 'inactive') return INACTIVE;
  if (waiting.has(award.id)) return WAITING;
  if (status === 'not_met') return NOT_MET;
  if (states.includes('refused')) return REFUSED;
  return states.includes('due') ? LEAVING : DUE;
}
