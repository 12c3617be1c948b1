import { asClientId } from '../../../ids.js';
import { createMailer, MailError } from '../../../platform/mailer.js';
import { isPasswordHash } from '../../../platform/secrets.js';
import { createVault } from '../../../platform/vault.js';
import type { Scheme } from '../../../rules/types.js';
import { partnerKeys } from '../../../workers/stores.js';
import { type Localized, plural, say } from '../../../localized.js';
import { listed } from '../../shared/words.js';
import { type Command, CommandProblem } from '../command.js';
import { withObf, withRedis } from '../session.js';
import { isSet, readScheme, readSettings, variableWords } from '../settings.js';
import { OBF_CHECKS } from './obf.js';
import { REDIS_CHECKS, REDIS_FIRST, redisCheck } from './redis.js';
import {
  type Check,
  type CheckResult,
  type LocalCheckContext,
  mendFirst,
  reportOf,
  resultOf,
  runChecks,
  skipped,
} from './runner.js';

export const check: Command = {
  help: `
    vérifie la configuration, les règles, Redis et les comptes OBF
      checks the configuration, the scheme, Redis and the OBF accounts
    Toutes les fautes sont dites en une fois. Rien n'est modifié ni délivré. Un avertissement ne change pas le code de sortie.
      Tells every fault at once. Changes and issues nothing. A warning does not change the exit code.`,
  progress: { fr: 'Vérification...', en: 'Checking...' },
  run: async (call) => {
    const settings = readSettings(call);
    const reading = await readScheme(call, settings.config);
    const keys = reading.scheme && partnerKeys(reading.scheme, call.env);
    const context: LocalCheckContext = { call, settings, ...reading, keys, lacking: new Map() };
    const results = [
      ...(await runChecks([environmentCheck, schemeCheck, partnerKeysCheck], context)),
      ...(await checkServices(context)),
      ...(await runChecks([mailCheck], context)),
    ];
    return reportOf(results, call.lang);
  },
};

const BEHIND_REDIS = [...REDIS_CHECKS, ...OBF_CHECKS];

/** Checks Redis and OBF. OBF needs Redis: all processes share its token there. */
async function checkServices(context: LocalCheckContext): Promise<readonly CheckResult[]> {
  const { call, settings, keys } = context;
  const { config } = settings;
  const faulty = settings.faulty(['REDIS_URL']);
  if (faulty.length > 0) return withoutRedis(skipped(redisCheck, mendFirst(faulty)));
  const vault = createVault(config.palierKey, config.palierKeyOld);
  // The Région's own secret wins over a partner's under the same client id.
  const secrets = new Map(keys?.secrets).set(asClientId(config.obfClientId), config.obfClientSecret);
  try {
    return await withRedis(call, config.redis, (redis) =>
      withObf(call, config, redis, secrets, (obf) =>
        runChecks([redisCheck, ...BEHIND_REDIS], { ...context, redis, obf, vault }),
      ),
    );
  } catch (error) {
    if (!(error instanceof CommandProblem) || error.code !== 'redis_silent') throw error;
    return withoutRedis(resultOf(redisCheck, { errors: error.words }));
  }
}

const withoutRedis = (redis: CheckResult): readonly CheckResult[] => [
  redis,
  ...BEHIND_REDIS.map((one) => skipped(one, REDIS_FIRST)),
];

/** Reports missing and malformed variables, and warns of unwise values. */
const environmentCheck: Check<LocalCheckContext> = {
  id: 'environment',
  title: { fr: 'Environnement', en: 'Environment' },
  run: (context) => ({
    errors: [...context.settings.faults.map(variableWords), ...unknownHashes(context)],
    warnings: unwiseSettings(context),
  }),
};

/** Names accounts by their number: the user name may be an address. */
const unknownHashes = ({ settings: { config } }: LocalCheckContext) =>
  config.opsUsers.map(
    ({ hash }, at) =>
      !isPasswordHash(hash) &&
      say`OPS_USERS : compte n° ${at + 1} : ce n'est pas une empreinte faite par « npx palier hash-password »
        OPS_USERS: account no. ${at + 1}: not a hash made by "npx palier hash-password"`,
  );

/** Variables of hosts that put a router before every process: Scalingo, Heroku, Clever Cloud. */
const ROUTER_VARIABLES = ['CONTAINER', 'DYNO', 'CC_DEPLOYMENT_ID'];

const unwiseSettings = ({ settings: { config, faulty }, call: { env } }: LocalCheckContext) => [
  !isSet(env, 'RETENTION_MONTHS') &&
    say`RETENTION_MONTHS : aucune durée de conservation n'est définie, personne n'est jamais effacé (docs/rgpd.md)
      RETENTION_MONTHS: no retention is set, nobody is ever erased (docs/rgpd.md)`,
  config.verifyEveryH === 0 &&
    say`VERIFY_EVERY_H vaut 0 : les comptes OBF ne sont jamais relus en entier ; un badge révoqué ou ajouté sans avis peut n'être jamais vu
      VERIFY_EVERY_H is 0: the OBF accounts are never read again in full; a badge revoked or added without a notice may never be seen`,
  env['OIDC_TRUST_EMAIL']?.trim() === '1' &&
    say`OIDC_TRUST_EMAIL vaut 1 : une adresse que le fournisseur d'identité n'a pas vérifiée suffit pour entrer dans les pages
      OIDC_TRUST_EMAIL is 1: an address that the identity provider has not verified suffices to sign in to the pages`,
  faulty(['TRUST_PROXY']).length === 0 &&
    config.ops.trustProxy === 0 &&
    env['NODE_ENV'] === 'production' &&
    ROUTER_VARIABLES.some((variable) => isSet(env, variable)) &&
    say`TRUST_PROXY vaut 0 derrière le routeur d'un hébergeur : toutes les connexions semblent venir de lui, et une même adresse limite tous les exploitants ; mettez 1
      TRUST_PROXY is 0 behind the router of a host: every sign-in seems to come from it, and one address limits all operators; set 1`,
  isSet(env, 'SMTP_URL') &&
    !isSet(env, 'PUBLIC_URL') &&
    say`SMTP_URL est là sans PUBLIC_URL : aucun lien ne peut être fait, et les pages « Mon parcours » répondent 404
      SMTP_URL is set without PUBLIC_URL: no link can be made, and the earner's own pages answer 404`,
];

const schemeCheck: Check<LocalCheckContext> = {
  id: 'scheme',
  title: { fr: 'Règles et partenaires', en: 'Scheme and partners' },
  run: ({ scheme, faults, warnings }) => ({
    errors: faults,
    warnings,
    ...(scheme === null ? { lacks: { scheme: SCHEME_FIRST } } : { notes: [sizeOf(scheme)] }),
  }),
};

const SCHEME_FIRST = say`à corriger d'abord : les règles et les partenaires
  to be mended first: the scheme and its partners`;

function sizeOf({ awards, partners, enrolments, version }: Scheme): Localized {
  const active = partners.filter((partner) => partner.active).length;
  const size = listed([
    plural(awards.length, 'badge Région|badges Région', 'award|awards'),
    plural(active, 'partenaire actif|partenaires actifs', 'active partner|active partners'),
    plural(enrolments.size, 'badge inscrit|badges inscrits', 'enrolled badge|enrolled badges'),
  ]);
  return { fr: `${size.fr} (version ${version})`, en: `${size.en} (version ${version})` };
}

const partnerKeysCheck: Check<LocalCheckContext> = {
  id: 'partner-keys',
  title: { fr: "Clés d'API des partenaires", en: "Partners' API keys" },
  needs: ['scheme'],
  run: ({ keys }) => keys && { errors: keys.faults.map(variableWords) },
};

/** Signs in to the mail server, and sends nothing. Left out when the earner's pages are switched off. */
const mailCheck: Check<LocalCheckContext> = {
  id: 'mail',
  title: { fr: "Serveur d'e-mail", en: 'Mail server' },
  needs: ['SMTP_URL', 'MAIL_FROM'],
  async run({ settings: { config } }) {
    if (config.parcours === null) return null;
    const { host } = new URL(config.parcours.smtpUrl);
    const mailer = createMailer(config.parcours);
    try {
      await mailer.verify();
      return { notes: [{ fr: host, en: host }] };
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      return { errors: [refusalWords(host, error.fault)] };
    } finally {
      mailer.close();
    }
  },
};

const refusalWords = (host: string, fault: string): Localized =>
  fault.startsWith('EAUTH')
    ? say`SMTP_URL : ${host} refuse le nom ou le mot de passe (${fault})
      SMTP_URL: ${host} refuses the user or the password (${fault})`
    : say`SMTP_URL : ${host} ne répond pas comme un serveur d'e-mail le doit (${fault}) ; les liens demandés attendent
      SMTP_URL: ${host} does not answer as a mail server should (${fault}); links that are asked for wait`;
