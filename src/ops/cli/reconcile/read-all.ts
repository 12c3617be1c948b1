import type { ClientId } from '../../../ids.js';
import { ObfError } from '../../../obf/errors.js';
import { describeError } from '../../../platform/logger.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { rebuildIndexes } from '../../../workers/rebuild-indexes.js';
import { verifyAccounts, type Drift } from '../../../workers/verify-accounts.js';
import { setSchedules, type ScheduleTimes } from '../../../workers/schedules.js';
import { accountWords } from '../checks/obf-words.js';
import { Problem } from '../problem.js';
import type { Report } from '../progress.js';
import type { Unread } from './poll-all.js';

export interface Reread {
  readonly drift: Drift;
  readonly unread: readonly Unread[];
}

/**
 * Reads everything back from OBF, rebuilds the indexes, and has the clock's jobs put back: they went with a Redis that was lost,
 * and workers that run on put them there only when they start.
 * @throws Problem when the Région's own account cannot be read
 */
export async function readAll(
  pipeline: Pipeline,
  times: ScheduleTimes,
  report: Report,
  signal: AbortSignal,
): Promise<Reread> {
  const drift = await reread(pipeline, report, signal);
  await rebuildIndexes(pipeline, signal);
  await setSchedules(pipeline, times);
  const unread: Unread[] = [];
  for (const { clientId, error } of drift.unreadable)
    unread.push({ clientId, why: await whyUnread(pipeline, clientId, error, signal) });
  return { drift, unread };
}

async function reread(pipeline: Pipeline, report: Report, signal: AbortSignal): Promise<Drift> {
  try {
    return await verifyAccounts(pipeline, report, signal);
  } catch (error) {
    if (!(error instanceof ObfError)) throw error;
    const words = accountWords(pipeline.scheme, pipeline.region, error);
    throw new Problem('region_unreadable', [words, NOTHING_EVALUATED], undefined, { cause: error });
  }
}

const NOTHING_EVALUATED = {
  fr: "Sans le compte de la Région, on ne sait pas ce qui est déjà délivré : personne n'est réévalué. Retapez la commande quand OBF répond.",
  en: 'Without the account of the Région, what was given is not known: nobody is evaluated. Type the command again when OBF answers.',
};

/** An account that still fails says why best; of one that answers again, what stood in the way is told. */
async function whyUnread(pipeline: Pipeline, clientId: ClientId, stopped: unknown, signal: AbortSignal) {
  try {
    await pipeline.accounts(clientId)?.ping(signal);
  } catch (error) {
    signal.throwIfAborted();
    return accountWords(pipeline.scheme, clientId, error);
  }
  const why = String(describeError(stopped)['message']);
  const name = pipeline.scheme.partnersById.get(clientId)?.name ?? clientId;
  return {
    fr: `${name} : la lecture a échoué en route (${why}), et OBF répond à nouveau : retapez la commande`,
    en: `${name}: the reading failed on the way (${why}), and OBF answers again: type the command again`,
  };
}
