import { asClientId } from '../../ids.js';
import { createLedger } from '../../issuing/ledger.js';
import { secondsOf } from '../../platform/clock.js';
import type { RedisConnection } from '../../platform/redis.js';
import { createVault } from '../../platform/vault.js';
import type { Config } from '../../config.js';
import { earnerKeyOf } from '../../portfolio/earner-key.js';
import { createPortfolioStore } from '../../portfolio/store.js';
import { evaluate } from '../../rules/evaluate.js';
import { explainJson } from '../../rules/explain-json.js';
import { explainText } from '../../rules/explain.js';
import { readPortfolio } from '../../workers/read-portfolio.js';
import type { Call, Command, Context } from './context.js';
import { EXIT } from './exit.js';
import { issuingJson, issuingLines } from './issuing-words.js';
import { Problem, wrongUsage } from './problem.js';
import { withProgress } from './progress.js';
import { requireScheme } from './read-scheme.js';
import { requireRedis } from './redis-session.js';
import { requireSettings } from './settings.js';

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
  args: [
    {
      name: { fr: 'adresse', en: 'email' },
      about: { fr: "l'adresse électronique de la personne", en: "the person's e-mail address" },
    },
  ],
  options: [],
  run: async (call, context) => {
    const address = addressOf(call);
    const config = requireSettings(context, NEEDED);
    const scheme = await requireScheme(context, config.configDir, config.timeZone);
    const about = { fr: 'Lecture du portefeuille...', en: 'Reading the portfolio...' };
    const known = await withProgress({ ...context, lang: call.lang }, about, () =>
      requireRedis(context, config.redis, (redis) => readEarner(context, config, redis, address)),
    );
    const evaluation = evaluate(scheme, known.portfolio, secondsOf(context.clock));
    const issuing = { scheme, evaluation, records: known.records };
    const lines = call.json
      ? [
          JSON.stringify(
            { earner: known.earner, ...explainJson(evaluation), issuing: issuingJson(issuing) },
            null,
            2,
          ),
        ]
      : [
          { fr: `Bénéficiaire ${known.earner}`, en: `Earner ${known.earner}` }[call.lang],
          ...explainText(scheme, evaluation, call.lang),
          ...issuingLines(issuing, call.lang),
        ];
    for (const line of lines) context.streams.out(line);
    return EXIT.good;
  },
};

/** An address is a name, an at sign and a host; nothing cleverer. What was typed is not shown again. */
function addressOf({ args: [address = ''] }: Call): string {
  if (/^[^\s@]+@[^\s@]+$/.test(address.trim())) return address;
  throw wrongUsage({
    fr: "Ce n'est pas une adresse électronique.",
    en: 'This is no e-mail address.',
  });
}

/** @throws Problem for somebody of whom nothing is known */
async function readEarner(context: Context, config: Config, redis: RedisConnection, address: string) {
  const { clock, dataPrefix } = context;
  const vault = createVault(config.palierKey);
  const earner = earnerKeyOf(vault, address);
  const ledger = createLedger(redis, dataPrefix, clock);
  const portfolios = createPortfolioStore(redis, dataPrefix, vault);
  const region = asClientId(config.obfClientId);
  const [portfolio, records] = await Promise.all([
    readPortfolio({ region, portfolios, ledger }, earner),
    ledger.readAll(earner),
  ]);
  if (portfolio.assertions.length + portfolio.held.length + records.size === 0) throw UNKNOWN_EARNER;
  return { earner, portfolio, records };
}

const UNKNOWN_EARNER = new Problem('unknown_earner', [
  {
    fr: "Personne n'est connu à cette adresse : aucun badge d'un partenaire, ni de la Région, n'en a été lu.",
    en: 'Nobody is known by this address: no badge of a partner, nor of the Région, was read for it.',
  },
  {
    fr: "Vérifiez l'adresse ; un badge tout juste délivré peut mettre quelques minutes à être lu.",
    en: 'Check the address; a badge that was issued just now may take some minutes to be read.',
  },
]);
