import { awardsFor } from './planned.js';
import type { Random } from './random.js';
import { BADGES, KEYED, PUSHING, RETIRED, REGION_BADGES, type PartnerBadge } from './world.js';

/** One earner of the run. `number` is their place; the address follows from it. */
export interface Earner {
  readonly number: number;
  /** OBF refuses this address, and with it every issue call that names it. */
  readonly refused: boolean;
  /** A Région badge that a human gives. */
  readonly byHand: string | null;
  /** A human takes level 1 back, once it was given. */
  readonly takenBack: boolean;
}

/** What becomes of one copy of a badge. `later`: revoked a while after it was told; one too many anyway. */
export type Fate = 'good' | 'revoked' | 'expired' | 'later';

export interface Gift {
  readonly earner: Earner;
  readonly badge: PartnerBadge;
  readonly fate: Fate;
}

/** One act of issuing by a partner: a class, or one person. */
export interface Act {
  readonly atMs: number;
  readonly badge: PartnerBadge;
  readonly gifts: readonly Gift[];
}

export interface Cast {
  readonly earners: readonly Earner[];
  readonly acts: readonly Act[];
}

/** The address of an earner; issuers type it as they like. A blank is no part of what a credential is made for. */
export function addressOf({ number, refused }: Earner, random?: Random, blanks = true): string {
  const plain = `${refused ? 'refused-by-obf.' : ''}personne.${number}@example.org`;
  // A spelling that OBF would not recognise would be let through.
  const form = refused ? 0 : (random?.int(0, 5) ?? 0);
  if (form === 1) return plain.toUpperCase();
  if (form === 2) return `P${plain.slice(1)}`;
  return form === 3 && blanks ? `${plain} ` : plain;
}

/** @param lengthMs the time in which the partners issue */
export function castOf(random: Random, count: number, lengthMs: number): Cast {
  const people = random.fork('people');
  const earners = Array.from({ length: count }, (_, number) => earnerOf(people, number));
  const gifts = earners.flatMap((earner) => giftsOf(people, earner));
  return { earners, acts: actsOf(random.fork('acts'), gifts, lengthMs) };
}

function earnerOf(random: Random, number: number): Earner {
  const lot = random.next();
  return {
    number,
    refused: lot < 0.006,
    byHand: lot > 0.92 ? random.pick(REGION_BADGES) : null,
    takenBack: lot > 0.5 && lot < 0.52,
  };
}

const of = (competency: string, level: number): PartnerBadge[] =>
  BADGES.filter(
    (badge) => badge.partner !== RETIRED && badge.competency === competency && badge.level === level,
  );
const LEVEL_1 = of('communiquer', 1);
const LEVEL_2 = of('communiquer', 2);
const ORGANISING = of('organiser', 1);
const RETIRED_ONES = BADGES.filter(({ partner }) => partner === RETIRED);

/** Badges for one person: some stay short of everything, some reach a level, or two, or all. */
function giftsOf(random: Random, earner: Earner): Gift[] {
  const good = earner.takenBack ? three(random) : profile(random);
  const gifts = good.flatMap((badge): Gift[] => {
    const fate = earner.takenBack ? 'good' : fateOf(random);
    const again: Gift[] = random.chance(0.06) ? [{ earner, badge, fate: 'good' }] : [];
    return [{ earner, badge, fate }, ...again];
  });
  return earner.takenBack || !random.chance(0.12) ? gifts : [...gifts, ...oneTooMany(random, earner, gifts)];
}

/** A badge that changes nothing in the end, with or without it: it will be revoked. */
function oneTooMany(random: Random, earner: Earner, gifts: readonly Gift[]): Gift[] {
  const spare = LEVEL_1.filter((badge) => gifts.every((gift) => gift.badge !== badge));
  const one: Gift = { earner, badge: random.pick(spare), fate: 'later' };
  return awardsFor([...gifts, one]).join() === awardsFor(gifts).join() ? [one] : [];
}

function fateOf(random: Random): Fate {
  const lot = random.next();
  if (lot < 0.04) return 'revoked';
  return lot < 0.07 ? 'expired' : 'good';
}

/** Of two partners at least. */
function three(random: Random): PartnerBadge[] {
  const [first, second, third] = random.shuffle(KEYED);
  const one = (partner: string | undefined): PartnerBadge =>
    random.pick(LEVEL_1.filter((badge) => badge.partner === partner));
  const last = random.chance(0.3) ? PUSHING : third;
  return [one(first), one(second), one(last)];
}

function profile(random: Random): PartnerBadge[] {
  const lot = random.next();
  const organising = random.shuffle(ORGANISING);
  if (lot < 0.05) return RETIRED_ONES.concat(random.pick(LEVEL_1));
  if (lot < 0.2) return [random.pick(LEVEL_1), random.pick(LEVEL_2), random.pick(organising)];
  if (lot < 0.35)
    return random.shuffle(LEVEL_1.filter(({ partner }) => partner === 'P1')).concat(RETIRED_ONES);
  if (lot < 0.62) return three(random);
  const both = three(random).concat(random.shuffle(LEVEL_2).slice(0, 2));
  if (lot < 0.82) return both;
  return lot < 0.9 ? both.concat(organising.slice(0, 1)) : both.concat(organising.slice(0, 2));
}

/** Deals the copies of each badge out into classes and single ones, over the time. */
function actsOf(random: Random, gifts: readonly Gift[], lengthMs: number): Act[] {
  const acts = BADGES.flatMap((badge) => {
    const waiting = random.shuffle(gifts.filter((gift) => gift.badge === badge));
    const found: Act[] = [];
    while (waiting.length > 0) {
      const size = random.chance(0.6) ? 1 : random.int(4, 60);
      // Nobody stands twice in one event.
      const taken = new Map(waiting.slice(0, size).map((gift) => [gift.earner, gift]));
      const dealt = [...taken.values()];
      for (const gift of dealt) waiting.splice(waiting.indexOf(gift), 1);
      found.push({ atMs: random.between(0, lengthMs), badge, gifts: dealt });
    }
    return found;
  });
  return acts.toSorted((a, b) => a.atMs - b.atMs);
}
