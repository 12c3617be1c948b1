import type { Batch } from '../../issuing/outbox.js';
import { batchJobId } from '../../queue/jobs.js';
import type { Award } from '../../rules/types.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { AWARD_STATE_WORDS, indented, instantWords, PAUSED } from '../shared/words.js';
import { holdLine, type SystemState, readFlags, readHolds } from '../shared/stats.js';
import { labelled, type Localized, plural, quoted, say } from '../../localized.js';

export interface StatsSection {
  readonly title: Localized;
  /** False: no line. */
  readonly lines: readonly (Localized | false)[];
  readonly json: unknown;
}

const toSeconds = (ms: number): number => Math.floor(ms / 1000);

export async function readIssuingSection(pipeline: Pipeline, state: SystemState): Promise<StatsSection> {
  const { scheme } = pipeline;
  const { paused } = state.queues.awards;
  const [holds, batches] = await Promise.all([
    readHolds(pipeline),
    Promise.all(scheme.awards.map((award) => readBatches(pipeline, award))).then((all) => all.flat()),
  ]);
  const waiting = state.due.filter(({ count }) => count > 0);
  const due = waiting.reduce((sum, { count }) => sum + count, 0);
  return {
    title: { fr: 'Envois', en: 'Issuing' },
    lines: [
      paused ? PAUSED : { fr: 'en marche', en: 'running' },
      ...holds.map((one) => holdLine(one, scheme.timeZone)),
      labelled(
        { fr: 'badges dus, en attente du prochain envoi', en: 'due, waiting for the next issue call' },
        due,
      ),
      ...waiting.map(({ award, count }) => indented(labelled(quoted(award.name), count))),
      labelled({ fr: 'lots en route', en: 'batches under way' }, batches.length),
      ...batches.map(({ line }) => indented(line)),
    ],
    json: {
      paused,
      on_hold: holds.map(({ award, hold }) => ({
        ...idsOf(award),
        code: hold.code,
        obf: hold.words,
        since_s: toSeconds(hold.sinceMs),
        next_s: toSeconds(hold.nextMs),
      })),
      waiting: waiting.map(({ award, count }) => ({ ...idsOf(award), count })),
      batches: batches.map(({ json }) => json),
    },
  };
}

const idsOf = ({ id, badgeId }: Award) => ({ award: id, badge: badgeId });

async function readBatches(pipeline: Pipeline, award: Award) {
  const { batches, scheme } = pipeline;
  const describeBatch = async (batch: Batch) => {
    const state = await stateOf(batch, pipeline);
    const sinceS = toSeconds(batch.sentMs ?? batch.createdMs);
    const since = instantWords(sinceS, scheme.timeZone);
    const [name, count] = [quoted(award.name), batch.earners.length];
    const people = plural(count, 'personne|personnes', 'earner|earners');
    return {
      line: say`${name} : ${people}, ${BATCH_STATES[state]} (depuis le ${since}, lot ${batch.id})
        ${name}: ${people}, ${BATCH_STATES[state]} (since ${since}, batch ${batch.id})`,
      json: { ...idsOf(award), batch: batch.id, state, earners: count, since_s: sinceS },
    };
  };
  return Promise.all((await batches.all(award.badgeId)).map(describeBatch));
}

/** `unknown`: the outcome must be looked up in OBF first; `refused`: the batch's job is in failed. */
const BATCH_STATES = {
  open: { fr: 'formé', en: 'formed' },
  sending: { fr: 'envoi en cours', en: 'being issued' },
  unknown: AWARD_STATE_WORDS.unknown,
  sent: { fr: "délivré, en cours d'inscription", en: 'issued, being recorded' },
  refused: { fr: 'refusé par OBF, voir les échecs', en: 'refused by OBF, see what failed' },
} as const;

async function stateOf({ id, state, sentMs }: Batch, { queues, clock, pace }: Pipeline) {
  if (state === 'open' && (await queues.awards.getJobState(batchJobId(id))) === 'failed') return 'refused';
  return state === 'sending' && clock() - (sentMs ?? 0) > pace.sendWithinMs ? 'unknown' : state;
}

export async function readQuotaSection({ scheme }: Pipeline, { quota }: SystemState): Promise<StatsSection> {
  const { reading, floor } = quota;
  const left = reading?.left ?? null;
  const readS = reading && toSeconds(reading.readMs);
  return {
    title: { fr: 'Quota OBF de la Région', en: 'OBF quota of the Région' },
    lines: [
      readS === null
        ? say`pas encore lu : il l'est avant le premier envoi
            not read yet: it is, before the first issue call`
        : leftWords(left, instantWords(readS, scheme.timeZone)),
      left !== null &&
        left <= floor &&
        say`Les envois attendent : ils s'arrêtent à ${floor}. Faites relever le quota dans OBF ; ils reprennent seuls.
          Issuing waits: it stops at ${floor}. Have the quota raised in OBF; it goes on by itself.`,
    ],
    json: { left, read_at_s: readS, floor },
  };
}

const leftWords = (left: number | null, readAt: Localized): Localized =>
  left === null
    ? { fr: "OBF n'en dit rien", en: 'OBF does not say' }
    : say`badges encore à délivrer : ${left} (lu le ${readAt}, envois déduits)
        badges that may still be issued: ${left} (read ${readAt}, less what was issued)`;

export async function readFlagsSection(pipeline: Pipeline): Promise<StatsSection> {
  const flags = await readFlags(pipeline);
  return {
    title: say`À examiner : badges Région dont la règle n'est plus remplie, un badge ayant été révoqué
      To be looked at: awards whose rule is no longer met, since a badge was revoked`,
    lines: flags.map(({ award, badgeId, earner, atS }) => {
      const since = instantWords(atS, pipeline.scheme.timeZone);
      const name = quoted(award?.name ?? badgeId);
      return say`${name} : bénéficiaire ${earner}, depuis le ${since}
        ${name}: earner ${earner}, since ${since}`;
    }),
    json: flags.map(({ award, badgeId, earner, atS }) => ({
      award: award?.id ?? null,
      badge: badgeId,
      earner,
      since_s: atS,
    })),
  };
}
