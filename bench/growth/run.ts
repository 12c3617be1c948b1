import { growthOfCommands } from './commands.js';
import { growthOfNotices } from './notices.js';
import { growthOfReconcile } from './reconcile.js';
import type { GrowthResult } from './types.js';

export interface GrowthOptions {
  /** Earners beside whom a notice is measured. */
  readonly notices: readonly [small: number, large: number];
  /** Earners for whom `plan` and `simulate` are. */
  readonly commands: readonly [small: number, large: number];
  /** That `reconcile --full` reads. */
  readonly assertions: number;
}

export const GROWTH: GrowthOptions = {
  notices: [10_000, 1_000_000],
  commands: [100_000, 1_000_000],
  assertions: 1_000_000,
};

const ratio = ([small, large]: readonly [number, number]): number => large / small;

/** Some ten minutes on a quiet machine, on Redis servers of its own; needs `dist`. */
export async function runGrowth(options: Partial<GrowthOptions> = {}): Promise<GrowthResult> {
  const sizes = { ...GROWTH, ...options };
  const notices = await growthOfNotices(sizes.notices);
  const commands = await growthOfCommands(sizes.commands);
  const reconcile = await growthOfReconcile(sizes.assertions);
  const figures: Record<string, number> = {
    'growth.notice.commands.small': notices.commandsPerNotice[0],
    'growth.notice.commands.large': notices.commandsPerNotice[1],
    'growth.notice.commands.ratio': ratio(notices.commandsPerNotice),
    'growth.notice.ms.small': notices.msPerNotice[0],
    'growth.notice.ms.large': notices.msPerNotice[1],
    'growth.notice.ms.ratio': ratio(notices.msPerNotice),
    'growth.reconcile.assertions': reconcile.assertions,
    'growth.reconcile.ourMicrosecondsPerAssertion': (reconcile.ourSeconds * 1e6) / reconcile.assertions,
    'growth.reconcile.ourSeconds': reconcile.ourSeconds,
    'growth.reconcile.obfSeconds': reconcile.obfSeconds,
    'growth.reconcile.ourShareOfObfsTime': reconcile.ourSeconds / reconcile.obfSeconds,
    'growth.reconcile.commandPeakMib': reconcile.commandPeakMib,
    'growth.reconcile.commandLiveMib': reconcile.commandLiveMib,
    'growth.reconcile.workerSeconds': reconcile.workerSeconds,
    'growth.reconcile.workerPeakMib': reconcile.workerPeakMib,
    'growth.reconcile.workerLiveMib': reconcile.workerLiveMib,
  };
  for (const { command, microsecondsPerEarner, peakMib, liveMib } of commands) {
    figures[`growth.${command}.usPerEarner.small`] = microsecondsPerEarner[0];
    figures[`growth.${command}.usPerEarner.large`] = microsecondsPerEarner[1];
    figures[`growth.${command}.usPerEarner.ratio`] = ratio(microsecondsPerEarner);
    figures[`growth.${command}.peakMib.small`] = peakMib[0];
    figures[`growth.${command}.peakMib.large`] = peakMib[1];
    figures[`growth.${command}.liveMib.small`] = liveMib[0];
    figures[`growth.${command}.liveMib.large`] = liveMib[1];
  }
  return { name: 'growth', figures };
}
