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
  /** When OBF first refused it, or the batch that it was split from, Unix milliseconds; null: never. */
  refusedMs: z.number().nullable().default(null),
  /** OBF refused it when it was a single earner. */
  refusedAlone: z.boolean().default(false),
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
  refusedMs: number | null = null,
): Batch => ({
  id: asBatchId(randomUUID()),
  badgeId,
  state: 'open',
  earners: [...earners],
  createdMs,
  sentMs: null,
  event: null,
  quiet,
  refusedMs,
  refusedAlone: false,
});

/** The earners in two halves, so that one bad recipient ends up alone. */
export function halvesOf(earners: readonly EarnerKey[]): readonly (readonly EarnerKey[])[] {
  const middle = Math.ceil(earners.length / 2);
  return [earners.slice(0, middle), earners.slice(middle)];
}

/** One writing of a batch, so that what was read can be compared byte by byte. */
export function encodeBatch(batch: Batch): string {
  const { state, earners, createdMs, sentMs, event, quiet, refusedMs, refusedAlone } = batch;
  const refused = refusedMs === null ? {} : { refusedMs, refusedAlone };
  return JSON.stringify({
    state,
    earners,
    createdMs,
    sentMs,
    event,
    ...(quiet ? { quiet } : {}),
    ...refused,
  });
}

/** @throws ZodError when no version that we know wrote it */
export const decodeBatch = (badgeId: BadgeId, id: BatchId, text: string): Batch => ({
  ...form.parse(JSON.parse(text)),
  id,
  badgeId,
});

/** Where a badge's batches and its outbox stand: in one slot of a cluster. */
export const batchesKey = (prefix: string, badgeId: BadgeId): string => `${prefix}:batches:{${badgeId}}`;
export const outboxKey = (prefix: string, badgeId: BadgeId): string => `${prefix}:outbox:{${badgeId}}`;
