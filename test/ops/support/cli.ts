import { Readable } from 'node:stream';
import { loadConfig } from '../../../src/config.js';
import type { CommandContext, Streams } from '../../../src/ops/cli/command.js';
import { run } from '../../../src/ops/cli/run.js';
import { openOperator } from '../../../src/platform/redis.js';

export interface Ran {
  readonly exit: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** Streams that remember; what is written without an end of line joins the last line of `err`. */
export function rememberingStreams(over: Partial<Streams> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const streams: Streams = {
    out: (line) => void out.push(...line.split('\n')),
    err: (line) => void err.push(line),
    errText: (text) => void err.push(text),
    stdin: Readable.from([]),
    isTty: { stdin: false, stderr: false },
    ...over,
  };
  return { streams, out, err };
}

/** Types `npx palier ...`. Everything that a command touches can be replaced. */
export async function palier(
  argv: readonly string[],
  over: Partial<Omit<CommandContext, 'streams'>> & { readonly streams?: Partial<Streams> } = {},
): Promise<Ran> {
  const { streams, out, err } = rememberingStreams(over.streams);
  const context: CommandContext = {
    env: {},
    cwd: '/nowhere',
    clock: () => Date.UTC(2026, 0, 15),
    version: '1.2.3',
    loadConfig,
    openRedis: openOperator,
    dataPrefix: 'no-prefix',
    queuePrefix: '{no-queues}',
    onInterrupt: () => () => undefined,
    // A busy machine may stand still for seconds: who wants to see it run out asks for less.
    patienceMs: { redis: 30_000, obf: 30_000 },
    ...over,
    streams,
  };
  const exit = await run(argv, context);
  return { exit, out, err };
}

export const jsonOf = ({ out }: Ran): unknown => JSON.parse(out.join('\n'));
