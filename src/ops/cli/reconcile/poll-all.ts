import type { ClientId } from '../../../ids.js';
import { ObfNotSent } from '../../../obf/errors.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { pollEvents } from '../../../workers/poll-events.js';
import { polledClients } from '../../../workers/schedules.js';
import { accountWords } from '../checks/obf-words.js';
import type { Report } from '../progress.js';
import type { Localized } from '../../shared/words.js';

/** An account that was not read, and why; null: it was not asked, since OBF no longer answers. */
export interface Unread {
  readonly clientId: ClientId;
  readonly why: Localized | null;
}

export interface Polled {
  readonly accounts: number;
  /** Events that were not stored yet, and stand in the queue of notices now. */
  readonly events: number;
  readonly unread: readonly Unread[];
}

/** So many accounts in a row without an answer: OBF itself is away, and hundreds need not time out. */
const SILENT_IN_A_ROW = 3;

/** Looks, in every account that we can read, for events that nobody told us of. */
export async function pollAll(pipeline: Pipeline, report: Report, signal: AbortSignal): Promise<Polled> {
  const clients = polledClients(pipeline);
  const unread: Unread[] = [];
  let events = 0;
  let silent = 0;
  for (const [at, clientId] of clients.entries()) {
    report(at, clients.length);
    if (silent >= SILENT_IN_A_ROW) {
      unread.push({ clientId, why: null });
      continue;
    }
    try {
      events += await pollEvents(pipeline, clientId, signal);
      silent = 0;
    } catch (error) {
      signal.throwIfAborted();
      unread.push({ clientId, why: accountWords(pipeline.scheme, clientId, error) });
      silent = error instanceof ObfNotSent ? silent + 1 : 0;
    }
  }
  return { accounts: clients.length, events, unread };
}
