import { setTimeout as pause } from 'node:timers/promises';
import type { Circus } from '@jest/types';
import { TestEnvironment } from 'jest-environment-node';

/** What keeps a process alive and belongs to its opener. Other kinds come and go by themselves. */
const KINDS = new Set([
  'TCPServerWrap',
  'TCPSocketWrap',
  'TLSWrap',
  'PipeServerWrap',
  'PipeWrap',
  'ProcessWrap',
  'UDPWrap',
  'FSEventWrap',
  'StatWatcher',
  'SignalWrap',
  'Worker',
]);
/** A closed socket takes a moment to be gone; ioredis' own last timer takes 2 s. */
const PATIENCE_MS = 3000;
const LOOK_EVERY_MS = 20;

const openNow = (): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    if (KINDS.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
};

/**
 * Fails a test file that leaves something open: a server, a socket, a child process, a timer. It looks
 * when all of the file's own hooks have run, and compares with what was open at the file's start.
 */
export default class NoOpenHandles extends TestEnvironment {
  private before = new Map<string, number>();
  private readonly timers = new Map<NodeJS.Timeout, Error>();

  override async setup(): Promise<void> {
    await super.setup();
    // Opened when they are first looked at, by the first print or read.
    void [process.stdin, process.stdout, process.stderr];
    this.watch('setTimeout');
    this.watch('setInterval');
    this.before = openNow();
  }

  /** Told beside what failed in the tests themselves, which often is why something was not closed. */
  async handleTestEvent({ name }: Circus.Event, { unhandledErrors }: Circus.State): Promise<void> {
    if (name !== 'run_finish') return;
    const left = await this.leftOpen();
    if (left.length > 0)
      unhandledErrors.push(
        new Error(`This test file left open: ${left.join(', ')}. Close in afterAll what it opened.`),
      );
  }

  /** Timers are told one by one: jest has some of its own. */
  private watch(name: 'setTimeout' | 'setInterval'): void {
    const original = this.global[name];
    const watched = (...args: unknown[]): NodeJS.Timeout => {
      const timer = Reflect.apply(original, undefined, args) as NodeJS.Timeout;
      if (this.timers.size > 10_000) this.forgetEnded();
      this.timers.set(timer, new Error('timer made here'));
      return timer;
    };
    // `util.promisify(setTimeout)` looks for a property of the function.
    Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
    Reflect.set(this.global, name, watched);
  }

  private forgetEnded(): void {
    for (const timer of this.timers.keys()) if (hasEnded(timer)) this.timers.delete(timer);
  }

  private async leftOpen(): Promise<string[]> {
    // Looks are counted, not time: on a machine that stands still for a while nothing could close meanwhile.
    for (let looks = PATIENCE_MS / LOOK_EVERY_MS; ; looks -= 1) {
      const left = [...this.handlesLeft(), ...this.timersLeft()];
      if (left.length === 0 || looks <= 0) return left;
      await pause(LOOK_EVERY_MS);
    }
  }

  private handlesLeft(): string[] {
    return [...openNow()].flatMap(([kind, count]) => {
      const more = count - (this.before.get(kind) ?? 0);
      return more > 0 ? [`${more} ${kind}`] : [];
    });
  }

  private timersLeft(): string[] {
    const left = [...this.timers].filter(([timer]) => !hasEnded(timer) && timer.hasRef());
    const counts = new Map<string, number>();
    for (const [, { stack }] of left) {
      const where = (stack ?? '').split('\n').slice(2, 4).join(' ').trim();
      counts.set(where, (counts.get(where) ?? 0) + 1);
    }
    return [...counts].map(([where, count]) => `${count} timers made ${where}`);
  }
}

/** Fired, or cleared. */
const hasEnded = (timer: NodeJS.Timeout): boolean => Reflect.get(timer, '_destroyed') === true;
