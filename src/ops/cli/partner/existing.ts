import type { Enrolment, Scheme } from '../../../rules/types.js';
import { Problem } from '../problem.js';
import type { Words } from '../words.js';
import type { Asked } from './asked.js';
import { enrolmentWords, periodOf } from './enrolled.js';

/** What is said of a badge that is enrolled already. @throws Problem when it is, but not as was asked */
export function existingWords(scheme: Scheme, existing: Enrolment, asked: Asked): Words {
  const { badgeId, clientId } = existing;
  const as = enrolmentWords(scheme, existing);
  if (isAsAsked(scheme, existing, asked))
    return {
      fr: `${badgeId} est déjà inscrit pour ${clientId} (${as.fr}) : rien n'est écrit.`,
      en: `${badgeId} is enrolled for ${clientId} already (${as.en}): nothing is written.`,
    };
  throw new Problem('enrolled_otherwise', [
    {
      fr: `${badgeId} est déjà inscrit, autrement : pour ${clientId} (${as.fr}). Rien n'est écrit ; pour le changer, modifiez sa ligne dans partners.yaml.`,
      en: `${badgeId} is enrolled already, in another way: for ${clientId} (${as.en}). Nothing is written; to change it, edit its line in partners.yaml.`,
    },
  ]);
}

/** By what was given; a name is no difference. */
function isAsAsked({ timeZone }: Scheme, existing: Enrolment, { clientId, badge }: Asked): boolean {
  const { from, until } = periodOf(existing, timeZone);
  return (
    existing.clientId === clientId &&
    existing.competency === badge.competency &&
    existing.level === badge.level &&
    [null, existing.ability].includes(badge.ability) &&
    [null, from].includes(badge.from) &&
    [null, until].includes(badge.until) &&
    badge.replaces.every((id) => existing.replaces.includes(id))
  );
}
