import type { EarnerKey } from '../../ids.js';
import type { Portfolio } from '../../earners/portfolio.js';
import type { Background } from '../../rules/explain/explanation.js';
import { explainJson } from '../../rules/explain/json.js';
import { explainText } from '../../rules/explain/text.js';
import type { Command } from './context.js';
import { EARNER_OR_KEY_ARGUMENT, earnerOf } from './earner-argument.js';
import { EXIT } from './exit.js';
import { readEarner } from './explain/read.js';
import type { ExplainCommandJson } from './explain/schema.js';
import { issuingJson, issuingLines, PAUSED, type IssuingView } from '../shared/issuing-words.js';
import { withProgress } from './progress.js';
import { requireScheme } from './read-scheme.js';
import { requireRedis } from './redis-session.js';
import { requireSettings } from './settings.js';
import type { Lang } from '../shared/words.js';

const NEEDED = ['REDIS_URL', 'PALIER_KEY', 'PALIER_KEY_OLD', 'OBF_CLIENT_ID', 'TZ_SCHEME'];

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
    {
      fr: 'Dit aussi, pour chaque badge qui manque, quels badges inscrits aideraient. La forme de --json est décrite par docs/schema/explain.json.',
      en: 'Tells, too, of each one that is missing, which enrolled badges would help. docs/schema/explain.json describes the form of --json.',
    },
  ],
  args: [EARNER_OR_KEY_ARGUMENT],
  options: [],
  run: async (call, context) => {
    const typed = earnerOf(call.args[0]);
    const config = requireSettings(context, NEEDED);
    const scheme = await requireScheme(context, config.configDir, config.timeZone);
    const about = { fr: 'Lecture du portefeuille...', en: 'Reading the portfolio...' };
    const known = await withProgress({ ...context, lang: call.lang }, about, () =>
      requireRedis(context, config.redis, (redis) => readEarner(context, config, redis, scheme, typed)),
    );
    const { person, rules, evaluation, background, paused } = known;
    const told = { ...person, scheme: rules.scheme, evaluation, background, paused };
    const lines = call.json ? [JSON.stringify(toldJson(told), null, 2)] : toldLines(told, call.lang);
    for (const line of lines) context.streams.out(line);
    return EXIT.good;
  },
};

interface Told extends IssuingView {
  readonly earner: EarnerKey;
  /** Of every address that was joined. */
  readonly keys: readonly EarnerKey[];
  readonly portfolio: Portfolio;
  readonly background: Background;
  readonly paused: boolean;
}

const toldJson = (told: Told): ExplainCommandJson => ({
  earner: told.earner,
  addresses: told.keys.length,
  ...explainJson(told.scheme, told.evaluation, told.background, told.portfolio.assertions),
  issuing: issuingJson(told),
  issuing_paused: told.paused,
});

const toldLines = (told: Told, lang: Lang): readonly string[] => [
  headingOf(told)[lang],
  ...explainText(told.scheme, told.evaluation, lang, told.background, told.portfolio.assertions),
  ...issuingLines(told, lang),
  ...(told.paused ? [PAUSED[lang]] : []),
];

function headingOf({ earner, keys }: Told) {
  const several = keys.length > 1;
  return {
    fr: `Bénéficiaire ${earner}${several ? ` (adresses liées : ${keys.length})` : ''}`,
    en: `Earner ${earner}${several ? ` (linked addresses: ${keys.length})` : ''}`,
  };
}
