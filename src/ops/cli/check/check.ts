import { withoutAddresses } from '../../../platform/logger.js';
import { asClientId } from '../../../ids.js';
import { partnerKeys } from '../../../workers/stores.js';
import { createVault } from '../../../platform/vault.js';
import { type Lang, type Localized, plural, say } from '../../../localized.js';
import { listed } from '../../shared/words.js';
import { type CommandAnswer, type Command, CommandProblem } from '../command.js';
import { withObf, withRedis } from '../session.js';
import { readScheme, readSettings } from '../settings.js';
import { LOCAL_CHECKS, mailCheck } from './local.js';
import { OBF_CHECKS } from './obf.js';
import { readingCheck, REDIS_CHECKS, REDIS_FIRST, redisCheck } from './redis.js';
import {
  type CheckResult,
  type LocalCheckContext,
  mendFirst,
  resultOf,
  runChecks,
  skipped,
} from './table.js';

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
    const context: LocalCheckContext = { call, settings, ...reading, lacking: new Map() };
    const results = [
      ...(await runChecks(LOCAL_CHECKS, context)),
      ...(await checkServices(context)),
      ...(await runChecks([mailCheck], context)),
    ];
    return answerOf(results, call.lang);
  },
};

const BEHIND_REDIS = [...REDIS_CHECKS, ...OBF_CHECKS, readingCheck];

/** Redis, and OBF, whose token all processes share through Redis. */
async function checkServices(context: LocalCheckContext): Promise<readonly CheckResult[]> {
  const { call, settings, scheme } = context;
  const { config } = settings;
  const faulty = settings.faulty(['REDIS_URL']);
  if (faulty.length > 0) return withoutRedis(skipped(redisCheck, mendFirst(faulty)));
  const vault = createVault(config.palierKey, config.palierKeyOld);
  // The Région's own secret wins over a partner's under the same client id.
  const secrets = new Map([
    ...(scheme === null ? [] : partnerKeys(scheme, call.env).secrets),
    [asClientId(config.obfClientId), config.obfClientSecret] as const,
  ]);
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

/** State in words: the sign only helps the eye. */
const STATES: Readonly<Record<CheckResult['status'], readonly [sign: string, words: Localized]>> = {
  ok: ['✓', { fr: 'bon', en: 'good' }],
  warning: ['!', { fr: 'attention', en: 'warning' }],
  error: ['✗', { fr: 'erreur', en: 'error' }],
  skipped: ['–', { fr: 'non vérifié', en: 'not checked' }],
};

/** One line a check, its messages below it, and a summary. Warnings stop nothing. */
function answerOf(results: readonly CheckResult[], lang: Lang): CommandAnswer {
  const ok = results.every(({ status }) => status !== 'error');
  const checks = results.map(({ id, status, title, messages }) => {
    const [sign, words] = STATES[status];
    const shown = messages.map((message) => withoutAddresses(message[lang]));
    const line = say`${sign} ${title} : ${words}
      ${sign} ${title}: ${words}`;
    return {
      lines: [line, ...shown.map((message) => `    ${message}`)],
      json: { id, status, messages: shown },
    };
  });
  return {
    lines: [...checks.flatMap(({ lines }) => lines), '', summary(results)],
    json: { ok, checks: checks.map(({ json }) => json) },
    ok,
  };
}

const COUNTED = [
  ['error', 'point en erreur|points en erreur', 'point in error|points in error'],
  ['warning', 'avertissement|avertissements', 'warning|warnings'],
  ['skipped', 'point non vérifié|points non vérifiés', 'point not checked|points not checked'],
] as const;

function summary(results: readonly CheckResult[]): Localized {
  const told = COUNTED.flatMap(([status, fr, en]) => {
    const n = results.filter((one) => one.status === status).length;
    return n === 0 ? [] : [plural(n, fr, en)];
  });
  if (told.length === 0) return { fr: 'Tout est bon.', en: 'All is well.' };
  const all = listed(told);
  return { fr: `${all.fr}.`, en: `${all.en}.` };
}
