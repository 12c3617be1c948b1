import pMap from 'p-map';
import type { ClientId } from '../../../ids.js';
import { ObfNotSent } from '../../../obf/errors.js';
import type { ObfAccounts } from '../../../obf/types.js';
import type { Scheme } from '../../../rules/types.js';
import { counted, type Localized } from '../../shared/words.js';
import { accountWords } from './obf-words.js';
import { resultOf, type CheckResult } from './result.js';

/** Accounts asked at a time. */
const AT_A_TIME = 8;

type Outcome = { readonly kind: 'good' | 'not-asked' } | { readonly kind: 'bad'; readonly words: Localized };

/**
 * Whether each key opens its partner's account. Once OBF leaves a question unanswered no further one is
 * asked, so that hundreds of partners do not wait for their time to run out one after the other.
 */
export async function checkPartnerAccounts(
  accounts: ObfAccounts,
  scheme: Scheme,
  clients: readonly ClientId[],
  patienceMs: number,
): Promise<CheckResult> {
  let silent = false;
  const ask = async (clientId: ClientId): Promise<Outcome> => {
    if (silent) return { kind: 'not-asked' };
    try {
      await accounts(clientId)?.ping(AbortSignal.timeout(patienceMs));
      return { kind: 'good' };
    } catch (error) {
      silent ||= error instanceof ObfNotSent;
      return { kind: 'bad', words: accountWords(scheme, clientId, error) };
    }
  };
  const outcomes = await pMap(clients, ask, { concurrency: AT_A_TIME });
  const count = (kind: Outcome['kind']): number => outcomes.filter((one) => one.kind === kind).length;
  return resultOf('obf-partners', {
    errors: [
      ...outcomes.flatMap((one) => (one.kind === 'bad' ? [one.words] : [])),
      ...(count('not-asked') === 0 ? [] : [notAsked(count('not-asked'))]),
    ],
    notes: [...(count('good') === 0 ? [] : [good(count('good'))]), ...withoutKey(scheme)],
  });
}

const notAsked = (n: number): Localized => {
  const { fr, en } = counted(n, { fr: 'compte', en: 'account' }, { fr: 'comptes', en: 'accounts' });
  return {
    fr: `OBF ne répondant plus, ${fr} sans vérification`,
    en: `${en} not asked, since OBF no longer answers`,
  };
};

const good = (n: number): Localized =>
  counted(n, { fr: 'clé acceptée', en: 'key accepted' }, { fr: 'clés acceptées', en: 'keys accepted' });

/** No key is no fault: their badges are verified by what they publish. */
function withoutKey(scheme: Scheme): readonly Localized[] {
  const n = scheme.partners.filter(({ active, secretEnv }) => active && secretEnv === null).length;
  if (n === 0) return [];
  const { fr, en } = counted(n, { fr: 'partenaire', en: 'partner' }, { fr: 'partenaires', en: 'partners' });
  return [
    {
      fr: `${fr} sans clé : badges vérifiés par ce qui est publié`,
      en: `${en} without a key: badges verified by what is published`,
    },
  ];
}
