import type { ClientId } from '../../ids.js';
import {
  ObfError,
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfThrottled,
  ObfUnreadable,
} from '../../obf/errors.js';
import type { Scheme } from '../../rules/types.js';
import { labelled, type Localized, say } from '../shared/words.js';

/** The variables with the Région's own key. */
export const REGION_KEY = 'OBF_CLIENT_ID, OBF_CLIENT_SECRET';

/** What a failed call means to an operator, by the account's owner. @throws any error that is not of OBF */
export function accountWords({ partnersById }: Scheme, clientId: ClientId, error: unknown): Localized {
  const partner = partnersById.get(clientId);
  const key =
    partner === undefined ? REGION_KEY : `client_id ${clientId}, ${partner.secretEnv ?? 'secret_env'}`;
  return labelled(partner?.name ?? 'Région', obfWords(error, key));
}

/** The same without a name. @param variables where the key is set */
export function obfWords(error: unknown, variables: string): Localized {
  if (!(error instanceof ObfError)) throw error;
  const words = wordsFor(error, variables);
  return say`${words} (${error.message})
    ${words} (${error.message})`;
}

function wordsFor(error: ObfError, variables: string): Localized {
  if (error instanceof ObfThrottled) {
    const seconds = Math.ceil(error.retryAfterMs / 1000);
    return say`OBF demande d'attendre ${seconds} s : recommencez ensuite
      OBF asks to wait ${seconds} s: try again then`;
  }
  if (error instanceof ObfNotSent)
    return say`OBF ne répond pas : vérifiez OBF_BASE_URL, le réseau, et que le service fonctionne
      OBF does not answer: check OBF_BASE_URL, the network, and that the service works`;
  if (error instanceof ObfRefused && [400, 401, 403].includes(error.status))
    return say`OBF refuse la clé d'API : vérifiez ${variables}
      OBF refuses the API key: check ${variables}`;
  if (error instanceof ObfUnreadable || error instanceof ObfOutcomeUnknown)
    return say`la réponse est illisible : vérifiez OBF_BASE_URL
      the answer cannot be read: check OBF_BASE_URL`;
  return { fr: "OBF refuse l'appel", en: 'OBF refuses the call' };
}
