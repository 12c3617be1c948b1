import { growthOfCommands } from './commands.js';
import { growthOfNotices } from './notices.js';
import { growthOfReconcile } from './reconcile.js';
import type { CommandGrowth, GrowthResult, NoticesGrowth, ReconcileGrowth } from './types.js';

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

type Figures = Readonly<Record<string, number>>;

/**
 * Some ten minutes on a quiet machine, on Redis servers of its own; needs `dist`.
 * @param tell told what is known already, as it becomes known
 */
export async function runGrowth(
  options: Partial<GrowthOptions> = {},
  tell: (figures: Figures) => void = () => undefined,
): Promise<GrowthResult> {
  const sizes = { ...GROWTH, ...options };
  const told = (figures: Figures): Figures => {
    tell(figures);
    return figures;
  };
  const notices = told(ofNotices(await growthOfNotices(sizes.notices)));
  const commands = told(ofCommands(await growthOfCommands(sizes.commands)));
  const reconcile = told(ofReconcile(await growthOfReconcile(sizes.assertions)));
  return { name: 'growth', figures: { ...notices, ...commands, ...reconcile } };
}

const ofNotices = ({ commandsPerNotice, msPerNotice }: NoticesGrowth): Figures => ({
  'growth.notice.commands.small': commandsPerNotice[0],
  'growth.notice.commands.large': commandsPerNotice[1],
  'growth.notice.commands.ratio': ratio(commandsPerNotice),
  'growth.notice.ms.small': msPerNotice[0],
  'growth.notice.ms.large': msPerNotice[1],
  'growth.notice.ms.ratio': ratio(msPerNotice),
});

const ofReconcile = (one: ReconcileGrowth): Figures => ({
  'growth.reconcile.assertions': one.assertions,
  'growth.reconcile.ourMicrosecondsPerAssertion': (one.ourSeconds * 1e6) / one.assertions,
  'growth.reconcile.ourSeconds': one.ourSeconds,
  'growth.reconcile.obfSeconds': one.obfSeconds,
  'growth.reconcile.ourShareOfObfsTime': one.ourSeconds / one.obfSeconds,
  'growth.reconcile.commandPeakMib': one.commandPeakMib,
  'growth.reconcile.commandLiveMib': one.commandLiveMib,
  'growth.reconcile.workerSeconds': one.workerSeconds,
  'growth.reconcile.workerPeakMib': one.workerPeakMib,
  'growth.reconcile.workerLiveMib': one.workerLiveMib,
});

function ofCommands(commands: readonly CommandGrowth[]): Figures {
  const figures: Record<string, number> = {};
  for (const { command, microsecondsPerEarner, peakMib, liveMib } of commands) {
    figures[`growth.${command}.usPerEarner.small`] = microsecondsPerEarner[0];
    figures[`growth.${command}.usPerEarner.large`] = microsecondsPerEarner[1];
    figures[`growth.${command}.usPerEarner.ratio`] = ratio(microsecondsPerEarner);
    figures[`growth.${command}.peakMib.small`] = peakMib[0];
    figures[`growth.${command}.peakMib.large`] = peakMib[1];
    figures[`growth.${command}.liveMib.small`] = liveMib[0];
    figures[`growth.${command}.liveMib.large`] = liveMib[1];
  }
  return figures;
}
