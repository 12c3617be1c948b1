import { createHolds } from '../../../issuing/hold.js';
import { isSameKey } from '../../../platform/key-guard.js';
import { createRedisClock, redisNow } from '../../../platform/clock.js';
import { createWriteProbe, readRedisReport } from '../../../platform/redis-health.js';
import { hostsOf, serversOf, type RedisAddress } from '../../../platform/redis.js';
import { createSchemes, SchemeUnreadable } from '../../../scheme/schemes.js';
import { PACE } from '../../../workers/stores.js';
import { durationWords, PAUSED } from '../../shared/words.js';
import { holdLine, readHolds } from '../../shared/stats.js';
import { type Localized, say } from '../../../localized.js';
import { KEY_CHANGED, withQueues } from '../session.js';
import type { Check, CheckFindings, CheckContext } from './runner.js';

export const REDIS_FIRST: Localized = { fr: "à régler d'abord : Redis", en: 'to be mended first: Redis' };

/** Checks that Redis takes writes, is protected, and has the time of this machine. */
export const redisCheck: Check = {
  id: 'redis',
  title: { fr: 'Redis', en: 'Redis' },
  async run(context) {
    const { call, redis, settings } = context;
    const address = settings.config.redis;
    const where = hostsOf(address);
    const warnings = [...accessWarnings(address), await skewWarning(context)];
    const notes = [{ fr: where, en: where }];
    const fault = await createWriteProbe(redis, `${call.dataPrefix}:check`, call.patienceMs.redis)();
    if (fault === null) return { warnings, notes };
    const { fr, en, mend } = fault;
    const refused = say`Redis répond, et n'accepte aucune écriture (${where}) : ${fr}. ${mend}
      Redis answers, and takes no write (${where}): ${en}. ${mend}`;
    return { errors: [refused], warnings, notes, lacks: { 'redis-write': REDIS_FIRST } };
  },
};

/** Processes compare instants by Redis' clock; people read this machine's clock. */
const MAX_SKEW_MS = 5000;

async function skewWarning({ call: { clock }, redis }: CheckContext): Promise<Localized | false> {
  const beforeMs = clock();
  const redisMs = await redisNow(redis);
  const skewMs = (beforeMs + clock()) / 2 - redisMs;
  const by = durationWords(Math.abs(skewMs) / 1000);
  const ahead = skewMs > 0;
  return (
    Math.abs(skewMs) > MAX_SKEW_MS &&
    say`l'horloge de cette machine ${ahead ? 'avance' : 'retarde'} de ${by} sur celle de Redis : mettez les deux à l'heure (NTP)
      the clock of this machine is ${by} ${ahead ? 'ahead of' : 'behind'} that of Redis: set both by NTP`
  );
}

function accessWarnings(address: RedisAddress): readonly (Localized | false)[] {
  const servers = serversOf(address).filter(({ host }) => !isLoopback(host));
  return [
    servers.some(({ password }) => password === undefined) && NO_PASSWORD,
    servers.some(({ tls }) => !tls) && NO_TLS,
  ];
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(host);

const NO_PASSWORD = say`REDIS_URL : Redis est sur une autre machine, et sans mot de passe : qui atteint son port peut y écrire
  REDIS_URL: Redis is on another machine, without a password: anybody who reaches its port can write there`;
const NO_TLS = say`REDIS_URL : Redis est sur une autre machine, et sans TLS (rediss://) : qui est sur le chemin peut lire et modifier ce qui passe
  REDIS_URL: Redis is on another machine, without TLS (rediss://): anybody on the way can read and change what passes`;

/** Checks of Redis' settings, of the key of its data, of issuing, and of the rules in force. */
export const REDIS_CHECKS: readonly Check[] = [
  {
    id: 'redis-settings',
    title: { fr: 'Réglages de Redis', en: 'Settings of Redis' },
    async run({ call, redis }) {
      const report = await readRedisReport(redis).catch(() => null);
      if (report === null) return { warnings: [NO_INFO] };
      const { findings, versions } = report;
      // Any finding stops a start in production; elsewhere, only an `unfit` one is an error.
      const isError = (grade: string): boolean => call.env['NODE_ENV'] === 'production' || grade === 'unfit';
      return {
        errors: findings.filter(({ grade }) => isError(grade)),
        warnings: findings.filter(({ grade }) => !isError(grade)),
        notes: versions.map((version) => ({ fr: `version ${version}`, en: `version ${version}` })),
      };
    },
  },
  {
    id: 'redis-key',
    title: { fr: 'Clé des données de Redis', en: "Key of Redis' data" },
    needs: ['PALIER_KEY', 'PALIER_KEY_OLD'],
    run: async ({ call, redis, vault }) =>
      (await isSameKey(redis, call.dataPrefix, vault)) ? {} : { errors: [KEY_CHANGED] },
  },
  {
    id: 'issuing',
    title: { fr: 'Envois', en: 'Issuing' },
    async run({ call, redis, scheme }) {
      const holds = createHolds(redis, call.dataPrefix, createRedisClock(redis, call.dataPrefix).now, PACE);
      const [paused, held] = await Promise.all([
        withQueues(call, redis, ({ awards }) => awards.isPaused()),
        scheme === null ? [] : readHolds({ scheme, holds }),
      ]);
      const timeZone = scheme?.timeZone ?? 'UTC';
      return { warnings: [paused && PAUSED, ...held.map((one) => holdLine(one, timeZone))] };
    },
  },
  {
    id: 'in-force',
    title: { fr: 'Règles en vigueur', en: 'Rules in force' },
    needs: ['scheme', 'PALIER_KEY', 'PALIER_KEY_OLD'],
    run: checkRules,
  },
];

const NO_INFO = say`INFO est refusé : impossible de savoir si maxmemory-policy est noeviction et si AOF est actif
  INFO is refused: whether maxmemory-policy is noeviction and AOF is on cannot be known`;

/** Compares the files with the rules in force: for people already known, changes wait for `apply`. */
async function checkRules({ call, redis, vault, scheme }: CheckContext): Promise<CheckFindings | null> {
  if (scheme === null) return null;
  const schemes = createSchemes({ redis, prefix: call.dataPrefix, vault }, scheme);
  try {
    // `now` opens the stored rules: only what it throws matters here.
    const [inForce, unfinished] = await Promise.all([schemes.inForce(), schemes.unfinished(), schemes.now()]);
    return {
      warnings: [
        unfinished !== null && UNFINISHED,
        inForce !== null && inForce !== scheme.version && rulesDiffer(scheme.version, inForce),
      ],
      notes: [inForce === null && FIRST_START],
    };
  } catch (error) {
    if (error instanceof SchemeUnreadable) return { errors: [RULES_UNREADABLE] };
    throw error;
  }
}

const RULES_UNREADABLE = say`les règles en vigueur que garde Redis ne peuvent pas être lues : elles ont été altérées, ou scellées sous une autre PALIER_KEY. Rien n'est délivré ; voir docs/operating.md (« Les règles en vigueur sont illisibles »)
  the rules in force that Redis holds cannot be read: they were altered, or sealed under another PALIER_KEY. Nothing is issued; see docs/operating.md ("Les règles en vigueur sont illisibles")`;
const FIRST_START = say`rien en vigueur encore : au premier démarrage, ces fichiers le seront
  nothing in force yet: at the first start, these files will be`;
const UNFINISHED = say`« npx palier apply » a été arrêtée avant la fin : retapez-la, elle reprend où elle en était
  "npx palier apply" was stopped before its end: type it again, it goes on where it was`;
const rulesDiffer = (version: string, inForce: string): Localized =>
  say`les fichiers (${version}) diffèrent des règles en vigueur (${inForce}) : les nouveaux badges seront jugés d'après les fichiers, les personnes déjà connues attendent « npx palier apply » ; « npx palier plan » dit qui gagnerait quoi
    the files (${version}) differ from the rules in force (${inForce}): new badges will be judged by the files, people known already wait for "npx palier apply"; "npx palier plan" tells who would gain what`;
