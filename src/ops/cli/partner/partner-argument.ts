import type { ClientId } from '../../../ids.js';
import { withoutAddresses } from '../../../platform/logger.js';
import { nearest, shortList } from '../../../rules/parse/messages.js';
import type { Partner, Scheme } from '../../../rules/types.js';
import { wrongUsage, type Problem } from '../problem.js';
import type { Localized } from '../../shared/words.js';

/** The argument that names a partner, in a command's help. */
export const PARTNER_ARGUMENT = {
  name: { fr: 'client_id', en: 'client_id' },
  about: {
    fr: "l'organisme, par son client_id (identifiant de son compte OBF)",
    en: 'the partner, by its client_id (the id of its OBF account)',
  },
};

/** @throws Problem when no such partner is in partners.yaml */
export function partnerOf(scheme: Scheme, typed: string): Partner {
  const partner = scheme.partners.find(({ clientId }) => clientId === typed);
  if (partner === undefined) throw unknownPartner(scheme, typed);
  return partner;
}

/** @param more what else can be done about it */
export function unknownPartner(scheme: Scheme, typed: string, more: Localized = NOTHING): Problem {
  const known: readonly ClientId[] = scheme.partners.map(({ clientId }) => clientId);
  const meant = nearest(typed, known);
  const { names, total } = shortList(typed, known);
  const list = names.join(', ') + (total === null ? '' : `... (${total})`);
  const what = withoutAddresses(typed).slice(0, 60);
  return wrongUsage({
    fr: `Partenaire inconnu « ${what} »${meant === null ? '' : ` : vouliez-vous dire « ${meant} » ?`} (connus : ${list})${more.fr}`,
    en: `Unknown partner "${what}"${meant === null ? '' : `: did you mean "${meant}"?`} (known: ${list})${more.en}`,
  });
}

const NOTHING: Localized = { fr: '', en: '' };
