import { withoutAddresses } from '../../platform/logger.js';
import { nearest, shortList } from '../../rules/parse/messages.js';
import type { Award, Scheme } from '../../rules/types.js';
import { wrongUsage } from './problem.js';

/** The award that was typed. @throws Problem for one that the scheme does not have */
export function awardOf(scheme: Scheme, typed: string): Award {
  const found = scheme.awards.find(({ id }) => id === typed);
  if (found !== undefined) return found;
  const known = scheme.awards.map(({ id }) => id);
  const meant = nearest(typed, known);
  const { names, total } = shortList(typed, known);
  const list = names.join(', ') + (total === null ? '' : `... (${total})`);
  const what = withoutAddresses(typed).slice(0, 60);
  throw wrongUsage({
    fr: `Badge Région inconnu « ${what} »${meant === null ? '' : ` : vouliez-vous dire « ${meant} » ?`} (connus : ${list})`,
    en: `Unknown award "${what}"${meant === null ? '' : `: did you mean "${meant}"?`} (known: ${list})`,
  });
}
