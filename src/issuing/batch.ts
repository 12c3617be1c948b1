import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { asBatchId, asEarnerKey, asEventId, type BadgeId, type BatchId, type EarnerKey } from '../ids.js';

/**
 * - `open`: nothing of it was sent;
 * - `sending`: the call was about to be made: nobody may make it again before OBF has been read;
 * - `sent`: OBF has it, by `event`; it remains to be recorded for each earner.
 */
const form = z.object({
  state: z.enum(['open', 'sending', 'sent']),
  earners: z.array(z.string().transform(asEarnerKey)),
  createdMs: z.number(),
  /** When the call was about to be made, Unix milliseconds. */
  sentMs: z.number().nullable(),
  event: z.string().transform(asEventId).nullable(),
  /** OBF sends no e-mail for it. */
  quiet: z.boolean().default(false),
});

/** Earners whose award of one badge leaves in one issue call. */
export interface Batch extends z.output<typeof form> {
  readonly id: BatchId;
  readonly badgeId: BadgeId;
}

export const newBatch = (
  badgeId: BadgeId,
  earners: readonly EarnerKey[],
  createdMs: number,
  quiet: boolean,
): Batch => ({
  id: asBatchId(randomUUID()),
  badgeId,
  state: 'open',
  earners: [...earners],
  createdMs,
  sentMs: null,
  event: null,
  quiet,
});

/** The earners in two halves, so that one bad recipient ends up alone. */
export function halvesOf(earners: readonly EarnerKey[]): readonly (readonly EarnerKey[])[] {
  const middle = Math.ceil(earners.length / 2);
  return [earners.slice(0, middle), earners.slice(middle)];
}

/** One writing of a batch, so that what was read can be compared byte by byte. */
export const encodeBatch = ({ state, earners, createdMs, sentMs, event, quiet }: Batch): string =>
  JSON.stringify({ state, earners, createdMs, sentMs, event, ...(quiet ? { quiet } : {}) });

/** @throws ZodError when no version that we know wrote it */
export const decodeBatch = (badgeId: BadgeId, id: BatchId, text: string): Batch => ({
  ...form.parse(JSON.parse(text)),
  id,
  badgeId,
});

/** Where a badge's batches and its outbox stand: in one slot of a cluster. */
export const batchesKey = (prefix: string, badgeId: BadgeId): string => `${prefix}:batches:{${badgeId}}`;
export const outboxKey = (prefix: string, badgeId: BadgeId): string => `${prefix}:outbox:{${badgeId}}`;
