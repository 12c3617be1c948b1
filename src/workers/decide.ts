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
import { ObfNotSent, ObfThrottled } from '../obf/errors.js';
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

/** Reads the person whom this address belongs to, and judges them by the rules that hold at this instant. */
async function judge({ schemes, clock, ...sources }: DecidingSources, earner: EarnerKey) {
  const [rules, person] = await Promise.all([schemes.now(), readPerson(sources, earner)]);
  const { portfolio, lastSchemeGeneration } = person;
  const judged = evaluateDuringRollout(rules, portfolio, lastSchemeGeneration, secondsOf(clock));
  return { rules, person, ...judged };
}

/**
 * As `judge`. A rule made stricter takes nothing back, from somebody who lost a badge before it either: an award is lost
 * by revocation only if it is by the rules that it was given under as well.
 */
export async function decide(sources: DecidingSources, earner: EarnerKey) {
  const judged = await judge(sources, earner);
  const isLost = await Promise.all(judged.lost.map((award) => isLostAnyway(sources, judged.person, award)));
  return { ...judged, lost: judged.lost.filter((_, at) => isLost[at]) };
}

async function isLostAnyway({ schemes, clock }: DecidingSources, person: Person, { badgeId }: Award) {
  const { portfolio } = person;
  const issued = journalOf(person).findLast((one) => one.kind === 'issued' && one.badgeId === badgeId);
  const version = issued?.version ?? null;
  const scheme = version === null ? null : await schemes.find(version);
  // Given by hand, or under rules that can no longer be read: today's must do.
  if (scheme === null) return true;
  const then = scheme.awards.find((award) => award.badgeId === badgeId);
  const lost = lostByRevocation(scheme, portfolio, evaluate(scheme, portfolio, secondsOf(clock)));
  return then !== undefined && lost.includes(then);
}

/** How many earners are looked at a time: their reads are not to fill the line before OBF. */
const AT_ONCE = 8;

/** As `IssuingPorts` has it. Who holds a credential that cannot be read is not decided on. */
export async function checkEligibility(
  stores: Stores,
  badgeId: BadgeId,
  earners: readonly EarnerKey[],
  signal: AbortSignal,
): Promise<ReadonlyMap<EarnerKey, Eligibility>> {
  const checkOne = async (earner: EarnerKey): Promise<readonly [EarnerKey, Eligibility]> => {
    try {
      return [earner, eligibilityOf(badgeId, earner, await judgeVerified(stores, badgeId, earner, signal))];
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ObfThrottled || error instanceof ObfNotSent) throw error;
      return [earner, { is: 'unreadable', error }];
    }
  };
  return new Map(await pMap(earners, checkOne, { concurrency: AT_ONCE }));
}

/** Pure. Decided from the portfolio as it is now: minutes or hours may have passed since the award was due. */
function eligibilityOf(
  badgeId: BadgeId,
  earner: EarnerKey,
  { person, evaluation, due }: Judged,
): Eligibility {
  const verdict = evaluation.awards.find(({ award }) => award.badgeId === badgeId);
  const event = verdict?.heldBy?.eventId ?? null;
  if (event !== null) return { is: 'held', event };
  // The address was linked to another since: the badge is the person's, and goes where they are due it.
  if (person.earner !== earner) return { is: 'not-due', moved: true };
  const found = due.find(({ award }) => award.badgeId === badgeId);
  const contact = found === undefined ? null : contactFor(person, found.earnedBy);
  if (found === undefined || contact === null || isInFlightElsewhere(person, badgeId))
    return { is: 'not-due', moved: false };
  const { award, version, earnedBy } = found;
  const own = person.addresses[0]?.record.awards.get(badgeId);
  const cause = own !== undefined && 'cause' in own ? (own.cause ?? null) : null;
  const assertions = earnedBy.map(({ id }) => id);
  return {
    is: 'due',
    contact,
    told: { earner, badgeId, award: award.id, version, assertions, cause },
  };
}

type Judged = Awaited<ReturnType<typeof judge>>;

/**
 * Reads the hosted credentials again that this badge counts on, of partners whose account we cannot read, and stores
 * what OBF says of them now. What takes the place of one that counts no more is read as well, until all that counts was.
 * @returns what is judged from them
 */
async function judgeVerified(stores: Stores, badgeId: BadgeId, earner: EarnerKey, signal: AbortSignal) {
  const read = new Set<AssertionId>();
  for (;;) {
    const judged = await judge(stores, earner);
    const counted = judged.due.find(({ award }) => award.badgeId === badgeId)?.earnedBy ?? [];
    const unread = counted.filter((one) => stores.accounts(one.clientId) === null && !read.has(one.id));
    if (unread.length === 0) return judged;
    for (const one of unread) {
      if (!(await isVerified(stores, one.id))) await readAgain(stores, judged.person, one, signal);
      read.add(one.id);
    }
  }
}

async function readAgain(stores: Stores, person: Person, { id, eventId }: Assertion, signal: AbortSignal) {
  const address = addressOf(person, id);
  const contact = address?.record.contact ?? null;
  // Erased meanwhile: not due either.
  if (address === undefined || contact === null) return;
  const askedS = secondsOf(stores.clock);
  // Only an Open Badges 2.0 assertion names its event.
  const found = await stores.hosted.readAgain(id, eventId === null ? 'v3' : 'v2', signal);
  signal.throwIfAborted();
  await storeCredential(stores, address.key, contact, found, askedS);
}
