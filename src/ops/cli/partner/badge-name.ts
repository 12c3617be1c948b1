import { nearest } from '../../../rules/parse/messages.js';
import { withoutAddresses } from '../../../platform/logger.js';
import type { Context } from '../context.js';
import { Problem } from '../problem.js';
import type { Localized } from '../../shared/words.js';
import type { EnrolRequest } from './enrol-request.js';
import { apiKey, readObfBadges, type ApiKey, type ObfBadge } from './obf-badges.js';

export interface BadgeName {
  readonly name: string | null;
  /** What should be known about it. */
  readonly notes: readonly Localized[];
}

/**
 * The name that was asked for, else that of OBF. Where the key allows, OBF is asked either way: a badge
 * that is not in the account would never count.
 * @param secretEnv the partner's variable
 * @throws Problem when OBF has no such badge, or does not say, and no name was given
 */
export async function badgeName(
  context: Context,
  asked: EnrolRequest,
  secretEnv: string | null,
): Promise<BadgeName> {
  const key = secretEnv === null ? null : apiKey(context, asked.clientId, secretEnv);
  if (key === null) return withoutKey(asked, secretEnv);
  const given = asked.badge.name;
  try {
    const badge = find(await readObfBadges(context, key), asked, key);
    const name = given ?? badge.name;
    return { name, notes: name === null ? [NO_NAME] : [] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (given === null)
      throw new Problem(error.code, [...error.words, GIVE_A_NAME], error.exit, { cause: error });
    return { name: given, notes: error.words.map(careful) };
  }
}

function withoutKey({ badge: { name } }: EnrolRequest, secretEnv: string | null): BadgeName {
  const notes = name === null ? [NO_NAME] : [];
  return { name, notes: secretEnv === null ? notes : [...notes, notSet(secretEnv)] };
}

const notSet = (variable: string): Localized => ({
  fr: `${variable} : la variable n'est pas encore définie ici ; elle doit l'être avant de relancer Palier.`,
  en: `${variable}: is not set here yet; it has to be before Palier is started again.`,
});

/** @throws Problem when it is not among them */
function find(
  badges: readonly ObfBadge[],
  { badge: { badgeId } }: EnrolRequest,
  { clientId }: ApiKey,
): ObfBadge {
  const found = badges.find(({ id }) => id === badgeId);
  if (found !== undefined) return found;
  const meant = nearest(
    badgeId,
    badges.map(({ id }) => id),
  );
  throw new Problem('unknown_badge', [
    {
      fr: `Le badge ${withoutAddresses(badgeId)} n'est pas dans le compte OBF de ${clientId}, ou y est encore un brouillon${meant === null ? '' : ` : vouliez-vous dire « ${meant} » ?`}`,
      en: `The badge ${withoutAddresses(badgeId)} is not in the OBF account of ${clientId}, or is a draft there${meant === null ? '' : `: did you mean "${meant}"?`}`,
    },
  ]);
}

const careful = ({ fr, en }: Localized): Localized => ({ fr: `Attention : ${fr}`, en: `Careful: ${en}` });

const NO_NAME: Localized = {
  fr: "Inscrit sans nom : les personnes liront l'identifiant. Ajoutez « name » à la ligne.",
  en: 'Enrolled without a name: people will read the id. Add "name" to the line.',
};
const GIVE_A_NAME: Localized = {
  fr: "Pour l'inscrire quand même, donnez --name.",
  en: 'To enrol it all the same, give --name.',
};
