import { createFormatter } from '../../../rules/explain/formatter.js';
import { en } from '../../../rules/explain/en.js';
import { fr } from '../../../rules/explain/fr.js';
import type { Scheme } from '../../../rules/types.js';
import type { BadgesResult, ConditionResult, Tally } from '../../../rules/evaluation.js';
import { counted, type Localized } from '../../shared/words.js';

/** How far a rule is. */
export interface Progress extends Tally {
  /** « 2 badges sur 3 ». */
  readonly words: Localized;
}

/** Pure. Of the tallies that a rule of badges has, the one that is furthest behind is drawn; all are told. */
export function progressOf(scheme: Scheme, tree: ConditionResult): Progress {
  if (tree.kind === 'badges') return badgesProgress(scheme, tree);
  if (tree.kind === 'holds') return conditionsProgress({ have: tree.met ? 1 : 0, need: 1 });
  const [only] = tree.of;
  if (only !== undefined && tree.of.length === 1) return progressOf(scheme, only);
  return conditionsProgress(tree);
}

function badgesProgress(scheme: Scheme, { badges, issuers, abilities }: BadgesResult): Progress {
  const tallies = [
    { of: 'badges', tally: badges } as const,
    ...(issuers === null ? [] : [{ of: 'issuers', tally: issuers } as const]),
    ...(abilities === null ? [] : [{ of: 'abilities', tally: abilities } as const]),
  ];
  const wordsIn = (catalogue: typeof fr): string => {
    const { tally: say } = createFormatter(scheme, catalogue).words;
    return tallies.map(({ of, tally }) => say[of](tally)).join(', ');
  };
  const behind = tallies.reduce((least, one) => (share(one.tally) < share(least.tally) ? one : least), {
    of: 'badges',
    tally: badges,
  });
  return { ...capped(behind.tally), words: { fr: wordsIn(fr), en: wordsIn(en) } };
}

function conditionsProgress({ have, need }: Tally): Progress {
  const met = counted(have, { fr: 'condition', en: '' }, { fr: 'conditions', en: '' });
  const asked = counted(need, { fr: '', en: 'condition' }, { fr: '', en: 'conditions' });
  return { ...capped({ have, need }), words: { fr: `${met.fr} sur ${need}`, en: `${have} of ${asked.en}` } };
}

const share = ({ have, need }: Tally): number => (need === 0 ? 1 : have / need);

/** More than is needed is drawn as enough. */
const capped = ({ have, need }: Tally): Tally => ({ have: Math.min(have, need), need });
