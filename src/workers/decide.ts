import pMap from 'p-map';
import {
  addressOf,
  contactFor,
  isInFlightElsewhere,
  journalOf,
  readPerson,
  type Person,
  type PersonSources,
} from '../earners/person.js';
import type { Assertion } from '../earners/record.js';
import type { AssertionId, BadgeId, EarnerKey } from '../ids.js';
import type { Eligibility } from '../issuing/parts.js';
import { CredentialAbsent, ObfNotSent, ObfThrottled } from '../obf/errors.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { evaluate, lostByRevocation } from '../rules/evaluate.js';
import { evaluateDuringRollout } from '../rules/rollout.js';
import type { Award } from '../rules/types.js';
import type { Schemes } from '../scheme/schemes.js';
import { isVerified, storeCredential } from './ingest/ingest-credential.js';
import type { Stores } from './stores.js';

export interface DecidingSources extends PersonSources {
  readonly schemes: Pick<Schemes, 'now' | 'find'>;
  readonly clock: Clock;
}

export type Decision = Awaited<ReturnType<typeof decide>>;

/**
 * Reads the person that this address belongs to, and evaluates them by the rules that hold now.
 * @param without assertions that do not count this time
 */
async function evaluatePerson(
  { schemes, clock, ...sources }: DecidingSources,
  earner: EarnerKey,
  without: ReadonlyMap<AssertionId, unknown> = new Map(),
) {
  const [rules, person] = await Promise.all([schemes.now(), readPerson(sources, earner)]);
  const { lastSchemeGeneration } = person;
  const assertions = person.portfolio.assertions.filter(({ id }) => !without.has(id));
  const portfolio = { ...person.portfolio, assertions };
  const results = evaluateDuringRollout(rules, portfolio, lastSchemeGeneration, secondsOf(clock));
  return { rules, person, ...results };
}

/**
 * Returns what is due to a person and what they lost, by the rules that hold now. Writes nothing.
 * An award is lost only if its old rules say so too: a stricter rule takes nothing back.
 */
export async function decide(sources: DecidingSources, earner: EarnerKey) {
  const evaluated = await evaluatePerson(sources, earner);
  const { person, lost } = evaluated;
  const isLost = await Promise.all(lost.map((award) => isLostByOldRules(sources, person, award)));
  return { ...evaluated, lost: lost.filter((_, at) => isLost[at]) };
}

/** Whether an award is also lost by the rules that it was issued under. */
async function isLostByOldRules({ schemes, clock }: DecidingSources, person: Person, { badgeId }: Award) {
  const { portfolio } = person;
  const issued = journalOf(person).findLast((one) => one.kind === 'issued' && one.badgeId === badgeId);
  const version = issued?.version ?? null;
  const scheme = version === null ? null : await schemes.find(version);
  // Issued by hand, or under rules that can no longer be read: only the present rules are left to decide.
  if (scheme === null) return true;
  const awardThen = scheme.awards.find((award) => award.badgeId === badgeId);
  const lost = lostByRevocation(scheme, portfolio, evaluate(scheme, portfolio, secondsOf(clock)));
  return awardThen !== undefined && lost.includes(awardThen);
}

/** How many earners are checked at a time, so that their reads do not fill OBF's rate queue. */
const AT_ONCE = 8;

/** See `IssuingPorts`. An earner with a credential that cannot be read gets `unreadable`, and no decision. */
export async function checkEligibility(
  stores: Stores,
  badgeId: BadgeId,
  earners: readonly EarnerKey[],
  signal: AbortSignal,
): Promise<ReadonlyMap<EarnerKey, Eligibility>> {
  const checkOne = async (earner: EarnerKey): Promise<readonly [EarnerKey, Eligibility]> => {
    try {
      const evaluated = await evaluateVerified(stores, badgeId, earner, signal);
      return [earner, eligibilityOf(badgeId, earner, evaluated)];
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ObfThrottled || error instanceof ObfNotSent) throw error;
      return [earner, { is: 'unreadable', error }];
    }
  };
  return new Map(await pMap(earners, checkOne, { concurrency: AT_ONCE }));
}

/** Pure. Decides from the present portfolio, since the award may have become due hours ago. */
function eligibilityOf(
  badgeId: BadgeId,
  earner: EarnerKey,
  { person, evaluation, due }: EvaluatedPerson,
): Eligibility {
  const verdict = evaluation.awards.find(({ award }) => award.badgeId === badgeId);
  const event = verdict?.heldBy?.eventId ?? null;
  if (event !== null) return { is: 'held', event };
  // The address was linked to another one since, and the person is given the badge there.
  if (person.earner !== earner) return { is: 'not-due', isLinkedAway: true };
  const dueAward = due.find(({ award }) => award.badgeId === badgeId);
  const contact = dueAward === undefined ? null : contactFor(person, dueAward.earnedBy);
  if (dueAward === undefined || contact === null || isInFlightElsewhere(person, badgeId))
    return { is: 'not-due', isLinkedAway: false };
  const { award, version, earnedBy } = dueAward;
  const own = person.addresses[0]?.record.awards.get(badgeId);
  const cause = own !== undefined && 'cause' in own ? (own.cause ?? null) : null;
  const assertions = earnedBy.map(({ id }) => id);
  return {
    is: 'due',
    contact,
    entryFields: { earner, badgeId, award: award.id, version, assertions, cause },
  };
}

type EvaluatedPerson = Awaited<ReturnType<typeof evaluatePerson>>;

/**
 * Evaluates a person after reading again the hosted credentials that earn this badge, for partners without an API key.
 * When one no longer counts, the credentials that replace it are read too. One that OBF does not show does not count
 * this time: it may never be shown again.
 * @throws CredentialAbsent when the badge is due only with one that OBF does not show
 */
async function evaluateVerified(stores: Stores, badgeId: BadgeId, earner: EarnerKey, signal: AbortSignal) {
  const read = new Set<AssertionId>();
  const absent = new Map<AssertionId, CredentialAbsent>();
  const dueIn = ({ due }: EvaluatedPerson) => due.find(({ award }) => award.badgeId === badgeId);
  for (;;) {
    const evaluated = await evaluatePerson(stores, earner, absent);
    const dueAward = dueIn(evaluated);
    if (dueAward === undefined) {
      const [error] = absent.values();
      if (error !== undefined && dueIn(await evaluatePerson(stores, earner)) !== undefined) throw error;
      return evaluated;
    }
    const isUnread = ({ clientId, id }: Assertion): boolean =>
      stores.obf.account(clientId) === null && !read.has(id);
    const unread = dueAward.earnedBy.filter(isUnread);
    if (unread.length === 0) return evaluated;
    for (const one of unread) {
      read.add(one.id);
      if (await isVerified(stores, one.id)) continue;
      await readAgain(stores, evaluated.person, one, signal).catch((error: unknown) => {
        if (!(error instanceof CredentialAbsent)) throw error;
        absent.set(one.id, error);
      });
    }
  }
}

async function readAgain(stores: Stores, person: Person, { id, eventId }: Assertion, signal: AbortSignal) {
  const address = addressOf(person, id);
  const contact = address?.record.contact ?? null;
  // The address was erased meanwhile, so the award is not due.
  if (address === undefined || contact === null) return;
  const requestedS = secondsOf(stores.clock);
  // Only an Open Badges 2.0 assertion names its event.
  const credential = await stores.obf.hosted.readAgain(id, eventId === null ? 'v3' : 'v2', signal);
  signal.throwIfAborted();
  await storeCredential(stores, address.key, contact, credential, requestedS);
}
