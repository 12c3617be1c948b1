import { asClientId, type EarnerKey } from '../../ids.js';
import { createLedger } from '../../issuing/ledger.js';
import { secondsOf } from '../../platform/clock.js';
import { isSameKey } from '../../platform/key-guard.js';
import type { RedisConnection } from '../../platform/redis.js';
import { createVault } from '../../platform/vault.js';
import type { Config } from '../../config.js';
import { earnerKeyOf } from '../../portfolio/earner-key.js';
import { createPortfolioStore } from '../../portfolio/store.js';
import { evaluate } from '../../rules/evaluate.js';
import { explainJson } from '../../rules/explain-json.js';
import { explainText } from '../../rules/explain.js';
import { readPortfolio } from '../../workers/read-portfolio.js';
import type { Command, Context } from './context.js';
import { addressOf, EARNER_ARGUMENT, unknownEarner } from './earner-argument.js';
import { EXIT } from './exit.js';
import { issuingJson, issuingLines, PAUSED, type IssuingView } from './issuing-words.js';
import { withProgress } from './progress.js';
import { isIssuingPaused } from './queue-session.js';
import { requireScheme } from './read-scheme.js';
import { requireRedis } from './redis-session.js';
import { keyChanged, requireSettings } from './settings.js';
import type { Lang } from './words.js';

const NEEDED = ['REDIS_URL', 'PALIER_KEY', 'OBF_CLIENT_ID', 'TZ_SCHEME'];

export const explain: Command = {
  name: 'explain',
  summary: {
    fr: 'dit, pour une personne, chaque badge Région : obtenu ou non, et pourquoi',
    en: 'tells, for one person, every award: given or not, and why',
  },
  details: [
    {
      fr: "D'après ce que Palier sait en ce moment ; OBF n'est pas appelé. L'adresse n'est ni affichée ni enregistrée.",
      en: 'By what Palier knows at this moment; OBF is not called. The address is neither shown nor kept.',
    },
  ],
  args: [EARNER_ARGUMENT],
  options: [],
  run: async (call, context) => {
    const address = addressOf(call.args[0]);
    const config = requireSettings(context, NEEDED);
    const scheme = await requireScheme(context, config.configDir, config.timeZone);
    const about = { fr: 'Lecture du portefeuille...', en: 'Reading the portfolio...' };
    const known = await withProgress({ ...context, lang: call.lang }, about, () =>
      requireRedis(context, config.redis, (redis) => readEarner(context, config, redis, address)),
    );
    const evaluation = evaluate(scheme, known.portfolio, secondsOf(context.clock));
    const told = { ...known, scheme, evaluation };
    const lines = call.json ? [JSON.stringify(toldJson(told), null, 2)] : toldLines(told, call.lang);
    for (const line of lines) context.streams.out(line);
    return EXIT.good;
  },
};

interface Told extends IssuingView {
  readonly earner: EarnerKey;
  readonly paused: boolean;
}

const toldJson = (told: Told) => ({
  earner: told.earner,
  ...explainJson(told.evaluation),
  issuing: issuingJson(told),
  issuing_paused: told.paused,
});

const toldLines = (told: Told, lang: Lang): readonly string[] => [
  { fr: `Bénéficiaire ${told.earner}`, en: `Earner ${told.earner}` }[lang],
  ...explainText(told.scheme, told.evaluation, lang),
  ...issuingLines(told, lang),
  ...(told.paused ? [PAUSED[lang]] : []),
];

/** @throws Problem for somebody of whom nothing is known */
async function readEarner(context: Context, config: Config, redis: RedisConnection, address: string) {
  const { clock, dataPrefix } = context;
  const vault = createVault(config.palierKey);
  if (!(await isSameKey(redis, dataPrefix, vault))) throw keyChanged();
  const earner = earnerKeyOf(vault, address);
  const ledger = createLedger(redis, dataPrefix, clock);
  const portfolios = createPortfolioStore(redis, dataPrefix, vault);
  const region = asClientId(config.obfClientId);
  const [portfolio, records, paused] = await Promise.all([
    readPortfolio({ region, portfolios, ledger }, earner),
    ledger.readAll(earner),
    isIssuingPaused(context, redis),
  ]);
  if (portfolio.assertions.length + portfolio.held.length + records.size === 0) throw unknownEarner();
  return { earner, portfolio, records, paused };
}
