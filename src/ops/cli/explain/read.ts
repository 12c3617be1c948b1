import { createAudit } from '../../../audit/audit.js';
import type { Config } from '../../../config.js';
import { asClientId, type SchemeVersion } from '../../../ids.js';
import { createFlags } from '../../../issuing/flags.js';
import { createLedger } from '../../../issuing/ledger.js';
import type { RedisConnection } from '../../../platform/redis.js';
import { createVault } from '../../../platform/vault.js';
import { createPortfolioStore } from '../../../portfolio/store.js';
import type { Scheme } from '../../../rules/types.js';
import { decide, type Decision } from '../../../workers/decide.js';
import { createSchemes } from '../../../workers/schemes.js';
import type { Context } from '../context.js';
import { type TypedEarner, unknownEarner } from '../earner-argument.js';
import { isIssuingPaused } from '../queue-session.js';
import { requireReadable } from '../settings.js';
import { backgroundOf, type Notes } from './background.js';

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
  const vault = createVault(config.palierKey);
  await requireReadable(redis, dataPrefix, vault);
  const schemes = createSchemes(redis, dataPrefix, scheme, clock);
  const sources = {
    region: asClientId(config.obfClientId),
    portfolios: createPortfolioStore(redis, dataPrefix, vault),
    ledger: createLedger(redis, dataPrefix, clock),
    schemes: { now: () => schemes.wouldBe(scheme), find: (version: SchemeVersion) => schemes.find(version) },
    audit: createAudit(redis, dataPrefix, scheme.timeZone),
    clock,
  };
  const decision = await decide(sources, typed.keyUnder(vault));
  const { portfolio, records } = decision.person;
  if (portfolio.assertions.length + portfolio.held.length + records.length === 0) throw unknownEarner();
  const [notes, paused] = await Promise.all([
    readNotes(context, redis, scheme, decision),
    isIssuingPaused(context, redis),
  ]);
  return { ...decision, background: backgroundOf(decision.evaluation, notes), paused };
}

/** What is written down about every address of the person. */
async function readNotes(
  { dataPrefix }: Context,
  redis: RedisConnection,
  { timeZone }: Scheme,
  { person, waiting }: Decision,
): Promise<Notes> {
  const audit = createAudit(redis, dataPrefix, timeZone);
  const [entries, flags] = await Promise.all([
    Promise.all(person.keys.map((key) => audit.ofEarner(key))),
    createFlags(redis, dataPrefix).list(),
  ]);
  const own = new Set(person.keys);
  return { entries: entries.flat(), flags: flags.filter(({ earner }) => own.has(earner)), waiting };
}
