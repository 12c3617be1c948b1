import type { ConfigFault } from '../config.js';
import type { ClientId } from '../ids.js';
import type { Scheme } from '../rules/types.js';

/**
 * The API keys of the partners that take part. Pure: the environment is handed in.
 * @returns `faults`: variables that partners.yaml names and that are not set, each by its name
 */
export function partnerKeys(scheme: Scheme, env: Readonly<Record<string, string | undefined>>) {
  const secrets = new Map<ClientId, string>();
  const faults: ConfigFault[] = [];
  for (const { clientId, name, secretEnv, active } of scheme.partners) {
    if (secretEnv === null || !active) continue;
    const secret = env[secretEnv]?.trim() ?? '';
    if (secret === '') faults.push(notSet(secretEnv, name));
    else secrets.set(clientId, secret);
  }
  return { secrets, faults };
}

const notSet = (variable: string, partner: string): ConfigFault => ({
  variable,
  fr: `la variable manque : partners.yaml la nomme pour « ${partner} » (la clé d'API de l'organisme, ou retirez secret_env)`,
  en: `is not set: partners.yaml names it for "${partner}" (the partner's API key; or remove secret_env)`,
});
