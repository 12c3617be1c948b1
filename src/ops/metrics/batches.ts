import { z } from 'zod';
import { batchesKey } from '../../issuing/batches.js';
import { gauge, sample } from './family.js';
import type { FigureNeeds, Reader } from './needs.js';

/**
 * Of each batch of one badge its state and, while it is being sent, since when: after a large application
 * of changed rules they are megabytes, which stay in Redis. The state is the first part of a batch's text,
 * and no earner's key can look like either.
 */
const STATES = `
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
      [sample(Number.isFinite(oldestMs) ? (nowMs - oldestMs) / 1000 : 0)],
    ),
  ];
};

interface UnderWay {
  readonly state: string;
  /** Unix milliseconds; 0 unless it is being sent. */
  readonly sentMs: number;
}

async function batchesUnderWay({
  redis,
  prefix,
  schemes,
  clock,
  pace,
}: FigureNeeds): Promise<readonly UnderWay[]> {
  const { scheme, rollout } = await schemes.now();
  const awards = [...scheme.awards, ...(rollout?.inForce?.awards ?? [])];
  const badges = new Set(awards.map(({ badgeId }) => badgeId));
  const texts = await Promise.all(
    [...badges].map(async (badgeId) => told.parse(await redis.eval(STATES, 1, batchesKey(prefix, badgeId)))),
  );
  return texts.flat().map((text) => {
    const [state = '', sent = ''] = text.split(' ');
    const sentMs = Number(sent);
    const isOver = state === 'sending' && clock() - sentMs > pace.sendWithinMs;
    return { state: isOver ? 'unknown' : state, sentMs };
  });
}
