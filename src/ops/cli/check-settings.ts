import type { Config, ConfigFault } from '../../config.js';
import { isPasswordHash } from '../../platform/secrets.js';
import type { Scheme } from '../../rules/types.js';
import { partnerKeys } from '../../workers/partner-keys.js';
import { counted, type Localized, localized } from '../shared/words.js';
import { type CheckResult, resultOf, SCHEME_FIRST, skipped } from './check-report.js';
import type { Context } from './context.js';
import { readScheme, type Settings } from './settings.js';

/** Every variable: there, and of its form; and what is allowed, and not wise. */
export function checkEnvironment(env: Context['env'], settings: Settings): CheckResult {
  const { faults, faulty, config } = settings;
  const isSound = (variable: string): boolean => faulty([variable]).length === 0;
  return resultOf('environment', {
    errors: [...faults.map(variableWords), ...unknownHashes(settings)],
    warnings: [
      ...(isSound('RETENTION_MONTHS') && config.retentionMonths === null ? [NO_RETENTION] : []),
      ...(isSound('VERIFY_EVERY_H') && config.verifyEveryH === 0 ? [NEVER_VERIFIED] : []),
      ...(env['OIDC_TRUST_EMAIL']?.trim() === '1' ? [EMAIL_TRUSTED] : []),
      ...(isSound('TRUST_PROXY') && isProxyIgnored(env, config) ? [PROXY_IGNORED] : []),
      ...(isSet(env['SMTP_URL']) && !isSet(env['PUBLIC_URL']) ? [NO_PAGES] : []),
    ],
  });
}

const variableWords = ({ variable, fr, en }: ConfigFault): Localized => ({
  fr: `${variable} : ${fr}`,
  en: `${variable}: ${en}`,
});

/** Set by hosts whose routers stand before every process: Scalingo, Heroku, Clever Cloud. */
const BEHIND_ROUTER = ['CONTAINER', 'DYNO', 'CC_DEPLOYMENT_ID'];

const isProxyIgnored = (env: Context['env'], { ops }: Config): boolean =>
  env['NODE_ENV'] === 'production' &&
  ops !== null &&
  ops.trustProxy === 0 &&
  BEHIND_ROUTER.some((variable) => (env[variable] ?? '') !== '');

const isSet = (text: string | undefined): boolean => text !== undefined && text.trim() !== '';

const NO_PAGES: Localized = {
  fr: 'SMTP_URL est là sans PUBLIC_URL : aucun lien ne peut être fait, et les pages « Mon parcours » répondent 404',
  en: "SMTP_URL is set without PUBLIC_URL: no link can be made, and the earner's own pages answer 404",
};

const EMAIL_TRUSTED: Localized = {
  fr: "OIDC_TRUST_EMAIL vaut 1 : une adresse que le fournisseur d'identité n'a pas vérifiée suffit pour entrer dans les pages",
  en: 'OIDC_TRUST_EMAIL is 1: an address that the identity provider has not verified suffices to sign in to the pages',
};

const PROXY_IGNORED: Localized = {
  fr: "TRUST_PROXY vaut 0 derrière le routeur d'un hébergeur : toutes les connexions semblent venir de lui, et une même adresse limite tous les exploitants ; mettez 1",
  en: 'TRUST_PROXY is 0 behind the router of a host: every sign-in seems to come from it, and one address limits all operators; set 1',
};

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

/** The two files of the scheme, and the keys that they ask for. */
export async function checkScheme(
  context: Pick<Context, 'cwd' | 'env'>,
  { config }: Settings,
): Promise<{ readonly scheme: Scheme | null; readonly results: readonly CheckResult[] }> {
  const { scheme, faults, warnings } = await readScheme(context, config.configDir, config.timeZone);
  const notes = scheme === null ? [] : [sizeOf(scheme)];
  const result = resultOf('scheme', { errors: faults, warnings, notes });
  return { scheme, results: [result, checkPartnerKeys(scheme, context.env)] };
}

function checkPartnerKeys(scheme: Scheme | null, env: Context['env']): CheckResult {
  if (scheme === null) return skipped('partner-keys', SCHEME_FIRST);
  const errors = partnerKeys(scheme, env).faults.map(variableWords);
  return resultOf('partner-keys', { errors });
}

function sizeOf({ awards, partners, enrolments, version }: Scheme): Localized {
  const active = partners.filter((partner) => partner.active).length;
  const parts = [
    counted(awards.length, { fr: 'badge Région', en: 'award' }, { fr: 'badges Région', en: 'awards' }),
    counted(
      active,
      { fr: 'partenaire actif', en: 'active partner' },
      { fr: 'partenaires actifs', en: 'active partners' },
    ),
    counted(
      enrolments.size,
      { fr: 'badge inscrit', en: 'enrolled badge' },
      { fr: 'badges inscrits', en: 'enrolled badges' },
    ),
  ];
  return localized((lang) => `${parts.map((part) => part[lang]).join(', ')} (version ${version})`);
}
