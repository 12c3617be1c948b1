import { z } from 'zod';
import { batchesKey } from '../../issuing/batches.js';
import { type Family, type FigureNeeds, flag, gauge, type Reader, sample } from './family.js';

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
    gauge('palier_flags', 'Held awards whose rule is no longer met: a human is to look at them.', flags),
    ...quota,
  ];
};

async function quotaFigures({ quota, pace, clock }: FigureNeeds): Promise<readonly Family[]> {
  const reading = await quota.known();
  return [
    gauge(
      'palier_quota_left',
      'Badges that OBF lets the Région issue yet, as last read, less what was issued since (absent: OBF does not say).',
      reading?.left ?? null,
    ),
    gauge(
      'palier_quota_age_seconds',
      'How long ago the quota was read in OBF (absent: never).',
      reading === null ? null : Math.max(0, clock() - reading.readMs) / 1000,
    ),
    gauge('palier_quota_floor', 'Issuing stops rather than leave fewer badges than this.', pace.quota.floor),
  ];
}

/**
 * Of each batch of one badge its state and, while it is being sent, since when: after a large application
 * of changed rules they are megabytes, which stay in Redis. The state is the first part of a batch's text,
 * and no earner's key can look like either.
 */
const BATCH_STATES = `
local told = {}
for _, text in ipairs(redis.call('HVALS', KEYS[1])) do
  local state = string.match(text, '"state":"(%a+)"') or 'unreadable'
  local sent = state == 'sending' and string.match(text, '"sentMs":(%d+)') or ''
  told[#told + 1] = state .. ' ' .. sent
end
return told`;
const told = z.array(z.string());

const KNOWN = ['open', 'sending', 'sent', 'unknown'] as const;

export const batchFigures: Reader = async (needs) => {
  const batches = await batchesUnderWay(needs);
  const nowMs = needs.clock();
  const oldestMs = Math.min(...batches.flatMap(({ state, sentMs }) => (state === 'unknown' ? [sentMs] : [])));
  return [
    gauge(
      'palier_batches',
      'Batches of awards under way (unknown: the call was made and its outcome is not known).',
      KNOWN.map((state) => sample(batches.filter((batch) => batch.state === state).length, { state })),
    ),
    gauge(
      'palier_batch_unknown_oldest_age_seconds',
      'How long ago the call was made whose outcome has been unknown the longest (0: none is).',
      Number.isFinite(oldestMs) ? (nowMs - oldestMs) / 1000 : 0,
    ),
  ];
};

/** `sentMs`: Unix milliseconds; 0 unless it is being sent. */
async function batchesUnderWay(needs: FigureNeeds) {
  const { scheme, rollout } = await needs.schemes.now();
  const awards = [...scheme.awards, ...(rollout?.inForce?.awards ?? [])];
  const badges = new Set(awards.map(({ badgeId }) => badgeId));
  const texts = await Promise.all(
    [...badges].map(async (badgeId) =>
      told.parse(await needs.redis.eval(BATCH_STATES, 1, batchesKey(needs.prefix, badgeId))),
    ),
  );
  return texts.flat().map((text) => {
    const [state = '', sent = ''] = text.split(' ');
    const sentMs = Number(sent);
    const isOver = state === 'sending' && needs.clock() - sentMs > needs.pace.sendWithinMs;
    return { state: isOver ? 'unknown' : state, sentMs };
  });
}

export const rulesFigures: Reader = async ({ schemes, version }) => {
  const { scheme, rollout } = await schemes.now();
  return [
    gauge('palier_rules_change_waiting', '1 while changed rules wait to be applied.', flag(rollout !== null)),
    gauge('palier_build_info', 'Always 1: which Palier, and which rules new facts are judged by.', [
      sample(1, { version, scheme: scheme.version }),
    ]),
  ];
};
