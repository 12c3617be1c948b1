import { z } from 'zod';
import type { AwardRecord, AwardState } from '../../earners/record.js';
import type { BadgeId } from '../../ids.js';
import { withoutAddresses } from '../../platform/logger.js';
import type { Evaluation } from '../../rules/evaluation.js';
import { explainSchema } from '../../rules/explain/json.js';
import type { Scheme } from '../../rules/types.js';
import { instantWords, type Lang, type Localized } from '../shared/words.js';

const STATES = [
  'due',
  'claimed',
  'unknown',
  'issued',
  'refused',
  'revoking',
  'revoked',
  'blocked',
  'withdrawn',
] as const satisfies readonly AwardState[];

const inFlightForm = z
  .strictObject({
    badge: z.string(),
    state: z.enum(STATES),
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

export type ExplainCommandJson = z.infer<typeof explainCommandSchema>;

/** Where each award of one earner stands on its way to OBF, beside what the rules say of it. */
export interface IssuingView {
  readonly scheme: Scheme;
  readonly evaluation: Evaluation;
  /** Of every address of theirs. */
  readonly records: readonly { readonly badgeId: BadgeId; readonly record: AwardRecord }[];
}

interface Entry {
  readonly badgeId: BadgeId;
  /** The award's name; the badge's id where the scheme no longer has it. */
  readonly name: string;
  readonly record: AwardRecord;
}

/** A held badge has arrived, whatever its record still says; of what is settled, the rules say enough. */
function inFlight({ evaluation, records }: IssuingView): readonly Entry[] {
  const verdicts = new Map(evaluation.awards.map((verdict) => [verdict.award.badgeId, verdict]));
  return records.flatMap(({ badgeId, record }) => {
    const verdict = verdicts.get(badgeId);
    const settled = verdict?.status === 'held' || stateWords(record) === null;
    return settled ? [] : [{ badgeId, name: verdict?.award.name ?? badgeId, record }];
  });
}

/** Lines in words; none when nothing is under way. */
export function issuingLines(view: IssuingView, lang: Lang): readonly string[] {
  const lines = inFlight(view).map(({ name, record }) => {
    const words = stateWords(record)?.[lang] ?? record.state;
    const since = sinceOf(record, view.scheme.timeZone, lang);
    return lang === 'fr' ? `  « ${name} » : ${words} (${since})` : `  "${name}": ${words} (${since})`;
  });
  const heading = { fr: 'Envois', en: 'Issuing' };
  return lines.length === 0 ? [] : [heading[lang], ...lines];
}

/** The same for a program. */
export const issuingJson = (view: IssuingView) =>
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
  unknown: {
    fr: 'issue inconnue, vérifiée dans OBF avant tout nouvel envoi',
    en: 'outcome unknown, looked up in OBF before anything is sent again',
  },
  blocked: {
    fr: "révoqué à la main dans OBF : n'est plus délivré tant que le blocage n'est pas levé",
    en: 'revoked by hand in OBF: not given again until the block is lifted',
  },
  issued: null,
  revoking: {
    fr: "retrait en cours : un badge qui l'avait fait obtenir a été révoqué",
    en: 'being taken back: a badge that earned it was revoked',
  },
  revoked: null,
  withdrawn: null,
};

function stateWords(record: AwardRecord): Localized | null {
  if (record.state !== 'refused') return STATE_WORDS[record.state];
  const why = withoutAddresses(record.why);
  return { fr: `refusé par OBF : ${why}`, en: `refused by OBF: ${why}` };
}

function sinceOf({ atS }: AwardRecord, timeZone: string, lang: Lang): string {
  const at = instantWords(atS, timeZone);
  return lang === 'fr' ? `depuis le ${at.fr}` : `since ${at.en}`;
}
