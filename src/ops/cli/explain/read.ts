import type { Config } from '../../../config.js';
import { createEarnerStore } from '../../../earners/store.js';
import { asClientId, type SchemeVersion } from '../../../ids.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { createVault } from '../../../platform/vault.js';
import type { Scheme } from '../../../rules/types.js';
import { decide, type Decision } from '../../../workers/decide.js';
import { journalOf } from '../../../earners/person.js';
import { createSchemes } from '../../../scheme/schemes.js';
import type { Context } from '../context.js';
import { type TypedEarner, unknownEarner } from '../earner-argument.js';
import { isIssuingPaused } from '../queue-session.js';
import { requireReadable } from '../settings.js';
import { backgroundOf, type Notes } from '../../shared/background.js';

/**
 * All that is told of one person.
 * @param scheme the files as they are now: what is told is what would be, were Palier started with them
 * @throws Problem for somebody of whom nothing is known, or when PALIER_KEY is another
 */
export async function readEarner(
  context: Context,
  config: Config,
  redis: RedisConnection,
  scheme: Scheme,
  typed: TypedEarner,
) {
  const { clock, dataPrefix } = context;
  const vault = createVault(config.palierKey, config.palierKeyOld);
  await requireReadable(redis, dataPrefix, vault);
  const schemes = createSchemes(redis, dataPrefix, scheme, clock);
  const sources = {
    region: asClientId(config.obfClientId),
    earners: createEarnerStore(redis, dataPrefix, vault),
    schemes: { now: () => schemes.wouldBe(scheme), find: (version: SchemeVersion) => schemes.find(version) },
    clock,
  };
  const decision = await decide(sources, typed.keyUnder(vault));
  const { portfolio, records } = decision.person;
  if (portfolio.assertions.length + portfolio.held.length + records.length === 0) throw unknownEarner();
  const paused = await isIssuingPaused(context, redis);
  return { ...decision, background: backgroundOf(decision.evaluation, notesOf(decision)), paused };
}

/** What is written down about every address of the person. */
export const notesOf = ({ person, waiting }: Pick<Decision, 'person' | 'waiting'>): Notes => ({
  entries: journalOf(person),
  flags: person.addresses.flatMap(({ record }) =>
    [...record.flags].map(([badgeId, atS]) => ({ badgeId, atS })),
  ),
  waiting,
});
