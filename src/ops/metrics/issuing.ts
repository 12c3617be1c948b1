import { gauge, sample, type Family } from './family.js';
import type { FigureNeeds, Reader } from './needs.js';

export const issuingFigures: Reader = async (needs) => {
  const { redis, prefix, scheme, outbox } = needs;
  const [flags, waiting, quota] = await Promise.all([
    // Where `createFlags` keeps them; a count of them needs no list.
    redis.zcard(`${prefix}:flags`),
    Promise.all(
      scheme.awards.map(async ({ id, badgeId }) => sample(await outbox.waiting(badgeId), { award: id })),
    ),
    quotaFigures(needs),
  ]);
  return [
    gauge('palier_awards_waiting', 'Awards that are due and wait for the next issue call.', waiting),
    gauge('palier_flags', 'Held awards whose rule is no longer met: a human is to look at them.', [
      sample(flags),
    ]),
    ...quota,
  ];
};

async function quotaFigures({ quota, pace, clock }: FigureNeeds): Promise<readonly Family[]> {
  const reading = await quota.known();
  const left = reading?.left ?? null;
  const age = reading === null ? [] : [sample(Math.max(0, clock() - reading.readMs) / 1000)];
  return [
    gauge(
      'palier_quota_left',
      'Badges that OBF lets the Région issue yet, as last read, less what was issued since (absent: OBF does not say).',
      left === null ? [] : [sample(left)],
    ),
    gauge('palier_quota_age_seconds', 'How long ago the quota was read in OBF (absent: never).', age),
    gauge('palier_quota_floor', 'Issuing stops rather than leave fewer badges than this.', [
      sample(pace.quota.floor),
    ]),
  ];
}
