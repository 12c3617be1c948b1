import { withoutAddresses } from '../../platform/logger.js';
import type { Scheme } from '../../rules/types.js';
import { type Localized, localized } from '../shared/words.js';
import { checkMail } from './check-mail.js';
import { checkObf, skipObf } from './check-obf.js';
import {
  checkInForce,
  checkIssuing,
  checkKey,
  checkReading,
  checkRedis,
  checkRedisSettings,
} from './check-redis.js';
import {
  type CheckResult,
  isGood,
  mendFirst,
  REDIS_FIRST,
  reportJson,
  reportLines,
  resultOf,
  skipped,
} from './check-report.js';
import { checkEnvironment, checkScheme } from './check-settings.js';
import { command } from './command.js';
import type { Context } from './context.js';
import { EXIT } from './problem.js';
import { RedisUnusable, withRedis } from './session.js';
import { readSettings, type Settings } from './settings.js';

export const check = command({
  name: 'check',
  summary: {
    fr: 'vérifie la configuration, les règles, Redis et les comptes OBF',
    en: 'checks the configuration, the scheme, Redis and the OBF accounts',
  },
  details: [
    {
      fr: "Toutes les fautes sont dites en une fois. Rien n'est modifié ni délivré. Un avertissement ne change pas le code de sortie.",
      en: 'Tells every fault at once. Changes and issues nothing. A warning does not change the exit code.',
    },
  ],
  progress: { fr: 'Vérification...', en: 'Checking...' },
  work: (_call, { context }) => runChecks(context),
  answer: (found, { lang }) => {
    const results = found.map((one) => ({ ...one, messages: one.messages.map(withoutAddressesIn) }));
    return {
      lines: reportLines(results, lang),
      json: reportJson(results, lang),
      exit: isGood(results) ? EXIT.good : EXIT.problem,
    };
  },
});

const withoutAddressesIn = (words: Localized): Localized =>
  localized((lang) => withoutAddresses(words[lang]));

/** Everything that can be looked at before Palier starts; one fault hides no other. */
async function runChecks(context: Context): Promise<readonly CheckResult[]> {
  const settings = readSettings(context);
  const { scheme, results } = await checkScheme(context, settings);
  return [
    checkEnvironment(context.env, settings),
    ...results,
    ...(await checkServices(context, settings, scheme)),
    ...(await checkMail(settings)),
  ];
}

/** Redis, and OBF, whose token all processes share through Redis. */
async function checkServices(
  context: Context,
  settings: Settings,
  scheme: Scheme | null,
): Promise<readonly CheckResult[]> {
  const faulty = settings.faulty(['REDIS_URL']);
  if (faulty.length > 0) return withoutRedis(skipped('redis', mendFirst(faulty)));
  const address = settings.config.redis;
  try {
    return await withRedis(context, address, async (redis) => {
      const { writable, result } = await checkRedis(context, redis, address);
      return [
        result,
        await checkRedisSettings(redis, context.env['NODE_ENV'] === 'production'),
        await checkKey(context, settings, redis),
        await checkIssuing(context, redis, scheme),
        await checkInForce(context, settings, redis, scheme),
        ...(writable ? await checkObf({ context, settings, scheme, redis }) : skipObf(OBF_NEEDS_REDIS)),
        await checkReading(context, redis, scheme),
      ];
    });
  } catch (error) {
    if (!(error instanceof RedisUnusable)) throw error;
    return withoutRedis(resultOf('redis', { errors: [error.words] }));
  }
}

const withoutRedis = (redis: CheckResult): readonly CheckResult[] => [
  redis,
  skipped('redis-settings', REDIS_FIRST),
  skipped('redis-key', REDIS_FIRST),
  skipped('issuing', REDIS_FIRST),
  skipped('in-force', REDIS_FIRST),
  ...skipObf(OBF_NEEDS_REDIS),
  skipped('obf-reading', REDIS_FIRST),
];

const OBF_NEEDS_REDIS: Localized = {
  fr: "à régler d'abord : Redis, par lequel se partage le jeton d'OBF",
  en: "to be mended first: Redis, through which OBF's token is shared",
};
