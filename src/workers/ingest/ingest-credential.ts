import type { HostedCredential } from '../../obf/hosted.js';
import { secondsOf } from '../../platform/clock.js';
import { withoutUnseenEnds } from '../../platform/invisible.js';
import type { CredentialNotice } from '../../queue/jobs.js';
import type { JobResult } from '../../platform/job-result.js';
import { enqueueEarners } from '../../queue/enqueue.js';
import type { Pipeline } from '../pipeline.js';
import { storeCredential } from './store-credential.js';

/**
 * A push says that a person has a credential at an address. The credential is fetched and must be
 * theirs; what it says of badge, issuer and dates is what is kept. A stranger's is not kept at all.
 */
export async function ingestCredential(
  pipeline: Pipeline,
  notice: CredentialNotice,
  signal: AbortSignal,
): Promise<JobResult> {
  const { earner } = notice;
  const address = pipeline.vault.open(notice.recipient, earner);
  const toldS = secondsOf(pipeline.clock);
  const found = await pipeline.hosted.read(notice.url, address, signal);
  signal.throwIfAborted();
  const kept = await keep(pipeline, notice, { address, toldS }, found);
  const cause = `${notice.source}.credential.${notice.earner}`;
  if (kept) await enqueueEarners(pipeline.queues.earners, [earner], cause);
  const facts = { earner, ...(kept ? { cause } : {}) };
  return { did: kept ? 'credential stored' : 'credential of no partner ignored', facts };
}

async function keep(
  pipeline: Pipeline,
  { earner }: CredentialNotice,
  { address, toldS }: { readonly address: string; readonly toldS: number },
  found: HostedCredential,
): Promise<boolean> {
  const contact = { address: withoutUnseenEnds(address), name: null };
  if (found.revokedOnly) return storeCredential(pipeline, earner, contact, found, toldS);
  const { schemes, news, ignored, region, clock } = pipeline;
  const { scheme } = await schemes.now();
  const own = found.clientId === region;
  const atS = secondsOf(clock);
  // A credential's id would name a person: its event does for telling repeats apart.
  const about = found.eventId ?? '';
  if (!own && !scheme.partnersById.has(found.clientId)) {
    await ignored.client(found.clientId, about, atS);
    return false;
  }
  if (!(await storeCredential(pipeline, earner, contact, found, toldS))) return false;
  if (!own && !scheme.enrolments.has(found.badgeId))
    await ignored.badge(found.clientId, found.badgeId, about, atS);
  await news.seen(found.clientId, { eventId: found.eventId, happenedS: found.issuedOnS, atS });
  return true;
}
