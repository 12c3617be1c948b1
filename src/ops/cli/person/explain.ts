import { z } from 'zod';
import { AWARD_STATES } from '../../../earners/record.js';
import type { AwardRecord, AwardState } from '../../../earners/record.js';
import type { BadgeId } from '../../../ids.js';
import { withoutAddresses } from '../../../platform/logger.js';
import type { Evaluation } from '../../../rules/evaluation.js';
import { explainSchema } from '../../../rules/explain/json.js';
import type { Scheme } from '../../../rules/types.js';
import { explainText } from '../../../rules/explain/text.js';
import { type Explained, explainPerson } from '../../shared/explain-person.js';
import { PAUSED } from '../../shared/issuing-words.js';
import { indented, instantWords, type Lang, type Localized, quoted, say } from '../../shared/words.js';
import { EARNER_OR_KEY_ARGUMENT, earnerOf, unknownEarner } from '../arguments.js';
import type { Answer, Command } from '../command.js';
import { withPipeline } from '../session.js';

/** OBF is not called. */
const NEEDED = ['REDIS_URL', 'PALIER_KEY', 'PALIER_KEY_OLD', 'OBF_CLIENT_ID', 'TZ_SCHEME'];

export const explain: Command = {
  name: 'explain',
  help: [
    say`dit, pour une personne, chaque badge Région : obtenu ou non, et pourquoi
      tells, for one person, every award: given or not, and why`,
    say`D'après ce que Palier sait en ce moment ; OBF n'est pas appelé. L'adresse n'est ni affichée ni enregistrée.
      By what Palier knows at this moment; OBF is not called. The address is neither shown nor kept.`,
    say`Dit aussi, pour chaque badge qui manque, quels badges inscrits aideraient. La forme de --json est décrite par docs/schema/explain.json.
      Tells, too, of each one that is missing, which enrolled badges would help. docs/schema/explain.json describes the form of --json.`,
  ],
  args: EARNER_OR_KEY_ARGUMENT,
  progress: { fr: 'Lecture du portefeuille...', en: 'Reading the portfolio...' },
  run: (call) => {
    const keyUnder = earnerOf(call.args[0]);
    return withPipeline(
      call,
      async (pipeline) => {
        const { scheme, queues, vault } = pipeline;
        // By the files as they are now: what would be, were Palier started with them.
        const schemes = { ...pipeline.schemes, now: () => pipeline.schemes.wouldBe(scheme) };
        const found = await explainPerson({ ...pipeline, schemes }, keyUnder(vault));
        if (found === null) throw unknownEarner();
        return answerOf(found, await queues.awards.isPaused(), call.lang);
      },
      { variables: NEEDED },
    );
  },
};

function answerOf(
  { person, scheme, evaluation, background, json }: Explained,
  paused: boolean,
  lang: Lang,
): Answer {
  const { earner, keys } = person;
  const several = keys.length > 1;
  const issuing = { scheme, evaluation, records: person.records };
  return {
    lines: [
      say`Bénéficiaire ${earner}${several ? ` (adresses liées : ${keys.length})` : ''}
        Earner ${earner}${several ? ` (linked addresses: ${keys.length})` : ''}`,
      ...explainText(scheme, evaluation, lang, background),
      ...issuingLines(issuing),
      ...(paused ? [PAUSED] : []),
    ],
    json: {
      earner,
      addresses: keys.length,
      ...json,
      issuing: issuingJson(issuing),
      issuing_paused: paused,
    } satisfies ExplainCommandJson,
  };
}

const inFlightForm = z
  .strictObject({
    badge: z.string(),
    state: z.enum(AWARD_STATES),
    since_s: z.number(),
    batch: z.string().optional(),
    why: z.string().optional(),
  })
  .meta({ id: 'under_way', description: 'An award on its way to OBF, or that came to a stop there.' });

/** What `npx palier explain --json` prints: published as docs/schema/explain.json. */
export const explainCommandSchema = explainSchema
  .extend({
    earner: z.string().meta({ description: 'The key that stands for the person.' }),
    addresses: z.number().meta({ description: 'How many addresses of theirs are joined.' }),
    issuing: z.array(inFlightForm),
    issuing_paused: z.boolean(),
  })
  .meta({
    title: 'palier explain --json',
    description:
      'Every award of one person: given or not, and why. Instants are Unix seconds (_s) and ISO 8601 in UTC (_iso).',
  });

type ExplainCommandJson = z.infer<typeof explainCommandSchema>;

/** How far each award of one earner is on its way to OBF, beside what the rules say. */
interface IssuingView {
  readonly scheme: Scheme;
  readonly evaluation: Evaluation;
  /** Of every address of theirs. */
  readonly records: readonly { readonly badgeId: BadgeId; readonly record: AwardRecord }[];
}

/** A held badge has arrived, whatever its record still says; of what is settled, the rules say enough. */
function inFlight({ evaluation, records }: IssuingView) {
  const verdicts = new Map(evaluation.awards.map((verdict) => [verdict.award.badgeId, verdict]));
  return records.flatMap(({ badgeId, record }) => {
    const verdict = verdicts.get(badgeId);
    const words = verdict?.status === 'held' ? null : stateWords(record);
    // The badge's id where the scheme no longer has it.
    return words === null ? [] : [{ badgeId, name: quoted(verdict?.award.name ?? badgeId), words, record }];
  });
}

/** Lines in words; none when nothing is under way. */
function issuingLines(view: IssuingView): readonly Localized[] {
  const lines = inFlight(view).map(({ name, words, record }) => {
    const since = instantWords(record.atS, view.scheme.timeZone);
    return say`${name} : ${words} (depuis le ${since})
      ${name}: ${words} (since ${since})`;
  });
  return lines.length === 0 ? [] : [{ fr: 'Envois', en: 'Issuing' }, ...lines.map(indented)];
}

/** The same for a program. */
const issuingJson = (view: IssuingView) =>
  inFlight(view).map(({ badgeId, record }) => ({
    badge: badgeId,
    state: record.state,
    since_s: record.atS,
    ...('batch' in record ? { batch: record.batch } : {}),
    ...('why' in record ? { why: withoutAddresses(record.why) } : {}),
  }));

/** Null: settled, nothing is under way. */
const STATE_WORDS: Readonly<Record<Exclude<AwardState, 'refused'>, Localized | null>> = {
  due: { fr: 'en attente du prochain envoi', en: 'waits for the next issue call' },
  claimed: { fr: 'envoi en cours', en: 'being issued' },
  unknown: say`issue inconnue, vérifiée dans OBF avant tout nouvel envoi
    outcome unknown, looked up in OBF before anything is sent again`,
  blocked: say`révoqué à la main dans OBF : n'est plus délivré tant que le blocage n'est pas levé
    revoked by hand in OBF: not given again until the block is lifted`,
  issued: null,
  revoking: say`retrait en cours : un badge qui l'avait fait obtenir a été révoqué
    being taken back: a badge that earned it was revoked`,
  revoked: null,
  withdrawn: null,
};

function stateWords(record: AwardRecord): Localized | null {
  if (record.state !== 'refused') return STATE_WORDS[record.state];
  const why = withoutAddresses(record.why);
  return { fr: `refusé par OBF : ${why}`, en: `refused by OBF: ${why}` };
}
