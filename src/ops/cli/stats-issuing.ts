import type { Batch } from '../../issuing/batches.js';
import { batchJobId } from '../../queue/jobs.js';
import type { Award } from '../../rules/types.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { holdWords, PAUSED } from '../shared/issuing-words.js';
import { type AwardOnHold, readFlags, readHolds, readQuota } from '../shared/stats.js';
import { indented, instantWords, labelled, type Localized, plural, quoted, say } from '../shared/words.js';

const secondsIn = (ms: number): number => Math.floor(ms / 1000);

/**
 * One part of `stats`. A new part is a value like its neighbours, and a line in stats.ts.
 * @typeParam Needs what it reads from
 */
export interface StatsSection<Needs = Pipeline> {
  /** Its name in the JSON. */
  readonly id: string;
  readonly title: Localized;
  readonly tell: (needs: Needs) => Promise<{ readonly lines: readonly Localized[]; readonly json: unknown }>;
}

/** `unknown`: the call was made, and OBF is to be read before anything else; `refused`: its job is in failed. */
type BatchState = Batch['state'] | 'unknown' | 'refused';

const BATCH_STATES: Readonly<Record<BatchState, Localized>> = {
  open: { fr: 'formé', en: 'formed' },
  sending: { fr: 'envoi en cours', en: 'being issued' },
  unknown: say`issue inconnue, vérifiée dans OBF avant tout nouvel envoi
    outcome unknown, looked up in OBF before anything is sent again`,
  sent: { fr: "délivré, en cours d'inscription", en: 'issued, being recorded' },
  refused: { fr: 'refusé par OBF, voir les échecs', en: 'refused by OBF, see what failed' },
};

export const issuingSection: StatsSection = {
  id: 'issuing',
  title: { fr: 'Envois', en: 'Issuing' },
  async tell(pipeline) {
    const { scheme, outbox, queues } = pipeline;
    const [paused, holds, counts, batches] = await Promise.all([
      queues.awards.isPaused(),
      readHolds(pipeline),
      Promise.all(
        scheme.awards.map(async (award) => ({ award, count: await outbox.waiting(award.badgeId) })),
      ),
      Promise.all(scheme.awards.map((award) => readBatches(pipeline, award))).then((all) => all.flat()),
    ]);
    const waiting = counts.filter(({ count }) => count > 0);
    const due = waiting.reduce((sum, { count }) => sum + count, 0);
    return {
      lines: [
        paused ? PAUSED : { fr: 'en marche', en: 'running' },
        ...holds.map((one) => holdLine(one, scheme.timeZone)),
        say`badges dus, en attente du prochain envoi : ${due}
          due, waiting for the next issue call: ${due}`,
        ...waiting.map(({ award, count }) => indented(labelled(quoted(award.name), count))),
        labelled({ fr: 'lots en route', en: 'batches under way' }, batches.length),
        ...batches.map((batch) => indented(batchLine(batch, scheme.timeZone))),
      ],
      json: {
        paused,
        on_hold: holds.map(({ award, hold }) => ({
          ...idsOf(award),
          code: hold.code,
          obf: hold.words,
          since_s: secondsIn(hold.sinceMs),
          next_s: secondsIn(hold.nextMs),
        })),
        waiting: waiting.map(({ award, count }) => ({ ...idsOf(award), count })),
        batches: batches.map(({ award, id, state, earners, sinceS }) => ({
          ...idsOf(award),
          batch: id,
          state,
          earners,
          since_s: sinceS,
        })),
      },
    };
  },
};

const idsOf = ({ id, badgeId }: Award) => ({ award: id, badge: badgeId });

async function readBatches(pipeline: Pipeline, award: Award) {
  const ids = await pipeline.batches.of(award.badgeId);
  const found = await Promise.all(ids.map((id) => pipeline.batches.find(award.badgeId, id)));
  return Promise.all(
    found
      .filter((batch) => batch !== null)
      .map(async (batch) => ({
        award,
        id: batch.id,
        state: await batchState(pipeline, batch),
        earners: batch.earners.length,
        sinceS: secondsIn(batch.sentMs ?? batch.createdMs),
      })),
  );
}

type BatchFigure = Awaited<ReturnType<typeof readBatches>>[number];

async function batchState({ queues, clock, pace }: Pipeline, batch: Batch): Promise<BatchState> {
  if (batch.state === 'open' && (await queues.awards.getJobState(batchJobId(batch.id))) === 'failed')
    return 'refused';
  const overdue = batch.state === 'sending' && clock() - (batch.sentMs ?? 0) > pace.sendWithinMs;
  return overdue ? 'unknown' : batch.state;
}

/** What waits, since when, why, and when it is tried again. */
export function holdLine({ award, hold }: AwardOnHold, timeZone: string): Localized {
  const since = instantWords(secondsIn(hold.sinceMs), timeZone);
  const next = instantWords(secondsIn(hold.nextMs), timeZone);
  const why = holdWords(hold);
  const name = quoted(award.name);
  return say`en attente, ${name} : ${why}. Depuis le ${since} ; Palier regarde à nouveau le ${next}, et reprend seul
    on hold, ${name}: ${why}. Since ${since}; Palier looks again ${next}, and goes on by itself`;
}

function batchLine({ award, id, state, earners, sinceS }: BatchFigure, timeZone: string): Localized {
  const name = quoted(award.name);
  const people = plural(earners, 'personne|personnes', 'earner|earners');
  const since = instantWords(sinceS, timeZone);
  const words = BATCH_STATES[state];
  return say`${name} : ${people}, ${words} (depuis le ${since}, lot ${id})
    ${name}: ${people}, ${words} (since ${since}, batch ${id})`;
}

export const quotaSection: StatsSection = {
  id: 'quota',
  title: { fr: 'Quota OBF de la Région', en: 'OBF quota of the Région' },
  async tell(pipeline) {
    const { reading, floor } = await readQuota(pipeline);
    const left = reading?.left ?? null;
    const readAtS = reading === null ? null : secondsIn(reading.readMs);
    const json = { left, read_at_s: readAtS, floor };
    if (readAtS === null) return { lines: [NEVER_READ], json };
    if (left === null) return { lines: [{ fr: "OBF n'en dit rien", en: 'OBF does not say' }], json };
    const at = instantWords(readAtS, pipeline.scheme.timeZone);
    const remaining = say`badges encore à délivrer : ${left} (lu le ${at}, envois déduits)
      badges that may still be issued: ${left} (read ${at}, less what was issued)`;
    return { lines: left <= floor ? [remaining, quotaTooLow(floor)] : [remaining], json };
  },
};

const NEVER_READ = say`pas encore lu : il l'est avant le premier envoi
  not read yet: it is, before the first issue call`;
const quotaTooLow = (floor: number): Localized =>
  say`Les envois attendent : ils s'arrêtent à ${floor}. Faites relever le quota dans OBF ; ils reprennent seuls.
    Issuing waits: it stops at ${floor}. Have the quota raised in OBF; it goes on by itself.`;

export const flagsSection: StatsSection = {
  id: 'flags',
  title: say`À examiner : badges Région dont la règle n'est plus remplie, un badge ayant été révoqué
    To be looked at: awards whose rule is no longer met, since a badge was revoked`,
  async tell(pipeline) {
    const flags = await readFlags(pipeline);
    const lines = flags.map(({ award, badgeId, earner, atS }) => {
      const since = instantWords(atS, pipeline.scheme.timeZone);
      const name = quoted(award?.name ?? badgeId);
      return say`${name} : bénéficiaire ${earner}, depuis le ${since}
        ${name}: earner ${earner}, since ${since}`;
    });
    return {
      lines: lines.length === 0 ? [{ fr: 'aucun', en: 'none' }] : lines,
      json: flags.map(({ award, badgeId, earner, atS }) => ({
        award: award?.id ?? null,
        badge: badgeId,
        earner,
        since_s: atS,
      })),
    };
  },
};
