import { setTimeout as pause } from 'node:timers/promises';
import type { EventRecord } from '../../src/sandbox/world.js';
import { passportNotice, postNotice, signedNotice, type Notice } from '../../src/sandbox/webhooks.js';
import type { Diary } from './diary.js';
import type { Random } from './random.js';
import { BASIC, HOOK } from './stage.js';
import { PUSHING } from './world.js';

export interface SenderTally {
  told: number;
  /** Copies beyond the first. */
  doubled: number;
  dropped: number;
  acknowledged: number;
  /** Answered 503, by a door without Redis. */
  turnedAway: number;
  /** No answer: the web process was away. */
  unanswered: number;
}

/** OBF's webhooks as they are at their worst: late, in any order, twice, or never. */
export class Sender {
  readonly tally: SenderTally = {
    told: 0,
    doubled: 0,
    dropped: 0,
    acknowledged: 0,
    turnedAway: 0,
    unanswered: 0,
  };
  /** Events of which a notice was answered by 202, or 200 at the Passport's address. */
  readonly acknowledged = new Set<string>();
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly webUrl: string,
    private readonly credentialsUrl: (url: string) => string,
    private readonly random: Random,
    private readonly dropRate: number,
    private readonly diary: Diary,
  ) {}

  /** Tells of an event, once or more, after a while. A push cannot be found by polling: it is never dropped. */
  tell(event: EventRecord, type: 'badge.issued' | 'badge.revoked' = 'badge.issued'): void {
    const pushed = event.clientId === PUSHING;
    // Its own source: what is chosen for an event does not rest on which came first.
    const people = event.assertions.map(({ email }) => email).join();
    const random = this.random.fork(`${type} ${event.clientId} ${event.badgeId} ${people}`);
    if (!pushed && type === 'badge.issued' && random.chance(this.dropRate)) {
      this.tally.dropped += 1;
      this.diary.note(event.id, 'webhook dropped');
      return;
    }
    const copies = random.pick([1, 1, 1, 2, 2, 3]);
    this.tally.told += 1;
    this.tally.doubled += copies - 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const sending = this.untilTaken(event, type, random.between(0, 4000));
      this.underWay.add(sending);
      void sending.finally(() => this.underWay.delete(sending));
    }
  }

  /** Resolves when every notice was taken. */
  async done(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private async untilTaken(event: EventRecord, type: string, afterMs: number): Promise<void> {
    await pause(afterMs);
    const { url, notice } = this.request(event, type);
    for (;;) {
      const status = await postNotice(url, notice).catch(() => null);
      if (status === 200 || status === 202) break;
      if (status === 503) this.tally.turnedAway += 1;
      else if (status === null) this.tally.unanswered += 1;
      else throw new Error(`a notice of ${event.clientId} was answered with ${status}`);
      await pause(this.random.between(200, 800));
    }
    this.tally.acknowledged += 1;
    this.acknowledged.add(event.id);
    this.diary.note(event.id, `${type} acknowledged`);
  }

  private request(event: EventRecord, type: string): { url: string; notice: Notice } {
    if (event.clientId !== PUSHING) {
      const content = { type, client_id: event.clientId, event_id: event.id };
      return { url: `${this.webUrl}/webhooks/obf`, notice: signedNotice(HOOK, content, Date.now) };
    }
    const credentials = event.assertions.map(({ email, url, urlV1 }, at): [string, string[]] => [
      email.trim(),
      [this.credentialsUrl(at % 2 === 0 ? url : urlV1)],
    ]);
    return {
      url: `${this.webUrl}/obpv1/factory/users_badges`,
      notice: passportNotice(BASIC, Object.fromEntries(credentials)),
    };
  }
}
