import { setTimeout as pause } from 'node:timers/promises';
import type { EventRecord } from '../../src/sandbox/world.js';
import type { Sandbox } from '../../src/sandbox/server.js';
import { addressOf, type Act, type Cast, type Earner, type Gift } from './cast.js';
import type { Diary } from './diary.js';
import { awardsFor } from './planned.js';
import type { Random } from './random.js';
import type { Sender } from './sender.js';
import { KEYED, PUSHING, REGION } from './world.js';

export interface HandsOptions {
  readonly sandbox: Sandbox;
  readonly sender: Sender;
  readonly diary: Diary;
  readonly random: Random;
  /** Events grow, are removed, and badges are revoked or expire without a word. */
  readonly withChanges: boolean;
}

/** What people do on OBF's site: partners issue and revoke; the Région's staff give badges and take them back. */
export class Hands {
  /** Expiry of copies, which the sandbox does not say. */
  readonly expiries = new Map<string, number>();
  /** Earners whose level 1 was taken back. */
  readonly takenBack = new Set<Earner>();
  /** Events that are no longer there. */
  readonly removed = new Set<string>();
  /** What was done that OBF told nobody of. */
  readonly unsaid: Record<string, number> = {};
  private readonly typing: Random;
  private readonly choosing: Random;
  private readonly afterwards: Promise<void>[] = [];

  constructor(private readonly options: HandsOptions) {
    this.typing = options.random.fork('typing');
    this.choosing = options.random.fork('choosing');
  }

  /** Resolves when what was begun is done. */
  async done(): Promise<void> {
    await Promise.all(this.afterwards);
  }

  /** With changes, those whose copies will be taken back may have an event of their own, which can be removed. */
  issue(act: Act): void {
    const isSplit = this.options.withChanges && this.choosing.fork(`split ${act.atMs}`).chance(0.6);
    const apart = isSplit ? act.gifts.filter(({ fate }) => fate === 'later') : [];
    const together = act.gifts.filter((gift) => !apart.includes(gift));
    for (const gifts of [together, apart]) if (gifts.length > 0) this.issueOne({ ...act, gifts });
  }

  /** In one go: nobody can read the event before what became of its copies is known. */
  private issueOne(act: Act): void {
    const { sandbox, diary, sender } = this.options;
    const { badge } = act;
    const typing = this.typing.fork(String(act.atMs));
    const choosing = this.choosing.fork(`${act.atMs}`);
    const { now, later: added } = this.split(act, choosing);
    const typed = ({ earner }: Gift): string => addressOf(earner, typing, badge.partner !== PUSHING);
    const event = sandbox.issueByHand({
      clientId: badge.partner,
      badgeId: badge.id,
      recipients: now.map(typed),
    });
    const revoked = now.filter(({ fate }) => fate === 'revoked').map(({ earner }) => addressOf(earner));
    if (revoked.length > 0) sandbox.revokeByHand(event.id, revoked);
    for (const [at, { earner, fate }] of now.entries()) {
      diary.note(addressOf(earner), `${badge.id} (${fate}) issued: ${event.id}`);
      if (fate === 'expired') this.expire(event, at);
    }
    sender.tell(event);
    if (added.length > 0) this.afterwards.push(this.append(event, added.map(typed), choosing));
    const ending = now.filter(({ fate }) => fate === 'later');
    if (ending.length > 0)
      this.afterwards.push(this.end(event, ending, ending.length === now.length, choosing));
  }

  /** Some of a class may be added later. A push names its credentials, and nobody would ask for others. */
  private split({ badge, gifts }: Act, random: Random): { now: readonly Gift[]; later: readonly Gift[] } {
    const isChosen =
      this.options.withChanges && KEYED.some((id) => id === badge.partner) && random.chance(0.4);
    const later = isChosen ? gifts.slice(1).filter(({ fate }) => fate === 'good' && random.chance(0.3)) : [];
    return { now: gifts.filter((gift) => !later.includes(gift)), later };
  }

  private async append(event: EventRecord, recipients: readonly string[], random: Random): Promise<void> {
    const { sandbox, diary, sender } = this.options;
    const movesMtime = random.chance(0.5);
    const isTold = random.chance(0.3);
    await pause(random.between(300, 6000));
    const grown = sandbox.appendByHand(event.id, recipients, { movesMtime });
    for (const address of recipients)
      diary.note(address.trim().toLowerCase(), `${event.badgeId} issued by growing ${event.id}`);
    if (isTold) sender.tell(grown);
    else this.count('recipients appended', recipients.length);
  }

  /** Takes copies back that change nothing in the end, one way or the other. */
  private async end(
    event: EventRecord,
    gifts: readonly Gift[],
    isAll: boolean,
    random: Random,
  ): Promise<void> {
    const { sandbox, diary, sender, withChanges } = this.options;
    const addresses = gifts.map(({ earner }) => addressOf(earner));
    const isKeyed = KEYED.some((id) => id === event.clientId);
    const untold = isAll && isKeyed ? ['unsaid', 'removed', 'removed'] : ['unsaid', 'expired'];
    const how = withChanges ? random.pick(['told', ...untold]) : 'told';
    // Most of what is removed was read before.
    await pause(how === 'removed' ? random.between(5000, 20_000) : random.between(500, 6000));
    for (const address of addresses) diary.note(address, `taken back (${how}): ${event.id}`);
    if (how !== 'told') this.count(how === 'unsaid' ? 'revoked' : how, addresses.length);
    if (how === 'removed') {
      sandbox.removeByHand(event.id);
      this.removed.add(event.id);
    } else if (how === 'expired') {
      for (const [at, { email }] of event.assertions.entries())
        if (addresses.includes(email.trim().toLowerCase())) this.expire(event, at);
    } else {
      sandbox.revokeByHand(event.id, addresses);
      if (how === 'told') sender.tell(event, 'badge.revoked');
    }
  }

  private expire({ assertions }: EventRecord, at: number): void {
    const copy = assertions[at];
    if (copy === undefined) throw new Error('a recipient without a copy');
    const yesterdayS = Math.floor(Date.now() / 1000) - 86_400;
    this.options.sandbox.expire(copy.id, yesterdayS);
    this.expiries.set(copy.id, yesterdayS);
  }

  /** When the Région's staff give what: before the rules can; or at any time, where the rules never would. */
  planned({ earners, acts }: Cast, lengthMs: number): { atMs: number; earner: Earner; badgeId: string }[] {
    const random = this.options.random.fork('hands');
    return earners.flatMap((earner) => {
      const { byHand: badgeId } = earner;
      if (badgeId === null) return [];
      const soonestMs = soonestOf(earner, badgeId, acts);
      const atMs = soonestMs === null ? random.between(0, 0.9) * lengthMs : 0;
      const atLastMs = soonestMs ?? lengthMs * 0.9;
      return [{ atMs: this.options.withChanges ? random.next() * atLastMs : atMs, earner, badgeId }];
    });
  }

  private readonly register = new Map<string, EventRecord>();

  /** Sometimes one more recipient of an event of that badge, without a word. */
  giveByHand(earner: Earner, badgeId: string): void {
    const { sandbox, diary, sender, withChanges } = this.options;
    const address = addressOf(earner, this.typing.fork(String(earner.number)));
    const before = this.register.get(badgeId);
    if (withChanges && before !== undefined && earner.number % 2 === 0) {
      sandbox.appendByHand(before.id, [address], { movesMtime: earner.number % 4 === 0 });
      diary.note(addressOf(earner), `${badgeId} given by hand, by growing ${before.id}`);
      this.count('awards appended', 1);
      return;
    }
    const event = sandbox.issueByHand({ clientId: REGION, badgeId, recipients: [address] });
    this.register.set(badgeId, event);
    diary.note(addressOf(earner), `${badgeId} given by hand: ${event.id}`);
    sender.tell(event);
  }

  /** A human at the Région takes awards back as they are given. @returns whether there was any */
  takeBack({ earners }: Cast, isTold: (earner: Earner) => boolean): boolean {
    const { sandbox, diary, sender } = this.options;
    const before = this.takenBack.size;
    for (const earner of earners.filter((one) => one.takenBack && !this.takenBack.has(one))) {
      const address = addressOf(earner);
      const event = sandbox
        .eventsOf(REGION, 'R_C1')
        .find(({ assertions }) => assertions.some(({ email }) => email.trim().toLowerCase() === address));
      if (event === undefined) continue;
      sandbox.revokeByHand(event.id, [address]);
      this.takenBack.add(earner);
      diary.note(address, `R_C1 taken back by hand: ${event.id}`);
      if (isTold(earner)) sender.tell(event, 'badge.revoked');
      else this.count('awards taken back', 1);
    }
    return this.takenBack.size > before;
  }

  private count(what: string, times: number): void {
    this.unsaid[what] = (this.unsaid[what] ?? 0) + times;
  }
}

/** The first instant at which the rules could give that badge; null: they never do. */
function soonestOf(earner: Earner, badgeId: string, acts: readonly Act[]): number | null {
  const given = acts.flatMap(({ atMs, gifts }) =>
    gifts.filter((gift) => gift.earner === earner).map((gift) => ({ atMs, gift })),
  );
  for (const { atMs } of given) {
    const until = given.filter((one) => one.atMs <= atMs).map(({ gift }) => gift);
    if (awardsFor(until).includes(badgeId)) return atMs;
  }
  return null;
}
