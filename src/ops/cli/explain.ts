import type { Config } from '../../config.js';
import { journalOf } from '../../earners/person.js';
import type { Portfolio } from '../../earners/portfolio.js';
import { createEarnerStore } from '../../earners/store.js';
import { asClientId, type EarnerKey, type SchemeVersion } from '../../ids.js';
import type { RedisConnection } from '../../platform/redis.js';
import { createVault, type Vault } from '../../platform/vault.js';
import type { Background } from '../../rules/explain/explanation.js';
import { explainJson } from '../../rules/explain/json.js';
import { explainText } from '../../rules/explain/text.js';
import type { Scheme } from '../../rules/types.js';
import { createSchemes } from '../../scheme/schemes.js';
import { decide, type Decision } from '../../workers/decide.js';
import { backgroundOf, type Notes } from '../shared/background.js';
import { PAUSED } from '../shared/issuing-words.js';
import type { Lang } from '../shared/words.js';
import { EARNER_OR_KEY_ARGUMENT, earnerOf, unknownEarner } from './arguments.js';
import { command } from './command.js';
import type { Context } from './context.js';
import { type ExplainCommandJson, issuingJson, issuingLines, type IssuingView } from './explain-issuing.js';
import { isIssuingPaused, requireRedis } from './session.js';
import { requireReadable, requireScheme, requireSettings } from './settings.js';

const NEEDED = ['REDIS_URL', 'PALIER_KEY', 'PALIER_KEY_OLD', 'OBF_CLIENT_ID', 'TZ_SCHEME'];

export const explain = command({
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
  progress: { fr: 'Lecture du portefeuille...', en: 'Reading the portfolio...' },
  work: async (call, { context }) => {
    const keyUnder = earnerOf(call.args[0]);
    const config = requireSettings(context, NEEDED);
    const scheme = await requireScheme(context, config.configDir, config.timeZone);
    return requireRedis(context, config.redis, (redis) =>
      readExplained(context, config, redis, scheme, keyUnder),
    );
  },
  answer: (explained, { lang }) => ({
    lines: explainedLines(explained, lang),
    json: explainedJson(explained),
  }),
});

interface Explained extends IssuingView {
  readonly earner: EarnerKey;
  /** Of every address that was joined. */
  readonly keys: readonly EarnerKey[];
  readonly portfolio: Portfolio;
  readonly background: Background;
  readonly paused: boolean;
}

const explainedJson = (told: Explained): ExplainCommandJson => ({
  earner: told.earner,
  addresses: told.keys.length,
  ...explainJson(told.scheme, told.evaluation, told.background, told.portfolio.assertions),
  issuing: issuingJson(told),
  issuing_paused: told.paused,
});

const explainedLines = (told: Explained, lang: Lang): readonly string[] => [
  headingOf(told)[lang],
  ...explainText(told.scheme, told.evaluation, lang, told.background, told.portfolio.assertions),
  ...issuingLines(told, lang),
  ...(told.paused ? [PAUSED[lang]] : []),
];

function headingOf({ earner, keys }: Explained) {
  const several = keys.length > 1;
  return {
    fr: `Bénéficiaire ${earner}${several ? ` (adresses liées : ${keys.length})` : ''}`,
    en: `Earner ${earner}${several ? ` (linked addresses: ${keys.length})` : ''}`,
  };
}

/**
 * All that is told of one person.
 * @param scheme the files as they are now: what is told is what would be, were Palier started with them
 * @throws Problem for somebody of whom nothing is known, or when PALIER_KEY is another
 */
async function readExplained(
  context: Context,
  config: Config,
  redis: RedisConnection,
  scheme: Scheme,
  keyUnder: (vault: Vault) => EarnerKey,
): Promise<Explained> {
  const { clock, dataPrefix } = context;
  const vault = createVault(config.palierKey, config.palierKeyOld);
  await requireReadable(redis, dataPrefix, vault);
  const schemes = createSchemes({ redis, prefix: dataPrefix, vault }, scheme);
  const sources = {
    region: asClientId(config.obfClientId),
    earners: createEarnerStore(redis, dataPrefix, vault),
    schemes: { now: () => schemes.wouldBe(scheme), find: (version: SchemeVersion) => schemes.find(version) },
    clock,
  };
  const decision = await decide(sources, keyUnder(vault));
  const { portfolio, records } = decision.person;
  if (portfolio.assertions.length + portfolio.held.length + records.length === 0) throw unknownEarner();
  const paused = await isIssuingPaused(context, redis);
  const { rules, evaluation, person } = decision;
  const background = backgroundOf(evaluation, notesOf(decision));
  return { ...person, scheme: rules.scheme, evaluation, background, paused };
}

/** What is written down about every address of the person. */
const notesOf = ({ person, waiting }: Pick<Decision, 'person' | 'waiting'>): Notes => ({
  entries: journalOf(person),
  flags: person.addresses.flatMap(({ record }) =>
    [...record.flags].map(([badgeId, atS]) => ({ badgeId, atS })),
  ),
  waiting,
});
