import { askedOf } from './facts.js';
import { createFormatter } from './formatter.js';
import { en } from './en.js';
import { fr } from './fr.js';
import type { Lang, Catalogue } from './words.js';
import type { Condition, OnLoss, Scheme } from '../types.js';
import { assertNever } from '../evaluation.js';

/** A rule as it is read: a condition, and the conditions under it. */
export interface RuleLine {
  readonly text: string;
  readonly under: readonly RuleLine[];
}

/** What a rule says of nobody in particular; explanations say what somebody has of it. */
interface Headings {
  readonly all: string;
  readonly any: string;
  atLeast(count: number, size: number): string;
  holds(award: string): string;
  readonly onLoss: Readonly<Record<OnLoss, string>>;
}

const HEADINGS: Readonly<Record<Lang, Headings>> = {
  fr: {
    all: 'toutes ces conditions :',
    any: 'au moins une de ces conditions :',
    atLeast: (count, size) => `au moins ${count} de ces ${size} conditions :`,
    holds: (award) => `avoir le badge Région « ${award} »`,
    onLoss: {
      keep: 'Si un badge qui comptait est révoqué : le badge Région est conservé',
      flag: 'Si un badge qui comptait est révoqué : le badge Région est conservé, et signalé à examiner',
      revoke: 'Si un badge qui comptait est révoqué : le badge Région est révoqué par Palier',
    },
  },
  en: {
    all: 'all of these conditions:',
    any: 'at least one of these conditions:',
    atLeast: (count, size) => `at least ${count} of these ${size} conditions:`,
    holds: (award) => `to hold the award "${award}"`,
    onLoss: {
      keep: 'If a badge that counted is revoked: the award is kept',
      flag: 'If a badge that counted is revoked: the award is kept, and flagged to be looked at',
      revoke: 'If a badge that counted is revoked: the award is revoked by Palier',
    },
  },
};
const CATALOGUES: Readonly<Record<Lang, Catalogue>> = { fr, en };

/**
 * Pure. A rule in words: « 3 badges « Communiquer », d'au moins 2 organismes ».
 * @param scheme whose names are told
 */
export function ruleWords(scheme: Scheme, condition: Condition, lang: Lang): RuleLine {
  const headings = HEADINGS[lang];
  switch (condition.kind) {
    case 'badges': {
      const teller = createFormatter(scheme, CATALOGUES[lang]);
      const asked = askedOf(scheme, condition);
      return { text: teller.words.asked(condition.atLeast, asked, teller.period(asked)), under: [] };
    }
    case 'holds':
      return {
        text: headings.holds(createFormatter(scheme, CATALOGUES[lang]).award(condition.award)),
        under: [],
      };
    case 'all':
    case 'any':
    case 'at_least':
      return groupWords(scheme, condition, lang);
  }
  return assertNever(condition);
}

/** A group of one is that one. */
function groupWords(
  scheme: Scheme,
  condition: Exclude<Condition, { readonly kind: 'badges' | 'holds' }>,
  lang: Lang,
): RuleLine {
  const under = condition.of.map((one) => ruleWords(scheme, one, lang));
  const [only] = under;
  if (only !== undefined && under.length === 1) return only;
  const headings = HEADINGS[lang];
  const text =
    condition.kind === 'at_least'
      ? headings.atLeast(condition.atLeast, under.length)
      : headings[condition.kind];
  return { text, under };
}

/** What becomes of an award whose holder's badges are revoked. */
export const onLossWords = (onLoss: OnLoss, lang: Lang): string => HEADINGS[lang].onLoss[onLoss];
