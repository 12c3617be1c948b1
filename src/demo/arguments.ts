import { parseArgs } from 'node:util';

export interface DemoArguments {
  /** No pauses for a reader. */
  readonly fast: boolean;
  /** Stays up after the story. */
  readonly keep: boolean;
  readonly help: boolean;
}

export const USAGE = [
  'npm run demo [-- options]',
  '',
  '  --fast   sans pauses de lecture',
  "  --keep   tout reste ouvert après l'histoire, jusqu'à Ctrl-C",
  '  --help   ceci',
];

/** Null for what cannot be read. Pure: `args` are those after the script's name. */
export function readArguments(args: readonly string[]): DemoArguments | null {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({ args: [...args], options: { fast: flag, keep: flag, help: flag } });
    return { fast: values.fast, keep: values.keep, help: values.help };
  } catch {
    return null;
  }
}
