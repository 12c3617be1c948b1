import { setTimeout as pause } from 'node:timers/promises';
import { startLine, type RunningProcess } from '../support/processes.js';
import type { Random } from './random.js';

/** How the processes of a run ended, and how often. */
export interface Toll {
  readonly crashed: Record<string, number>;
  killed: number;
  stopped: number;
  frozen: number;
  /** Nobody asked them to: each is a fault of the program. */
  readonly unasked: string[];
}

/** One process of the Procfile that is started again whenever it ends. */
export class Member {
  private running: RunningProcess;
  private crashAt: string | null = null;
  private asked: 'kill' | 'stop' | null = null;
  private closing = false;
  private readonly past: RunningProcess[] = [];
  private life: Promise<void>;

  constructor(
    readonly name: string,
    private readonly line: 'web' | 'worker',
    private readonly env: Readonly<Record<string, string>>,
    private readonly crashes: string[],
    private readonly toll: Toll,
    private readonly random: Random,
  ) {
    this.running = this.start();
    this.life = this.live();
  }

  get pid(): number {
    return this.running.child.pid ?? 0;
  }

  /** All that it wrote in all its lives. */
  output(): string {
    return [...this.past, this.running].map((one) => one.output()).join('');
  }

  kill(): void {
    if (!this.isAlive()) return;
    this.asked = 'kill';
    this.toll.killed += 1;
    this.running.child.kill('SIGKILL');
  }

  /** SIGTERM, as at every deployment; a second one would end it at once. */
  stop(): void {
    if (!this.isAlive() || this.asked !== null) return;
    this.asked = 'stop';
    this.toll.stopped += 1;
    this.running.child.kill('SIGTERM');
  }

  async freeze(forMs: number): Promise<void> {
    const { child } = this.running;
    if (!this.isAlive()) return;
    this.toll.frozen += 1;
    child.kill('SIGSTOP');
    await pause(forMs);
    child.kill('SIGCONT');
  }

  /** Ends it for good. */
  async close(): Promise<number | null> {
    this.closing = true;
    const { child } = this.running;
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    await this.life;
    return this.running.child.exitCode;
  }

  /** Nothing that it does is answered any more: the last resort of a harness that fails itself. */
  destroy(): void {
    this.closing = true;
    this.running.child.kill('SIGKILL');
  }

  private isAlive(): boolean {
    const { child } = this.running;
    return child.exitCode === null && child.signalCode === null;
  }

  private start(): RunningProcess {
    this.crashAt = this.line === 'worker' ? (this.crashes.shift() ?? null) : null;
    this.asked = null;
    return startLine(this.line, {
      ...this.env,
      ...(this.crashAt === null ? {} : { PALIER_CRASH_AT: this.crashAt }),
    });
  }

  private async live(): Promise<void> {
    for (;;) {
      const { child } = this.running;
      await new Promise((resolve) => child.once('close', resolve));
      this.note(child.exitCode, child.signalCode);
      if (this.closing) return;
      await pause(this.random.between(50, 1500));
      // Closed while it was down: nothing is to be started any more.
      if (this.closing) return;
      this.past.push(this.running);
      this.running = this.start();
    }
  }

  private note(code: number | null, signal: NodeJS.Signals | null): void {
    const point = this.crashAt?.split(':')[0] ?? '';
    if (signal === 'SIGKILL' && this.asked !== 'kill' && point !== '' && !this.closing) {
      this.toll.crashed[point] = (this.toll.crashed[point] ?? 0) + 1;
      return;
    }
    // It was ended before it got there: the next one has the crash before it.
    if (this.crashAt !== null) this.crashes.push(this.crashAt);
    const asked = this.closing || this.asked !== null;
    // Until it listens to signals, SIGTERM simply ends it.
    const unheard = signal === 'SIGTERM' && !this.running.output().includes(' started"');
    const well = asked && (code === 0 || signal === 'SIGKILL' || unheard);
    if (!well) this.toll.unasked.push(`${this.name} ended with ${signal ?? code}:\n${this.lastWords()}`);
  }

  private lastWords(): string {
    return this.running.output().trim().split('\n').slice(-8).join('\n');
  }
}
