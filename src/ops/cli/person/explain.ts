import { z } from 'zod';
import { AWARD_STATES } from '../../../earners/record.js';
import { withoutAddresses } from '../../../platform/logger.js';
import { explainJson, explainSchema } from '../../../rules/explain/json.js';
import { explainText } from '../../../rules/explain/text.js';
import { type Explained, explainPerson } from '../../shared/explain-person.js';
import { AWARD_STATE_WORDS, instantWords, PAUSED, underHeading } from '../../shared/words.js';
import { quoted, say } from '../../../localized.js';
import { type Command, EARNER_ARGUMENT, parseEarner, unknownEarner } from '../command.js';
import { inPipeline } from '../session.js';

/** Fewer variables than the pipeline needs: OBF is not called. */
const NEEDED = ['REDIS_URL', 'PALIER_KEY', 'PALIER_KEY_OLD', 'OBF_CLIENT_ID', 'TZ_SCHEME'];

export const explain: Command = {
  help: `
    dit, pour une personne, chaque badge Région : obtenu ou non, et pourquoi
      tells, for one person, every award: given or not, and why
    D'après ce que Palier sait en ce moment ; OBF n'est pas appelé. L'adresse n'est ni affichée ni enregistrée.
      By what Palier knows at this moment; OBF is not called. The address is neither shown nor kept.
    Dit aussi, pour chaque badge qui manque, quels badges inscrits aideraient. La forme de --json est décrite par docs/schema/explain.json.
      Tells, too, of each one that is missing, which enrolled badges would help. docs/schema/explain.json describes the form of --json.`,
  args: EARNER_ARGUMENT,
  progress: { fr: 'Lecture du portefeuille...', en: 'Reading the portfolio...' },
  run: inPipeline(async (pipeline, call) => {
    const key = parseEarner(pipeline.vault, call.args[0]);
    // Explains by the current files, as if the workers had been started with them.
    const schemes = { ...pipeline.schemes, now: () => pipeline.schemes.rulesAfterStart(pipeline.scheme) };
    const explained = await explainPerson({ ...pipeline, schemes }, key);
    if (explained === null) throw unknownEarner();
    const { person } = explained;
    const { earner, keys } = person;
    const paused = await pipeline.queues.awards.isPaused();
    const inFlight = inFlightOf(explained);
    const isLinked = keys.length > 1;
    return {
      lines: [
        say`Bénéficiaire ${earner}${isLinked ? ` (adresses liées : ${keys.length})` : ''}
            Earner ${earner}${isLinked ? ` (linked addresses: ${keys.length})` : ''}`,
        ...explainText(explained, call.lang),
        ...underHeading(
          ISSUING,
          inFlight.map(({ words }) => words),
        ),
        paused && PAUSED,
      ],
      json: {
        earner,
        addresses: keys.length,
        ...explainJson(explained),
        issuing: inFlight.map((one) => one.json),
        issuing_paused: paused,
      } satisfies z.infer<typeof explainCommandSchema>,
    };
  }, NEEDED),
};

const ISSUING = { fr: 'Envois', en: 'Issuing' };

const inFlightSchema = z
  .strictObject({
    badge: z.string(),
    state: z.enum(AWARD_STATES),
    since_s: z.number(),
    batch: z.string().optional(),
    why: z.string().optional(),
  })
  .meta({ id: 'under_way', description: 'An award on its way to OBF, or that came to a stop there.' });

/** The output of `npx palier explain --json`, published as docs/schema/explain.json. */
export const explainCommandSchema = explainSchema
  .extend({
    earner: z.string().meta({ description: 'The key that stands for the person.' }),
    addresses: z.number().meta({ description: 'How many addresses of theirs are joined.' }),
    issuing: z.array(inFlightSchema),
    issuing_paused: z.boolean(),
  })
  .meta({
    title: 'palier explain --json',
    description:
      'Every award of one person: given or not, and why. Instants are Unix seconds (_s) and ISO 8601 in UTC (_iso).',
  });

/** States in which nothing is in flight: the explanation says enough. */
const SETTLED: readonly string[] = ['issued', 'revoked', 'withdrawn'];

/** Returns the awards on their way to OBF, and how far. A held award has arrived, whatever its record says. */
function inFlightOf({ person, scheme, evaluation }: Explained) {
  const verdicts = new Map(evaluation.awards.map((verdict) => [verdict.award.badgeId, verdict]));
  return person.records
    .filter(
      ({ badgeId, record: { state } }) =>
        !SETTLED.includes(state) && verdicts.get(badgeId)?.status !== 'held',
    )
    .map(({ badgeId, record }) => {
      const why = 'why' in record ? withoutAddresses(record.why) : null;
      const since = instantWords(record.atS, scheme.timeZone);
      // The badge's id, if the scheme no longer has the award.
      const name = quoted(verdicts.get(badgeId)?.award.name ?? badgeId);
      const state = AWARD_STATE_WORDS[record.state];
      const words = say`${name} : ${state}${why === null ? '' : ` : ${why}`} (depuis le ${since})
        ${name}: ${state}${why === null ? '' : `: ${why}`} (since ${since})`;
      const batch = 'batch' in record ? { batch: record.batch } : {};
      const json = { badge: badgeId, state: record.state, since_s: record.atS, ...batch };
      return { words, json: why === null ? json : { ...json, why } };
    });
}
