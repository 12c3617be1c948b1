import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RedisKind } from '../support/redis-of-the-run.js';
import { until } from '../support/until.js';
import { addressOf, castOf, type Cast } from './cast.js';
import { fillPages, makeChange } from './changes.js';
import { Diary } from './diary.js';
import { storyOf } from './detail.js';
import { Hands } from './hands.js';
import { openInside, type Inside } from './inside.js';
import { violationsOf, type Violation } from './invariants.js';
import { changeBlow, crashesOf, mayhemOf, PACE, type Blow } from './mayhem.js';
import { randomOf, type Random } from './random.js';
import { Sender, type SenderTally } from './sender.js';
import { openStage, type Stage } from './stage.js';
import { truthOf } from './truth.js';
import { KEYED, PUSHING, REGION } from './world.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly earners: number;
  readonly workers?: number;
  /** Which share of the events nobody is told of. */
  readonly dropRate?: number;
  /** Empties Redis in the middle of the faults; `palier reconcile --full` follows when they are over. */
  readonly flush?: boolean;
  /** OBF still writes, changes, hides and takes back, mostly without a notice: see changes.ts and hands.ts. */
  readonly withChanges?: boolean;
  /** What Redis is: one server, a cluster, or a master behind sentinels. */
  readonly redis?: RedisKind;
}

export interface ChaosReport {
  readonly seed: number;
  readonly redis: RedisKind;
  readonly earners: number;
  readonly passed: boolean;
  readonly seconds: { readonly mayhem: number; readonly settling: number; readonly all: number };
  readonly blows: Readonly<Record<string, number>>;
  readonly crashed: Readonly<Record<string, number>>;
  /** Answers of OBF that were not as they should be, `route: what`, as they were met. */
  readonly faults: Readonly<Record<string, number>>;
  readonly wire: Readonly<Record<string, number>>;
  readonly notices: SenderTally;
  readonly awards: {
    readonly expected: number;
    readonly given: number;
    readonly byHand: number;
    readonly refused: number;
    readonly takenBack: number;
  };
  readonly issueCalls: { readonly all: number; readonly done: number; readonly unheard: number };
  /** What OBF told nobody of. */
  readonly unsaid: Readonly<Record<string, number>>;
  /** What the full reading mended, of a run with an emptied Redis. */
  readonly drift: unknown;
  readonly violations: readonly string[];
  /** Where all that is known of a failed run stands. */
  readonly folder: string | null;
}

// A run ends by itself: each wait has a limit.
/** How long awards are waited for before the faults end. */
const LATE_LIMIT_MS = 60_000;
const VERIFY_LIMIT_MS = 180_000;
const SETTLE_LIMIT_MS = 240_000;
const MS_PER_EARNER = 110;
const FULL_LENGTH_MS = 55_000;

export async function runChaos({
  seed,
  earners,
  workers = 3,
  dropRate = 0.2,
  flush = false,
  withChanges = false,
  redis = 'single',
}: ChaosOptions): Promise<ChaosReport> {
  const random = randomOf(`palier ${seed}`);
  const lengthMs = Math.max(12_000, Math.min(FULL_LENGTH_MS, earners * MS_PER_EARNER));
  const cast = castOf(random.fork('cast'), earners, lengthMs * 0.75);
  const blows = mayhemOf(random.fork('mayhem'), {
    lengthMs,
    scale: lengthMs / FULL_LENGTH_MS,
    withChanges,
  });
  const crashes = crashesOf(random.fork('crashes'), earners >= 400 ? 2 : 1);
  // In a short run short pages do: lists of several pages need no thousand people.
  const pageRows = earners >= 400 ? 1000 : 50;
  const stage = await openStage({
    random: random.fork('stage'),
    workers,
    crashes,
    redis,
    withChanges,
    pageRows,
  });
  try {
    // Else a slow machine would have issued most of it to nobody.
    await until(() => isUp(stage.webUrl), 'web process that answers', 60_000);
    const given = { seed, redis, random, cast, blows, lengthMs, dropRate, flush, withChanges, pageRows };
    return await new Run(stage, given).play();
  } finally {
    await stage.close();
  }
}

const isUp = (webUrl: string): Promise<boolean> =>
  fetch(`${webUrl}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );

interface Given {
  readonly seed: number;
  readonly redis: RedisKind;
  readonly random: Random;
  readonly cast: Cast;
  readonly blows: readonly Blow[];
  readonly lengthMs: number;
  readonly dropRate: number;
  readonly flush: boolean;
  readonly withChanges: boolean;
  readonly pageRows: number;
}

class Run {
  private readonly diary = new Diary();
  private readonly sender: Sender;
  private readonly hands: Hands;
  private readonly dealt: Record<string, number> = {};
  private readonly startMs = Date.now();
  /** What may not happen to one thing twice at a time. */
  private readonly lines = new Map<'redis' | 'wire', Promise<void>>();

  constructor(
    private readonly stage: Stage,
    private readonly given: Given,
  ) {
    const { random, dropRate, withChanges } = given;
    const { sandbox, proxy } = stage;
    const throughProxy = (url: string): string => url.replace(sandbox.url, proxy.url);
    this.sender = new Sender(stage.webUrl, throughProxy, random.fork('sender'), dropRate, this.diary);
    const { sender, diary } = this;
    this.hands = new Hands({ sandbox, sender, diary, random, withChanges });
  }

  async play(): Promise<ChaosReport> {
    const { lengthMs, cast, blows, flush, withChanges } = this.given;
    if (withChanges) fillPages(this.stage.sandbox, this.given.pageRows);
    await Promise.all([
      ...cast.acts.map((act) => this.at(act.atMs, () => this.hands.issue(act))),
      ...blows.map((blow) => this.at(blow.atMs, () => this.deal(blow))),
      ...this.hands
        .planned(cast, lengthMs)
        .map(({ atMs, earner, badgeId }) => this.at(atMs, () => this.hands.giveByHand(earner, badgeId))),
      this.takeBack(lengthMs),
      ...(flush ? [this.at(lengthMs * 0.6, () => this.emptyRedis())] : []),
    ]);
    await Promise.all(this.lines.values());
    await this.untilMostIsGiven();
    this.stage.sandbox.clearFaults();
    this.stage.proxy.set({ kind: 'ok' });
    this.diary.note('run', 'faults end');
    const calmMs = Date.now();
    await this.sender.done();
    if (flush) await this.rebuild();
    const inside = openInside(this.stage);
    try {
      const unread = withChanges ? await this.untilVerified() : [];
      const unfinished = await this.settle(inside);
      if (withChanges) this.secondDrift = await this.stage.reconcile();
      return await this.report(inside, [...unread, ...unfinished], calmMs);
    } finally {
      await inside.close();
    }
  }

  /**
   * A Redis that was killed late keeps everything waiting for a while. The faults of issuing stay until
   * awards have met them; meanwhile old notices come again, and OBF goes on changing.
   */
  private async untilMostIsGiven(): Promise<void> {
    const { withChanges } = this.given;
    const random = this.given.random.fork('late');
    const limit = Date.now() + (withChanges ? 2 : 1) * LATE_LIMIT_MS;
    const { expected } = this.awards();
    const changes: Promise<void>[] = [];
    while (Date.now() < limit && this.awards().given < expected * 0.7) {
      this.retell(random.int(0, 1e6));
      this.takeBackNow(!withChanges);
      if (withChanges && random.chance(0.3)) changes.push(this.deal(changeBlow(random, 0)));
      await pause(500);
    }
    await Promise.all(changes);
  }

  /** The workers read all accounts again by themselves; a reading that ends first may have begun before all was mended. */
  private async untilVerified(): Promise<readonly string[]> {
    const before = this.verifications();
    const limit = Date.now() + VERIFY_LIMIT_MS;
    while (this.verifications() < before + 2) {
      if (Date.now() > limit) return ['the accounts were not verified'];
      await pause(500);
    }
    return [];
  }

  private verifications(): number {
    const output = this.stage.workers.map((one) => one.output()).join('');
    return output.split('accounts verified').length - 1;
  }

  private async at(atMs: number, act: () => Promise<void> | void): Promise<void> {
    await pause(Math.max(0, this.startMs + atMs - Date.now()));
    await act();
  }

  private drift: unknown = null;
  /** What an operator's reading found, when the workers had read all accounts and settled. */
  private secondDrift: unknown = null;
  /** As awards are given. Early on, OBF need not tell of it: all accounts are read again after that. */
  private async takeBack(lengthMs: number): Promise<void> {
    while (Date.now() < this.startMs + lengthMs) {
      this.takeBackNow(!this.given.withChanges);
      await pause(200);
    }
    await this.hands.done();
  }

  /** Whether there was any. */
  private takeBackNow(isAlwaysTold = true): boolean {
    return this.hands.takeBack(this.given.cast, ({ number }) => isAlwaysTold || number % 2 === 0);
  }

  private async deal(blow: Blow): Promise<void> {
    const { sandbox, proxy, redis, web, workers } = this.stage;
    this.dealt[blow.kind] = (this.dealt[blow.kind] ?? 0) + 1;
    this.diary.note('run', this.wordsOf(blow));
    const worker = 'which' in blow ? workers[blow.which % workers.length] : undefined;
    switch (blow.kind) {
      case 'obf':
        return sandbox.fault(blow.fault);
      case 'wire':
        return this.inLine('wire', async () => {
          proxy.set(blow.wire);
          await pause(blow.forMs);
          proxy.set({ kind: 'ok' });
        });
      case 'kill-worker':
        return worker?.kill();
      case 'stop-worker':
        return worker?.stop();
      case 'freeze-worker':
        return worker?.freeze(blow.forMs);
      case 'kill-web':
        return web.kill();
      case 'retell':
        return this.retell(blow.which);
      case 'change': {
        const what = `change: ${blow.change.what}`;
        this.dealt[what] = (this.dealt[what] ?? 0) + 1;
        const mend = makeChange(sandbox, blow.change);
        await pause(blow.forMs);
        return mend();
      }
      case 'kill-redis':
        return this.inLine('redis', async () => {
          await redis.kill();
          await pause(blow.forMs);
          await redis.restart();
        });
      case 'freeze-redis':
        return this.inLine('redis', async () => {
          await redis.freeze();
          await pause(blow.forMs);
          redis.thaw();
        });
    }
  }

  private emptyRedis(): Promise<void> {
    return this.inLine('redis', async () => {
      await this.stage.redis.flush();
      this.diary.note('run', 'Redis emptied');
    });
  }

  /** What an operator does: reads all again; and what only a push tells of is pushed again. */
  private async rebuild(): Promise<void> {
    this.drift = await this.stage.reconcile();
    for (const event of this.stage.sandbox.eventsOf(PUSHING)) this.sender.tell(event);
    await this.sender.done();
  }

  private retell(which: number): void {
    const events = KEYED.flatMap((partner) => this.stage.sandbox.eventsOf(partner));
    const event = events[which % Math.max(1, events.length)];
    if (event !== undefined) this.sender.tell(event);
  }

  private inLine(name: 'redis' | 'wire', act: () => Promise<void>): Promise<void> {
    const before = this.lines.get(name) ?? Promise.resolve();
    const mine = (async (): Promise<void> => {
      await before;
      await act();
    })();
    this.lines.set(name, mine);
    return mine;
  }

  private wordsOf({ atMs: _atMs, ...blow }: Blow): string {
    return JSON.stringify(blow);
  }

  /** Waits until nothing is left to be done, twice in a row; what is left at the limit is told. */
  private async settle(inside: Inside): Promise<readonly string[]> {
    const limit = Date.now() + SETTLE_LIMIT_MS;
    let calm = 0;
    for (;;) {
      if (this.takeBackNow()) await this.sender.done();
      const left = await this.left(inside);
      calm = left.length === 0 ? calm + 1 : 0;
      if (calm === 3 || Date.now() > limit) return left;
      await pause(300);
    }
  }

  private async left(inside: Inside): Promise<readonly string[]> {
    const { sandbox } = this.stage;
    const pending = await inside.pending(PACE.settleMs + 500);
    const unread = await Promise.all(
      [...KEYED, REGION].map(async (clientId) => {
        const count = sandbox.eventsOf(clientId).length - (await inside.seenOf(clientId));
        return count > 0 ? [`${count} events of ${clientId} not read`] : [];
      }),
    );
    return [...pending, ...unread.flat()];
  }

  private async report(inside: Inside, unfinished: readonly string[], calmMs: number): Promise<ChaosReport> {
    const { sandbox, toll, proxy, web, workers } = this.stage;
    const { cast, seed, redis } = this.given;
    const endMs = Date.now();
    const violations = await violationsOf({
      sandbox,
      cast,
      expiries: this.hands.expiries,
      inside,
      acknowledged: this.sender.acknowledged,
      removed: this.hands.removed,
      secondDrift: this.secondDrift,
      takenBack: this.hands.takenBack,
      unfinished,
      unasked: toll.unasked,
      output: [web, ...workers].map((one) => one.output()).join('\n'),
    });
    const folder = violations.length === 0 ? null : await this.keep(inside, violations);
    const seconds = (ms: number): number => Math.round(ms / 100) / 10;
    return {
      seed,
      redis,
      earners: cast.earners.length,
      passed: violations.length === 0,
      seconds: {
        mayhem: seconds(calmMs - this.startMs),
        settling: seconds(endMs - calmMs),
        all: seconds(Date.now() - this.startMs),
      },
      blows: this.dealt,
      crashed: toll.crashed,
      faults: this.faultsMet(),
      wire: proxy.met,
      notices: this.sender.tally,
      awards: this.awards(),
      issueCalls: this.issueCalls(),
      unsaid: this.hands.unsaid,
      drift: this.drift,
      violations: violations.map(({ invariant, earner, text }) =>
        [invariant, ...(earner === undefined ? [] : [addressOf(earner)]), text].join(': '),
      ),
      folder,
    };
  }

  private faultsMet(): Record<string, number> {
    const met: Record<string, number> = {};
    for (const { route, status } of this.stage.sandbox.calls) {
      if (status === 200) continue;
      const key = `${route}: ${status}`;
      met[key] = (met[key] ?? 0) + 1;
    }
    return Object.fromEntries(Object.entries(met).toSorted(([a], [b]) => a.localeCompare(b)));
  }

  private awards(): ChaosReport['awards'] {
    const { sandbox } = this.stage;
    const truth = [...truthOf(sandbox, this.given.cast.earners, this.hands.expiries)];
    const copies = truth.flatMap(([, one]) => one.copies);
    const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
    return {
      expected: sum(truth.map(([, { expected }]) => expected.size)),
      given: copies.filter(({ by }) => by === 'palier').length,
      byHand: copies.filter(({ by }) => by === 'hand').length,
      refused: sum(truth.map(([{ refused }, { expected }]) => (refused ? expected.size : 0))),
      takenBack: this.hands.takenBack.size,
    };
  }

  private issueCalls(): ChaosReport['issueCalls'] {
    const issues = this.stage.sandbox.issues();
    const done = issues.filter(({ eventId }) => eventId !== null);
    const unheard = done.filter(({ status }) => status !== 200);
    return { all: issues.length, done: done.length, unheard: unheard.length };
  }

  private async keep(inside: Inside, violations: readonly Violation[]): Promise<string> {
    const folder = resolve('node_modules/.cache/palier/chaos', `seed-${this.given.seed}-${process.pid}`);
    await mkdir(folder, { recursive: true });
    const { web, workers } = this.stage;
    for (const one of [web, ...workers]) await writeFile(join(folder, `${one.name}.log`), one.output());
    const output = [web, ...workers].map((one) => one.output()).join('\n');
    const people = [...new Set(violations.flatMap(({ earner }) => earner ?? []))].slice(0, 10);
    const stories = await Promise.all(
      people.map((earner) =>
        storyOf(earner, { sandbox: this.stage.sandbox, inside, diary: this.diary, output }),
      ),
    );
    const told = violations.map(
      ({ invariant, earner, text }) => `${invariant}: ${earner?.number ?? ''} ${text}`,
    );
    const run = this.diary.of(new Set(['run']));
    await writeFile(join(folder, 'story.txt'), [...told, '', ...stories, '', ...run].join('\n'));
    return folder;
  }
}
