import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import type { Localized } from '../shared/words.js';
import type { Call, Report } from './command.js';

/** What is quicker needs no sign of life. */
const QUIET_MS = 1000;
const FRAME_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const ERASE_LINE = '\r\u001B[2K';
const BAR_WIDTH = 20;

/** Does `work`; after a second, a terminal shows that it is still being done, and how far it is. */
export async function withProgress<T>(
  { streams, lang }: Pick<Call, 'streams' | 'lang'>,
  about: Localized,
  work: (report: Report) => Promise<T>,
): Promise<T> {
  if (!streams.isTty.stderr) return work(() => undefined);
  const startedMs = performance.now();
  let [turns, bar] = [0, ''];
  const timer = setInterval(() => {
    if (performance.now() - startedMs < QUIET_MS) return;
    streams.errText(`${ERASE_LINE}${FRAMES[turns % FRAMES.length] ?? ''} ${about[lang]}${bar}`);
    turns += 1;
  }, FRAME_MS);
  try {
    return await work((done, total) => {
      bar = barOf(done, total);
    });
  } finally {
    clearInterval(timer);
    if (turns > 0) streams.errText(ERASE_LINE);
  }
}

function barOf(done: number, total: number): string {
  if (total === 0) return '';
  const full = Math.round((Math.min(done, total) / total) * BAR_WIDTH);
  return ` ${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${done}/${total}`;
}

/** What is typed until the end of the line; nothing where the input ends, or `signal` is aborted. */
export async function readLine(input: Readable, signal?: AbortSignal): Promise<string> {
  const reader = createInterface({ input });
  signal?.addEventListener('abort', () => reader.close(), { once: true });
  try {
    for await (const line of reader) return line;
    return '';
  } finally {
    reader.close();
  }
}
