import { isPasswordHash } from '../../../platform/password.js';
import type { Settings } from '../settings.js';
import type { Words } from '../words.js';
import { resultOf, type CheckResult } from './result.js';

/** Every variable: there, and of its form. */
export function checkEnvironment(settings: Settings): CheckResult {
  const errors = settings.faults.map(({ variable, fr, en }) => ({
    fr: `${variable} : ${fr}`,
    en: `${variable}: ${en}`,
  }));
  const { config, faulty } = settings;
  const forEver = faulty(['RETENTION_MONTHS']).length === 0 && config.retentionMonths === null;
  return resultOf('environment', {
    errors: [...errors, ...unknownHashes(settings)],
    warnings: forEver ? [NO_RETENTION] : [],
  });
}

const NO_RETENTION: Words = {
  fr: "RETENTION_MONTHS : aucune durée de conservation n'est définie, personne n'est jamais effacé (docs/rgpd.md)",
  en: 'RETENTION_MONTHS: no retention is set, nobody is ever erased (docs/rgpd.md)',
};

/** A name may be an address: accounts are told by their place. */
const unknownHashes = ({ config }: Settings): readonly Words[] =>
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
