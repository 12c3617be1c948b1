import type { HostedCredential } from '../obf/hosted.js';
import type { CredentialNotice } from '../queue/jobs.js';
import { enqueueEarners } from './enqueue-earners.js';
import type { Pipeline } from './pipeline.js';

/**
 * A push says that a person has a credential at an address. The credential is fetched and must be
 * theirs; what it says of badge, issuer and dates is what is kept. A stranger's is not kept at all.
 */
export async function ingestCredential(
  pipeline: Pipeline,
  notice: CredentialNotice,
  signal: AbortSignal,
): Promise<void> {
  const { earner } = notice;
  const address = pipeline.vault.open(notice.recipient, earner);
  const found = await pipeline.hosted.read(notice.url, address, signal);
  signal.throwIfAborted();
  const kept = await keep(pipeline, notice, address, found);
  pipeline.log.info({ earner, kept }, kept ? 'credential stored' : 'credential of no partner ignored');
  if (kept)
    await enqueueEarners(pipeline.queues.earners, [earner], `${notice.source}.credential.${notice.earner}`);
}

async function keep(
  { portfolios, schemes, region }: Pipeline,
  { earner }: CredentialNotice,
  address: string,
  found: HostedCredential,
): Promise<boolean> {
  if (found.revokedOnly) return portfolios.markRevoked(earner, found.assertionId);
  const { scheme, change } = await schemes.now();
  const own = found.clientId === region;
  if (!own && !scheme.partnersById.has(found.clientId)) return false;
  const { assertionId: id, revokedOnly: _none, ...rest } = found;
  const one = { earner, contact: { address, name: null }, assertion: { id, ...rest }, own };
  const stored = await portfolios.upsert([one], own ? null : (change?.generation ?? null));
  return stored.length > 0;
}
