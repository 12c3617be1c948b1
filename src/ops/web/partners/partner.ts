import { readPartnerNews, type PartnerNews } from '../../shared/stats.js';
import type { ClientId } from '../../../ids.js';
import { createIgnored, type IgnoredBoard } from '../../../earners/unenrolled-badges.js';
import type { Partner, Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';

/** How Palier reads what a partner issued: with its API key, or by the credentials that OBF publishes. */
export type Access = 'key' | 'key_missing' | 'hosted';

/** Nobody reads the account of one who takes no part: its key need not be there. */
export function accessOf({ accounts }: Pick<Pipeline, 'accounts'>, partner: Partner): Access {
  if (partner.secretEnv === null) return 'hosted';
  return partner.active && accounts(partner.clientId) === null ? 'key_missing' : 'key';
}

/** Where what is ignored is counted. */
export const ignoredIn = ({ people }: Pick<Pipeline, 'people'>): IgnoredBoard =>
  createIgnored(people.redis, people.prefix);

/** Of those who take part, by client: the news, and whether they have been silent for long. */
export async function newsByClient(
  { clock, news }: Pick<Pipeline, 'clock' | 'news'>,
  scheme: Scheme,
): Promise<ReadonlyMap<ClientId, PartnerNews>> {
  const figures = await readPartnerNews({ scheme, clock, news });
  return new Map(figures.map((figure) => [figure.partner.clientId, figure]));
}
