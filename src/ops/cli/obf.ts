import type { Config } from '../../config.js';
import type { ClientId } from '../../ids.js';
import {
  ObfError,
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfThrottled,
  ObfUnreadable,
} from '../../obf/errors.js';
import { createObf, type Obf } from '../../obf/obf.js';
import type { RedisConnection } from '../../platform/redis.js';
import { createVault } from '../../platform/vault.js';
import type { Scheme } from '../../rules/types.js';
import { labelled, type Localized, localized, say } from '../shared/words.js';
import { releaseLocks } from './session.js';
import { type Context } from './command.js';

/** The variables with the Région's own key. */
export const REGION_KEY = 'OBF_CLIENT_ID, OBF_CLIENT_SECRET';

/** The same for one account, by its owner's name. @throws whatever is no error of OBF */
export function accountWords(scheme: Scheme, clientId: ClientId, error: unknown): Localized {
  const partner = scheme.partnersById.get(clientId);
  const key =
    partner === undefined ? REGION_KEY : `client_id ${clientId}, ${partner.secretEnv ?? 'secret_env'}`;
  const name = partner?.name ?? 'Région';
  return labelled({ fr: name, en: name }, obfWords(error, key));
}

/** What a failed call of OBF means to an operator. @throws any error that is not of OBF */
export function obfWords(error: unknown, variables: string): Localized {
  if (!(error instanceof ObfError)) throw error;
  const words = wordsFor(error, variables);
  return localized((lang) => `${words[lang]} (${error.message})`);
}

function wordsFor(error: ObfError, variables: string): Localized {
  if (error instanceof ObfThrottled)
    return say`OBF demande d'attendre ${seconds(error)} s : recommencez ensuite
      OBF asks to wait ${seconds(error)} s: try again then`;
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

const seconds = ({ retryAfterMs }: ObfThrottled): number => Math.ceil(retryAfterMs / 1000);

/**
 * Opens OBF with these API keys, does `work`, and closes it.
 * @param secrets by client
 */
export async function withObf<T>(
  { dataPrefix, patienceMs }: Context,
  config: Config,
  redis: RedisConnection,
  secrets: ReadonlyMap<ClientId, string>,
  work: (obf: Obf) => Promise<T>,
): Promise<T> {
  const obf = createObf({
    baseUrl: config.obfBaseUrl,
    maxRps: config.obfMaxRps,
    secrets,
    redis,
    prefix: dataPrefix,
    vault: createVault(config.palierKey),
    timeoutMs: patienceMs.obf,
  });
  try {
    return await work(obf);
  } finally {
    obf.close();
    await releaseLocks(redis);
  }
}
