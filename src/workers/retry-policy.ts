import { DelayedError, UnrecoverableError, Worker, type Job } from 'bullmq';
import { ZodError } from 'zod';
import { QuotaLow } from '../issuing/quota.js';
import { NotSettledYet } from '../issuing/types.js';
import { ObfRefused, ObfThrottled } from '../obf/errors.js';
import { describeError } from '../platform/logger.js';
import { VaultError } from '../platform/vault.js';
import { CodecError } from '../portfolio/codec.js';
import { backoffMs } from '../queue/retry.js';

/** What is to become of a job that threw. Pure: the one place where errors turn into retry or not. */
export type Verdict =
  /** The same would happen again: it stands in failed, with its reason, until ops sends it again. */
  | { readonly do: 'fail'; readonly why: string }
  /** OBF asks everybody to wait: all workers pause together, and no attempt is burnt. */
  | { readonly do: 'pause'; readonly forMs: number }
  /** Nothing is wrong, it is only too early; no attempt is burnt. */
  | { readonly do: 'later'; readonly inMs: number }
  | { readonly do: 'retry' };

export function verdictOf(error: unknown): Verdict {
  if (error instanceof ObfThrottled) return { do: 'pause', forMs: error.retryAfterMs };
  if (error instanceof NotSettledYet || error instanceof QuotaLow) return { do: 'later', inMs: error.waitMs };
  if (error instanceof ObfRefused) return { do: 'fail', why: error.message };
  if (error instanceof ZodError)
    return { do: 'fail', why: 'this job was written by no version that we know' };
  if (error instanceof VaultError || error instanceof CodecError) return { do: 'fail', why: error.message };
  return { do: 'retry' };
}

/** BullMQ's own name for each verdict; throws it. */
export async function carryOut(
  worker: Worker,
  job: Job,
  token: string | undefined,
  error: unknown,
): Promise<never> {
  const verdict = verdictOf(error);
  switch (verdict.do) {
    case 'pause':
      await worker.rateLimit(verdict.forMs);
      throw Worker.RateLimitError();
    case 'later':
      await job.moveToDelayed(Date.now() + verdict.inMs, token);
      throw new DelayedError();
    case 'fail':
      throw new UnrecoverableError(verdict.why);
    case 'retry':
      throw harmless(error);
  }
}

/** BullMQ writes the error's message and stack into Redis: neither may hold more than we would log. */
function harmless(error: unknown): Error {
  const { type, message } = describeError(error);
  const shown = new Error(`${String(type)}: ${String(message)}`);
  shown.stack = shown.message;
  return shown;
}

/** BullMQ's hook for the wait before the next attempt. */
export const backoffStrategy = (attemptsMade: number): number => backoffMs(attemptsMade, null, Math.random());
