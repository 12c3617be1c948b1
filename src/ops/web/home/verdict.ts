import type { ClientId } from '../../../ids.js';
import type { ReadProblem } from '../../../obf/read-problems.js';
import type { PartnerNews } from '../../shared/stats.js';
import type { Localized } from '../../shared/words.js';
import type { Application } from '../../../scheme/schemes.js';
import type { Now } from './now.js';
import type { ObfAnswers } from './obf-hour.js';
import { pointsAbout } from './points.js';

/** What the verdict is made from. */
export interface Facts {
  readonly nowS: number;
  readonly now: Now;
  /** Null: nothing was kept to tell it from. */
  readonly lastHour: ObfAnswers | null;
  readonly lastMinutes: ObfAnswers | null;
  readonly partners: readonly PartnerNews[];
  /** What OBF shows badly, for people to be told of. */
  readonly readProblems: readonly ReadProblem[];
  /** Whose account could not be read for long, though we have the key. */
  readonly unread: readonly ClientId[];
  readonly nameOf: (clientId: ClientId) => string;
  readonly region: ClientId;
  /** Changed rules wait to be put into force. */
  readonly isChangeWaiting: boolean;
  readonly unfinished: Application | null;
  readonly issuedLast30Days: number;
}

/** Something that is not as it should be. */
export interface Point {
  /** `bad`: somebody is to do something; `watch`: somebody is to know. */
  readonly kind: 'bad' | 'watch';
  readonly text: Localized;
  /** Where it is mended, or where more is told. */
  readonly link: { readonly href: string; readonly words: Localized };
  /** What mends it at once, by a button. */
  readonly mend?: 'resume';
}

/** Pure. Everything that is not as it should be, worst first; empty: all is well. */
export function verdictOf(facts: Facts): readonly Point[] {
  const points = pointsAbout(facts);
  return [...points.filter(({ kind }) => kind === 'bad'), ...points.filter(({ kind }) => kind === 'watch')];
}
