import { startSandbox } from '../../sandbox/server.js';
import type { Sandbox } from '../../sandbox/types.js';
import { REGION, STRANGER } from '../story/cast.js';
import { GIVEN_BEFORE, givenBeforeOnS } from '../story/outcome.js';
import type { DemoBadge, DemoPartner, Keys } from './environment.js';

/**
 * Opens a local Open Badge Factory, with OBF's own limits, in which the Région, its partners and one
 * stranger have accounts and badges; and what the Région gave before the story begins.
 */
export async function openObf(
  partners: readonly DemoPartner[],
  regionBadges: readonly DemoBadge[],
  keys: Keys,
): Promise<Sandbox> {
  const sandbox = await startSandbox();
  const addAccount = (id: string, name: string, secret: string, badges: readonly DemoBadge[]): void => {
    sandbox.addClient({ id, name, secret });
    for (const badge of badges) sandbox.addBadge({ clientId: id, ...badge });
  };
  addAccount(REGION.id, REGION.name, keys.region, regionBadges);
  for (const { clientId, name, badges } of partners)
    addAccount(clientId, name, keys.partners.get(clientId) ?? '', badges);
  addAccount(STRANGER.id, STRANGER.name, 'unused', [STRANGER.badge]);
  const issuedOnS = givenBeforeOnS(Date.now());
  for (const { person, badgeId } of GIVEN_BEFORE)
    sandbox.issueByHand({ clientId: REGION.id, badgeId, recipients: [{ ...person }], issuedOnS });
  return sandbox;
}
