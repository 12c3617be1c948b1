import type { Assertion } from '../earners/assertion.js';
import type { Portfolio } from '../earners/portfolio.js';
import {
  asAssertionId,
  asClientId,
  asEarnerKey,
  type AwardId,
  type BadgeId,
  type EarnerKey,
  type SchemeVersion,
} from '../ids.js';
import { evaluateDuringRollout, type Rules } from './rollout.js';
import { evaluate } from './evaluate.js';
import type { Award } from './types.js';
import type { AwardVerdict, Evaluation } from './evaluation.js';

/** People by their keys, in order: some twenty bytes each, so that a plan of a million fits into a small process. */
export class KeyList implements Iterable<EarnerKey> {
  /** By the first character: put in order one at a time, when they are read. */
  readonly #shelves = new Map<string, Shelf>();
  #length = 0;
  readonly #most: number;

  /** @param most so many are kept, and the others counted alone: those who are met first */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /** Of all who were added, kept or not. */
  get length(): number {
    return this.#length;
  }

  /** @param key without a line break; once */
  add(key: EarnerKey): void {
    this.#length += 1;
    if (this.#length > this.#most) return;
    const first = key.slice(0, 1);
    let shelf = this.#shelves.get(first);
    if (shelf === undefined) this.#shelves.set(first, (shelf = []));
    put(shelf, `${key}\n`);
  }

  /** The first so many of those who are kept. */
  first(count: number): readonly EarnerKey[] {
    const found: EarnerKey[] = [];
    for (const key of this) {
      if (found.length >= count) break;
      found.push(key);
    }
    return found;
  }

  *[Symbol.iterator](): Iterator<EarnerKey> {
    for (const first of [...this.#shelves.keys()].toSorted()) {
      const lines = this.#shelves.get(first)?.flatMap(linesIn) ?? [];
      for (const key of lines.toSorted()) yield asEarnerKey(key);
    }
  }
}

/** Keys that begin with the same character, a line each. What is full stays as it is: nothing is copied as it grows. */
type Shelf = Block[];
interface Block {
  readonly bytes: Buffer;
  used: number;
}
const [SMALLEST, LARGEST] = [128, 16_384];

function put(shelf: Shelf, line: string): void {
  const length = Buffer.byteLength(line);
  let block = shelf.at(-1);
  if (block === undefined || block.used + length > block.bytes.length) {
    const size = Math.min(LARGEST, 2 * (block?.bytes.length ?? SMALLEST / 2));
    shelf.push((block = { bytes: Buffer.alloc(Math.max(size, length)), used: 0 }));
  }
  block.used += block.bytes.write(line, block.used);
}

const linesIn = ({ bytes, used }: Block): readonly string[] =>
  bytes.toString('utf8', 0, used).split('\n').slice(0, -1);

/** What a plan needs to know of one person. */
export interface PersonFacts {
  readonly earner: EarnerKey;
  readonly portfolio: Portfolio;
  /** The latest change of the rules (its generation) under which something new was stored; 0: none. */
  readonly lastSchemeGeneration: number;
  /** Badges that are on their way to this person already. */
  readonly inFlight: ReadonlySet<BadgeId>;
  /** Badges that OBF refused for this person, for good. */
  readonly refused: ReadonlySet<BadgeId>;
  /** An award of theirs is written down as due, and may or may not have been sent on its way. */
  readonly isWaiting?: boolean;
}

/**
 * - `gains`: due once the rules are in force, and nothing is on its way yet;
 * - `loses_rule`: held, and the rule is not met any more, which in force it is: the badge is kept;
 * - `under_way`, `refused`: due, and on its way already, or refused by OBF for good;
 * - `blocked`, `inactive`: would be due, were it not revoked by hand, or switched off.
 */
export type PlanKind = 'gains' | 'loses_rule' | 'under_way' | 'refused' | 'blocked' | 'inactive';

/** What the rules, once in force, make of one award for one person. */
export interface Planned {
  readonly award: Award;
  readonly kind: PlanKind;
}

export interface PersonPlan {
  /** By the rules that are to be in force. */
  readonly evaluation: Evaluation;
  readonly planned: readonly Planned[];
}

/**
 * What becomes of one person when `rules.scheme` is put into force for everybody, or for one award. Pure.
 * @param nowS the clock, Unix seconds
 * @param only the one award that is put into force; the others stay under the rules in force
 * @throws RuleFault, RangeError as `evaluate`
 */
export function planFor(
  rules: Rules,
  person: PersonFacts,
  nowS: number,
  only: AwardId | null = null,
): PersonPlan {
  const evaluation = evaluate(rules.scheme, person.portfolio, nowS);
  if (only !== null) return { evaluation, planned: plannedByOne(rules, person, evaluation, only) };
  const planned = evaluation.awards.flatMap((verdict) => plannedOf(verdict, person));
  return { evaluation, planned: [...planned, ...rulesLost(rules, person, evaluation)] };
}

/** Of an award that is held, or whose rule is not met, there is nothing to say. */
function plannedOf({ award, status, met }: AwardVerdict, person: PersonFacts): readonly Planned[] {
  if (!met || status === 'held' || status === 'not_met') return NOTHING;
  return [{ award, kind: status === 'due' ? wayOf(award, person) : status }];
}

const NOTHING: readonly Planned[] = [];

function wayOf({ badgeId }: Award, { inFlight, refused }: PersonFacts): PlanKind {
  if (inFlight.has(badgeId)) return 'under_way';
  return refused.has(badgeId) ? 'refused' : 'gains';
}

/** Held, and not qualified for any more; awards that are not in the new rules at all among them. */
function rulesLost(
  { scheme, rollout }: Rules,
  { portfolio }: PersonFacts,
  { awards, nowS }: Evaluation,
): readonly Planned[] {
  if (rollout === null || rollout.inForce === null || portfolio.held.length === 0) return NOTHING;
  const unmet = awards.filter(({ status, met }) => status === 'held' && !met).map(({ award }) => award);
  const known = new Set(scheme.awards.map(({ badgeId }) => badgeId));
  const removed = rollout.inForce.awards.filter(({ badgeId }) => !known.has(badgeId));
  const asked = [...unmet, ...removed];
  if (asked.length === 0) return NOTHING;
  const before = evaluate(rollout.inForce, portfolio, nowS).awards;
  const metBefore = new Set(
    before.filter(({ status, met }) => status === 'held' && met).map(({ award }) => award.badgeId),
  );
  return asked
    .filter(({ badgeId }) => metBefore.has(badgeId))
    .map((award) => ({ award, kind: 'loses_rule' }));
}

/** Whoever gains the award may gain more by it: what holds it, and is due by the rules in force then. */
function plannedByOne(
  rules: Rules,
  person: PersonFacts,
  evaluation: Evaluation,
  only: AwardId,
): readonly Planned[] {
  const own = evaluation.awards
    .filter(({ award }) => award.id === only)
    .flatMap((verdict) => plannedOf(verdict, person));
  if (!own.some(({ kind }) => kind === 'gains')) return own;
  const given = givenWith(rules, person, evaluation.nowS, only);
  return evaluation.awards
    .filter(({ award }) => given.has(award.badgeId))
    .map(({ award }) => ({ award, kind: wayOf(award, person) }))
    .filter(({ kind }) => kind === 'gains');
}

/** Judged again and again, what was given held: each time something more is given, or it ends. */
function givenWith(
  { scheme, rollout }: Rules,
  { portfolio, lastSchemeGeneration, refused }: PersonFacts,
  nowS: number,
  only: AwardId,
): ReadonlySet<BadgeId> {
  const released = new Set([...(rollout?.released ?? []), only]);
  const rules = { scheme, rollout: rollout === null ? null : { ...rollout, released } };
  const given = new Set<BadgeId>();
  for (let { held } = portfolio; ;) {
    const due = evaluateDuringRollout(rules, { ...portfolio, held }, lastSchemeGeneration, nowS).due.map(
      ({ award }) => award.badgeId,
    );
    const more = due.filter((badgeId) => !given.has(badgeId));
    if (more.length === 0) return given;
    for (const badgeId of more) given.add(badgeId);
    held = [...held, ...more.filter((badgeId) => !refused.has(badgeId)).map((id) => asGiven(id, nowS))];
  }
}

const asGiven = (badgeId: BadgeId, nowS: number): Assertion => ({
  id: asAssertionId(`supposed ${badgeId}`),
  clientId: asClientId('supposed'),
  badgeId,
  eventId: null,
  issuedOnS: nowS,
  expiresOnS: null,
  revoked: false,
});

/** What the plan makes of one award, for everybody. */
export interface AwardPlan {
  readonly award: Award;
  /** It is in the rules in force, and not in the new ones: whoever holds it keeps it. */
  readonly removed: boolean;
  /** All are counted; of how many the keys are kept is said by whoever asks for the plan. */
  readonly gains: KeyList;
  /** They hold it, no longer qualify, and keep it. */
  readonly losesRule: KeyList;
  readonly underWay: number;
  readonly refused: number;
  readonly blocked: number;
  readonly inactive: number;
}

/** What becomes of everybody when rules are put into force. */
export interface Plan {
  /** Of the rules that are to be in force. */
  readonly version: SchemeVersion;
  /** The award that is put into force alone; null: all of them. */
  readonly only: AwardId | null;
  /** How many people were looked at. */
  readonly people: number;
  /** Everybody who gains something: whom `apply` has to look at. Here, too, all are counted, and those kept who were asked for. */
  readonly gainers: KeyList;
  /** In the order of the rules; then those that are removed. */
  readonly awards: readonly AwardPlan[];
}

/** Of how many people a plan keeps the keys; the others are counted. */
export interface PlanKeeps {
  /** Of each award: who gains it, and who loses its rule. */
  readonly perAward: number;
  /** Of everybody who gains something. */
  readonly gainers: number;
}
const ALL: PlanKeeps = { perAward: Infinity, gainers: Infinity };

/** Adds up what is planned for each person. */
export interface PlanTally {
  add(earner: EarnerKey, planned: readonly Planned[]): void;
  plan(): Plan;
}

type Counters = Record<Exclude<PlanKind, 'gains' | 'loses_rule'>, number> & {
  readonly gains: KeyList;
  readonly loses_rule: KeyList;
};

const nobody = (most: number): Counters => ({
  gains: new KeyList(most),
  loses_rule: new KeyList(most),
  under_way: 0,
  refused: 0,
  blocked: 0,
  inactive: 0,
});

export function startPlan(
  { scheme, rollout }: Rules,
  only: AwardId | null = null,
  keeps: PlanKeeps = ALL,
): PlanTally {
  const own = new Set(scheme.awards.map(({ badgeId }) => badgeId));
  const removed = (rollout?.inForce?.awards ?? []).filter(({ badgeId }) => !own.has(badgeId));
  const counters = new Map<BadgeId, Counters>();
  for (const { badgeId } of [...scheme.awards, ...removed]) counters.set(badgeId, nobody(keeps.perAward));
  const gainers = new KeyList(keeps.gainers);
  let people = 0;
  return {
    add(earner, planned) {
      people += 1;
      if (planned.some(({ kind }) => kind === 'gains')) gainers.add(earner);
      for (const { award, kind } of planned) {
        const counter = counters.get(award.badgeId);
        if (counter === undefined) continue;
        if (kind === 'gains' || kind === 'loses_rule') counter[kind].add(earner);
        else counter[kind] += 1;
      }
    },
    plan: () => ({
      version: scheme.version,
      only,
      people,
      gainers,
      awards: [
        ...scheme.awards.map((award) => planOf(award, false, counters.get(award.badgeId))),
        ...removed.map((award) => planOf(award, true, counters.get(award.badgeId))),
      ],
    }),
  };
}

function planOf(award: Award, removed: boolean, counters: Counters = nobody(0)): AwardPlan {
  return {
    award,
    removed,
    gains: counters.gains,
    losesRule: counters.loses_rule,
    underWay: counters.under_way,
    refused: counters.refused,
    blocked: counters.blocked,
    inactive: counters.inactive,
  };
}

/** Whether nobody gains anything, and nobody stops qualifying. */
export const changesNobody = ({ awards }: Plan): boolean =>
  awards.every(({ gains, losesRule }) => gains.length + losesRule.length === 0);

/** How issuing goes, and what OBF allows. */
export interface IssuingLimits {
  /** How many leave at most in one issue call. */
  readonly batchMax: number;
  /** OBF's calls per second. */
  readonly maxRps: number;
  /** How many badges OBF's quota has left; null: not known. */
  readonly quotaLeft: number | null;
  /** Issuing stops rather than leave fewer. */
  readonly quotaFloor: number;
}

/** What a plan costs when it is applied. */
export interface PlanCost {
  /** Badges to be issued. */
  readonly issues: number;
  /** Issue calls, by badge: awards of one badge leave together. */
  readonly batches: ReadonlyMap<BadgeId, number>;
  /** All calls of OBF, reads included. */
  readonly calls: number;
  /** At OBF's rate, if it answers at once: it takes no less. Seconds, rounded up. */
  readonly atLeastS: number;
  /** What the quota has left afterwards; null: not known. */
  readonly quotaAfter: number | null;
  /** How many badges the quota is too small by; 0: it is enough, or not known. */
  readonly quotaShort: number;
}

/** Around each issue call, the Région's account is looked into once before, and its event read back after. */
const CALLS_A_BATCH = 3;

/** Pure. */
export function costOf({ awards }: Plan, limits: IssuingLimits): PlanCost {
  const batches = new Map(
    awards.map(({ award, gains }) => [award.badgeId, Math.ceil(gains.length / limits.batchMax)] as const),
  );
  const issues = awards.reduce((sum, { gains }) => sum + gains.length, 0);
  const calls = CALLS_A_BATCH * [...batches.values()].reduce((sum, count) => sum + count, 0);
  const { quotaLeft, quotaFloor } = limits;
  return {
    issues,
    batches,
    calls,
    atLeastS: Math.ceil(calls / limits.maxRps),
    quotaAfter: quotaLeft === null ? null : quotaLeft - issues,
    quotaShort: quotaLeft === null || issues === 0 ? 0 : Math.max(0, issues + quotaFloor - quotaLeft),
  };
}
