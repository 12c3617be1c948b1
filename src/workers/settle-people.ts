import { revokeJobId } from '../queue/job-ids.js';
import { badgesOf, type PersonToErase } from './erasing.js';
import { leaveBatches } from './leave-batches.js';
import type { Pipeline } from './pipeline.js';
import { readAddresses, type Address } from './read-addresses.js';
import { removeJobsAbout } from './remove-jobs.js';
import { underWay, within, withdrawWaiting } from './under-way.js';
import type { Waiting } from './unlink-addresses.js';

export interface Settled {
  readonly busy: ReadonlySet<PersonToErase>;
  /** How many jobs were removed. */
  readonly jobs: number;
}

/** Takes out what waits, and waits for what is on its way; then OBF is read, so that all it has is known. */
export async function settled(
  pipeline: Pipeline,
  people: readonly PersonToErase[],
  { withinMs, signal }: Waiting,
): Promise<Settled> {
  let busy: ReadonlySet<PersonToErase> = new Set(people);
  let jobs = 0;
  await within(withinMs, signal, async () => {
    const tried = await clear(pipeline, people);
    jobs += tried.jobs;
    busy = tried.busy;
    return busy.size === 0 && !tried.isRevoking;
  });
  await lookInObf(pipeline, signal);
  return { busy, jobs };
}

async function clear(
  pipeline: Pipeline,
  people: readonly PersonToErase[],
): Promise<Settled & { readonly isRevoking: boolean }> {
  const keys = new Set(people.flatMap((one) => one.keys));
  await withdrawWaiting(pipeline, [...keys]);
  const addresses = await readAddresses(pipeline, [...keys]);
  for (const badgeId of badgesOf(addresses)) await leaveBatches(pipeline, badgeId, keys);
  const { removed, atWork } = await removeJobsAbout(pipeline, keys, isOfRevocation(addresses));
  const busy = new Set<PersonToErase>();
  let isRevoking = false;
  for (const one of people) {
    const state = await underWay(pipeline, one.keys);
    if (state === 'revoking') isRevoking = true;
    if (state === 'sending' || one.keys.some((key) => atWork.has(key))) busy.add(one);
  }
  return { busy, jobs: removed, isRevoking };
}

/** A revocation that has begun is ended, by the job that began it: OBF may have been told. */
export function isOfRevocation(addresses: readonly Address[]): (id: string) => boolean {
  const begun = addresses.flatMap(({ key, records }) =>
    [...records].flatMap(([badgeId, { state }]) => (state === 'revoking' ? [revokeJobId(key, badgeId)] : [])),
  );
  return (id) => begun.some((one) => id === one || id.startsWith(`${one}.`));
}

/** An award that was just given, or given by hand, is to be known before it is forgotten whose it is. */
async function lookInObf({ mirror, log }: Pipeline, signal: AbortSignal): Promise<void> {
  try {
    await mirror.refresh(signal);
  } catch (err) {
    signal.throwIfAborted();
    // What is read later begins their portfolio anew, and is not given twice either.
    log.warn({ err }, "the Région's account cannot be read now; erasing all the same");
  }
}
