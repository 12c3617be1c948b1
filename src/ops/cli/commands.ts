import { check } from './check.js';
import type { Command } from './context.js';
import { explain } from './explain.js';
import { hashPasswordCommand } from './hash-password.js';
import { keygen } from './keygen.js';
import { pause, resume } from './pause.js';
import { reconcile } from './reconcile.js';
import { replay } from './replay.js';
import { stats } from './stats.js';
import { unblock } from './unblock.js';

/** The map of `npx palier`, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  check,
  explain,
  stats,
  reconcile,
  replay,
  pause,
  resume,
  unblock,
  keygen,
  hashPasswordCommand,
];
