import { check } from './check.js';
import type { Command } from './context.js';
import { explain } from './explain.js';
import { hashPasswordCommand } from './hash-password.js';
import { keygen } from './keygen.js';

/** The map of `npx palier`, in the order of its help. */
export const COMMANDS: readonly Command[] = [check, explain, keygen, hashPasswordCommand];
