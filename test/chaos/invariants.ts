import { asBadgeId } from '../../src/ids.js';
import type { Sandbox } from '../../src/sandbox/server.js';
import { addressOf, type Cast, type Earner } from './cast.js';
import type { FailedJob, Inside } from './inside.js';
import { truthOf, type Copy, type Expiries, type Truth } from './truth.js';
import { KEYED, PUSHING, REGION, REGION_BADGES } from './world.js';

/** The promises of a run, in the order in which they are told. */
export const INVARIANTS = [
  'everyone whose rule is met has exactly one badge in OBF',
  'nobody else has any',
  'no badge was given twice, revoked or not',
  'every acknowledged notice is done, or stands in failed with its reason',
  'every event that OBF lists is in the portfolios, told of or not',
  'what Palier believes held is what OBF has',
  'the portfolios equal OBF: nothing revoked, expired or removed counts',
  'what the workers verified, an operator finds no drift in',
  'nothing is left waiting',
  'nothing but what OBF refuses for good stands in failed',
  'no process ended by itself',
  'no address in any log line',
] as const;
export type Invariant = (typeof INVARIANTS)[number];

export interface Violation {
  readonly invariant: Invariant;
  readonly text: string;
  readonly earner?: Earner;
}

export interface Evidence {
  readonly sandbox: Sandbox;
  readonly cast: Cast;
  readonly expiries: Expiries;
  readonly inside: Inside;
  readonly acknowledged: ReadonlySet<string>;
  /** Events that are no longer in OBF. */
  readonly removed: ReadonlySet<string>;
  /** What `reconcile --full` said after the workers had verified all accounts; null: it was not asked. */
  readonly secondDrift: unknown;
  /** Earners whose level 1 a human took back, once given. */
  readonly takenBack: ReadonlySet<Earner>;
  readonly unfinished: readonly string[];
  readonly unasked: readonly string[];
  readonly output: string;
}

export async function violationsOf(evidence: Evidence): Promise<Violation[]> {
  const { sandbox, cast, expiries, inside, unfinished, unasked, output } = evidence;
  const truth = truthOf(sandbox, cast.earners, expiries);
  const partners = countingIn(sandbox, expiries);
  const failed = await inside.failed();
  const found: Violation[] = [];
  for (const [earner, one] of truth) {
    found.push(...inObf(evidence, earner, one), ...twice(earner, one));
    found.push(...(await inPortfolio(inside, earner, partners)));
    found.push(...(await inPalier(inside, earner, one)), ...(await refusal(inside, earner, one, failed)));
  }
  found.push(...(await notices(evidence, failed)), ...failures(failed, truth, evidence));
  found.push(...again(evidence.secondDrift));
  found.push(...unfinished.map((text): Violation => ({ invariant: 'nothing is left waiting', text })));
  found.push(...unasked.map((text): Violation => ({ invariant: 'no process ended by itself', text })));
  const shown = output.split('\n').filter((line) => /example\.org/i.test(line));
  found.push(
    ...shown.slice(0, 3).map((text): Violation => ({ invariant: 'no address in any log line', text })),
  );
  return found;
}

const valid = (copies: readonly Copy[], badgeId: string): Copy[] =>
  copies.filter((copy) => copy.badgeId === badgeId && !copy.revoked);

function inObf({ takenBack }: Evidence, earner: Earner, { expected, copies }: Truth): Violation[] {
  return REGION_BADGES.flatMap((badgeId): Violation[] => {
    const have = valid(copies, badgeId).length;
    const blocked = takenBack.has(earner) && badgeId === 'R_C1';
    const due = expected.has(badgeId) && !earner.refused && !blocked;
    if (have === (due ? 1 : 0)) return [];
    const invariant = due ? INVARIANTS[0] : INVARIANTS[1];
    return [{ invariant, earner, text: `${badgeId}: has ${have} in OBF, ${due ? 1 : 0} expected` }];
  });
}

function twice(earner: Earner, { copies }: Truth): Violation[] {
  return REGION_BADGES.flatMap((badgeId): Violation[] => {
    const given = copies.filter((copy) => copy.badgeId === badgeId && copy.by === 'palier');
    const also = copies.some((copy) => copy.badgeId === badgeId && copy.by === 'hand');
    if (given.length + (also ? 1 : 0) <= 1) return [];
    const events = given.map(({ eventId }) => eventId).join(', ');
    return [{ invariant: INVARIANTS[2], earner, text: `${badgeId}: given ${given.length} times: ${events}` }];
  });
}

async function inPalier(inside: Inside, earner: Earner, { copies }: Truth): Promise<Violation[]> {
  const { held } = await inside.portfolioOf(addressOf(earner));
  const believed = held
    .filter(({ revoked }) => !revoked)
    .map(({ badgeId, eventId }) => `${badgeId}/${eventId}`)
    .toSorted();
  const real = copies
    .filter(({ revoked }) => !revoked)
    .map(({ badgeId, eventId }) => `${badgeId}/${eventId}`)
    .toSorted();
  if (believed.join() === real.join()) return [];
  const text = `Palier believes [${believed.join(', ')}], OBF has [${real.join(', ')}]`;
  return [{ invariant: INVARIANTS[5], earner, text }];
}

/** OBF refuses this address: it has none, and ops find the reason. */
async function refusal(
  inside: Inside,
  earner: Earner,
  { expected }: Truth,
  failed: readonly FailedJob[],
): Promise<Violation[]> {
  if (!earner.refused) return [];
  const key = inside.keyOf(addressOf(earner));
  const violations: Violation[] = [];
  for (const badgeId of expected) {
    const record = await inside.ledger.read(key, asBadgeId(badgeId));
    if (record?.state !== 'refused' || record.why === '')
      violations.push({
        invariant: INVARIANTS[0],
        earner,
        text: `${badgeId}: refused by OBF, and the ledger says ${JSON.stringify(record)}`,
      });
  }
  if (expected.size > 0 && failed.length === 0)
    violations.push({
      invariant: INVARIANTS[3],
      earner,
      text: 'refused by OBF, and nothing stands in failed',
    });
  return violations;
}

/** Every recipient of every event is in a portfolio; or the job of its notice stands in failed. */
async function notices(
  { sandbox, inside, acknowledged }: Evidence,
  failed: readonly FailedJob[],
): Promise<Violation[]> {
  const violations: Violation[] = [];
  const inFailed = (eventId: string): boolean =>
    failed.some(({ id, reason }) => id.includes(eventId) && reason !== '');
  for (const clientId of [...KEYED, PUSHING, REGION])
    for (const event of sandbox.eventsOf(clientId)) {
      if (inFailed(event.id)) continue;
      const missing = await Promise.all(
        event.assertions.map(async ({ id, email, revoked }) => {
          // What we issued ourselves is in the ledger; what was pushed revoked was never ours to store.
          if (clientId === REGION || (clientId === PUSHING && revoked)) return false;
          return !(await inside.recordOf(email)).assertions.some((stored) => stored.id === id);
        }),
      );
      const count = missing.filter(Boolean).length;
      if (count === 0) continue;
      const invariant = acknowledged.has(event.id) ? INVARIANTS[3] : INVARIANTS[4];
      const text = `event ${event.id} of ${clientId}: ${count} of ${missing.length} recipients not stored`;
      violations.push({ invariant, text });
    }
  return violations;
}

/** With nothing but passing faults, only batches of an address that OBF refuses, and notices of events that are gone. */
function failures(
  failed: readonly FailedJob[],
  truth: ReadonlyMap<Earner, Truth>,
  { inside, removed }: Evidence,
): Violation[] {
  const refused = [...truth.keys()].filter((earner) => earner.refused);
  const keys = refused.map((earner) => inside.keyOf(addressOf(earner)));
  const isRefused = ({ queue, reason }: FailedJob): boolean =>
    queue === 'awards' && keys.length > 0 && /POST issue: 400/.test(reason);
  // Its client may have been suspended when the notice was tried last.
  const isOfRemoved = ({ id, reason }: FailedJob): boolean =>
    /404|403 Forbidden: client suspended/.test(reason) &&
    [...removed].some((eventId) => id.includes(eventId));
  return failed
    .filter((job) => !isRefused(job) && !isOfRemoved(job))
    .map(({ queue, id, reason }) => ({
      invariant: 'nothing but what OBF refuses for good stands in failed',
      text: `${queue} ${id}: ${reason}`,
    }));
}

/** By address: the copies of partners' badges that are neither revoked nor removed, and when they end. */
type Counting = ReadonlyMap<string, readonly string[]>;

const wordsOf = (id: string, expiresOnS: number | null): string => `${id} until ${expiresOnS ?? 'ever'}`;

function countingIn(sandbox: Sandbox, expiries: Expiries): Counting {
  const found = new Map<string, string[]>();
  for (const { assertions } of KEYED.flatMap((clientId) => sandbox.eventsOf(clientId)))
    for (const { id, email, revoked } of assertions) {
      if (revoked) continue;
      const address = email.trim().toLowerCase();
      const others = found.get(address) ?? [];
      found.set(address, [...others, wordsOf(id, expiries.get(id) ?? null)]);
    }
  return found;
}

/** Of partners with a key: what was only pushed is verified again when an award counts on it, and not before. */
async function inPortfolio(inside: Inside, earner: Earner, partners: Counting): Promise<Violation[]> {
  const { assertions: stored } = await inside.recordOf(addressOf(earner));
  const ours = stored
    .filter(({ clientId, revoked }) => !revoked && KEYED.some((id) => id === clientId))
    .map(({ id, expiresOnS }) => wordsOf(id, expiresOnS));
  const theirs = partners.get(addressOf(earner)) ?? [];
  const more = ours.filter((one) => !theirs.includes(one));
  const less = theirs.filter((one) => !ours.includes(one));
  if (more.length === 0 && less.length === 0) return [];
  const text = `too many: [${more.join(', ')}], too few: [${less.join(', ')}]`;
  const invariant = 'the portfolios equal OBF: nothing revoked, expired or removed counts';
  return [{ invariant, earner, text }];
}

function again(secondDrift: unknown): Violation[] {
  if (secondDrift === null) return [];
  const { drift } = secondDrift as { readonly drift: Readonly<Record<string, number>> };
  if (Object.values(drift).every((count) => count === 0)) return [];
  return [
    {
      invariant: 'what the workers verified, an operator finds no drift in',
      text: JSON.stringify(secondDrift),
    },
  ];
}
