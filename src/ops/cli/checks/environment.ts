import { isPasswordHash } from '../../../platform/secrets.js';
import type { Settings } from '../settings.js';
import type { Localized } from '../../shared/words.js';
import { resultOf, type CheckResult } from './result.js';

/** Every variable: there, and of its form. */
export function checkEnvironment(settings: Settings): CheckResult {
  const errors = settings.faults.map(({ variable, fr, en }) => ({
    fr: `${variable} : ${fr}`,
    en: `${variable}: ${en}`,
  }));
  const { config, faulty } = settings;
  const forEver = faulty(['RETENTION_MONTHS']).length === 0 && config.retentionMonths === null;
  const neverVerified = faulty(['VERIFY_EVERY_H']).length === 0 && config.verifyEveryH === 0;
  return resultOf('environment', {
    errors: [...errors, ...unknownHashes(settings)],
    warnings: [...(forEver ? [NO_RETENTION] : []), ...(neverVerified ? [NEVER_VERIFIED] : [])],
  });
}

const NO_RETENTION: Localized = {
  fr: "RETENTION_MONTHS : aucune durée de conservation n'est définie, personne n'est jamais effacé (docs/rgpd.md)",
  en: 'RETENTION_MONTHS: no retention is set, nobody is ever erased (docs/rgpd.md)',
};

const NEVER_VERIFIED: Localized = {
  fr: "VERIFY_EVERY_H vaut 0 : les comptes OBF ne sont jamais relus en entier ; un badge révoqué ou ajouté sans avis peut n'être jamais vu",
  en: 'VERIFY_EVERY_H is 0: the OBF accounts are never read again in full; a badge revoked or added without a notice may never be seen',
};

/** A name may be an address: accounts are told by their place. */
const unknownHashes = ({ config }: Settings): readonly Localized[] =>
  config.opsUsers.flatMap(({ hash }, at) =>
    isPasswordHash(hash)
      ? []
      : [
          {
            fr: `OPS_USERS : compte n° ${at + 1} : ce n'est pas une empreinte faite par « npx palier hash-password »`,
            en: `OPS_USERS: account no. ${at + 1}: not a hash made by "npx palier hash-password"`,
          },
        ],
  );
