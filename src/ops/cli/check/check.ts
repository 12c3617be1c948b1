import { withoutAddresses } from '../../../platform/logger.js';
import { type Lang, listed, type Localized, plural, say } from '../../shared/words.js';
import { type Answer, type Command, EXIT, Problem } from '../command.js';
import { withObf } from '../obf.js';
import { withRedis } from '../session.js';
import { readScheme, readSettings, type Settings } from '../settings.js';
import { environmentCheck, mailCheck, partnerKeysCheck, schemeCheck } from './local.js';
import { OBF_CHECKS, secretsOf } from './obf.js';
import { OBF_NEEDS_REDIS, readingCheck, REDIS_CHECKS, redisCheck } from './redis.js';
import {
  type CheckResult,
  type LocalWorld,
  mendFirst,
  resultOf,
  runChecks,
  skipped,
  type Status,
} from './table.js';

export const check: Command = {
  name: 'check',
  help: [
    say`vérifie la configuration, les règles, Redis et les comptes OBF
      checks the configuration, the scheme, Redis and the OBF accounts`,
    say`Toutes les fautes sont dites en une fois. Rien n'est modifié ni délivré. Un avertissement ne change pas le code de sortie.
      Tells every fault at once. Changes and issues nothing. A warning does not change the exit code.`,
  ],
  progress: { fr: 'Vérification...', en: 'Checking...' },
  run: async (call) => {
    const settings = readSettings(call);
    const reading = await readScheme(call, settings.config);
    const world: LocalWorld = { call, settings, ...reading, lacking: new Map() };
    const results = [
      ...(await runChecks([environmentCheck, schemeCheck, partnerKeysCheck], world)),
      ...(await checkServices(world)),
      ...(hasPages(settings) ? await runChecks([mailCheck], world) : []),
    ];
    return answerOf(results, call.lang);
  },
};

/** Redis, and OBF, whose token all processes share through Redis. */
async function checkServices(world: LocalWorld): Promise<readonly CheckResult[]> {
  const { call, settings } = world;
  const faulty = settings.faulty(['REDIS_URL']);
  if (faulty.length > 0) return withoutRedis(skipped(redisCheck, mendFirst(faulty)));
  try {
    return await withRedis(call, settings.config.redis, (redis) =>
      withObf(call, settings.config, redis, secretsOf(world), (obf) =>
        runChecks([redisCheck, ...REDIS_CHECKS, ...OBF_CHECKS, readingCheck], { ...world, redis, obf }),
      ),
    );
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'redis_silent') throw error;
    return withoutRedis(resultOf(redisCheck, { errors: error.words }));
  }
}

const withoutRedis = (redis: CheckResult): readonly CheckResult[] => [
  redis,
  ...[...REDIS_CHECKS, ...OBF_CHECKS, readingCheck].map((one) =>
    skipped(one, one.needs?.includes('redis-write') ? OBF_NEEDS_REDIS : REDIS_FIRST),
  ),
];

const REDIS_FIRST: Localized = { fr: "à régler d'abord : Redis", en: 'to be mended first: Redis' };

/** Of the mail server nothing is told where the earner's pages do not exist. */
const hasPages = ({ faulty, config }: Settings): boolean =>
  config.parcours !== null || faulty(mailCheck.needs ?? []).length > 0;

/** State in words: the sign only helps the eye. */
const STATES: Readonly<Record<Status, readonly [sign: string, words: Localized]>> = {
  ok: ['✓', { fr: 'bon', en: 'good' }],
  warning: ['!', { fr: 'attention', en: 'warning' }],
  error: ['✗', { fr: 'erreur', en: 'error' }],
  skipped: ['–', { fr: 'non vérifié', en: 'not checked' }],
};

/** One line a check, its messages below it, and a summary. Warnings stop nothing. */
function answerOf(results: readonly CheckResult[], lang: Lang): Answer {
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
    exit: ok ? EXIT.good : EXIT.problem,
  };
}

function summary(results: readonly CheckResult[]): Localized {
  const told = (
    [
      ['error', 'point en erreur|points en erreur', 'point in error|points in error'],
      ['warning', 'avertissement|avertissements', 'warning|warnings'],
      ['skipped', 'point non vérifié|points non vérifiés', 'point not checked|points not checked'],
    ] as const
  ).flatMap(([status, fr, en]) => {
    const n = results.filter((one) => one.status === status).length;
    return n === 0 ? [] : [plural(n, fr, en)];
  });
  if (told.length === 0) return { fr: 'Tout est bon.', en: 'All is well.' };
  const all = listed(told);
  return { fr: `${all.fr}.`, en: `${all.en}.` };
}
