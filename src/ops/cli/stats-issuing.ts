import type { Batch } from '../../issuing/batches.js';
import { batchJobId } from '../../queue/jobs.js';
import type { Award } from '../../rules/types.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { AWARD_STATES, holdWords, PAUSED } from '../shared/issuing-words.js';
import { type AwardOnHold, readFlags, readHolds, readQuota } from '../shared/stats.js';
import { indented, instantWords, labelled, type Localized, plural, quoted, say } from '../shared/words.js';

export interface Section {
  readonly title: Localized;
  readonly lines: readonly Localized[];
  readonly json: unknown;
}

const secondsIn = (ms: number): number => Math.floor(ms / 1000);

/** `unknown`: the call was made, and OBF is to be read before anything else; `refused`: its job is in failed. */
const BATCH_STATES = {
  open: { fr: 'formé', en: 'formed' },
  sending: { fr: 'envoi en cours', en: 'being issued' },
  unknown: AWARD_STATES.unknown,
  sent: { fr: "délivré, en cours d'inscription", en: 'issued, being recorded' },
  refused: { fr: 'refusé par OBF, voir les échecs', en: 'refused by OBF, see what failed' },
} as const;

export async function tellIssuing(pipeline: Pipeline): Promise<Section> {
  const { scheme, outbox, queues } = pipeline;
  const { timeZone } = scheme;
  const [paused, holds, counts, batches] = await Promise.all([
    queues.awards.isPaused(),
    readHolds(pipeline),
    Promise.all(scheme.awards.map(async (award) => ({ award, count: await outbox.waiting(award.badgeId) }))),
    Promise.all(scheme.awards.map((award) => readBatches(pipeline, award))).then((all) => all.flat()),
  ]);
  const waiting = counts.filter(({ count }) => count > 0);
  const due = waiting.reduce((sum, { count }) => sum + count, 0);
  return {
    title: { fr: 'Envois', en: 'Issuing' },
    lines: [
      paused ? PAUSED : { fr: 'en marche', en: 'running' },
      ...holds.map((one) => holdLine(one, timeZone)),
      labelled(
        { fr: 'badges dus, en attente du prochain envoi', en: 'due, waiting for the next issue call' },
        due,
      ),
      ...waiting.map(({ award, count }) => indented(labelled(quoted(award.name), count))),
      labelled({ fr: 'lots en route', en: 'batches under way' }, batches.length),
      ...batches.map(({ award, json }) => indented(batchLine(award, json, timeZone))),
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
      batches: batches.map(({ json }) => json),
    },
  };
}

const idsOf = ({ id, badgeId }: Award) => ({ award: id, badge: badgeId });

async function readBatches({ batches, queues, clock, pace }: Pipeline, award: Award) {
  const found = await batches.all(award.badgeId);
  const stateOf = async ({ id, state, sentMs }: Batch): Promise<keyof typeof BATCH_STATES> => {
    if (state === 'open' && (await queues.awards.getJobState(batchJobId(id))) === 'failed') return 'refused';
    const overdue = state === 'sending' && clock() - (sentMs ?? 0) > pace.sendWithinMs;
    return overdue ? 'unknown' : state;
  };
  const shown = async (batch: Batch) => ({
    ...idsOf(award),
    batch: batch.id,
    state: await stateOf(batch),
    earners: batch.earners.length,
    since_s: secondsIn(batch.sentMs ?? batch.createdMs),
  });
  return Promise.all(found.map(async (batch) => ({ award, json: await shown(batch) })));
}

type BatchJson = Awaited<ReturnType<typeof readBatches>>[number]['json'];

function batchLine(
  award: Award,
  { batch, state, earners, since_s: sinceS }: BatchJson,
  timeZone: string,
): Localized {
  const name = quoted(award.name);
  const people = plural(earners, 'personne|personnes', 'earner|earners');
  const since = instantWords(sinceS, timeZone);
  return say`${name} : ${people}, ${BATCH_STATES[state]} (depuis le ${since}, lot ${batch})
    ${name}: ${people}, ${BATCH_STATES[state]} (since ${since}, batch ${batch})`;
}

export function holdLine({ award, hold }: AwardOnHold, timeZone: string): Localized {
  const since = instantWords(secondsIn(hold.sinceMs), timeZone);
  const next = instantWords(secondsIn(hold.nextMs), timeZone);
  const [name, why] = [quoted(award.name), holdWords(hold)];
  return say`en attente, ${name} : ${why}. Depuis le ${since} ; Palier regarde à nouveau le ${next}, et reprend seul
    on hold, ${name}: ${why}. Since ${since}; Palier looks again ${next}, and goes on by itself`;
}

export async function tellQuota(pipeline: Pipeline): Promise<Section> {
  const { reading, floor } = await readQuota(pipeline);
  const left = reading?.left ?? null;
  return {
    title: { fr: 'Quota OBF de la Région', en: 'OBF quota of the Région' },
    lines: quotaLines(
      left,
      reading && instantWords(secondsIn(reading.readMs), pipeline.scheme.timeZone),
      floor,
    ),
    json: { left, read_at_s: reading && secondsIn(reading.readMs), floor },
  };
}

function quotaLines(left: number | null, readAt: Localized | null, floor: number): readonly Localized[] {
  if (readAt === null)
    return [
      say`pas encore lu : il l'est avant le premier envoi
        not read yet: it is, before the first issue call`,
    ];
  if (left === null) return [{ fr: "OBF n'en dit rien", en: 'OBF does not say' }];
  const remaining = say`badges encore à délivrer : ${left} (lu le ${readAt}, envois déduits)
    badges that may still be issued: ${left} (read ${readAt}, less what was issued)`;
  if (left > floor) return [remaining];
  return [
    remaining,
    say`Les envois attendent : ils s'arrêtent à ${floor}. Faites relever le quota dans OBF ; ils reprennent seuls.
      Issuing waits: it stops at ${floor}. Have the quota raised in OBF; it goes on by itself.`,
  ];
}

export async function tellFlags(pipeline: Pipeline): Promise<Section> {
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
