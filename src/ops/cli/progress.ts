import type { Localized } from '../shared/words.js';
import type { Call, Streams } from './context.js';

/** What is quicker needs no sign of life. */
const QUIET_MS = 1000;
const FRAME_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const ERASE_LINE = '\r\u001B[2K';
const BAR_WIDTH = 20;

/** Told how far the work is; a total of 0 is no progress to speak of. */
export type Report = (done: number, total: number) => void;

/** Does `work`; after a second, a terminal shows that it is still being done, and how far it is. */
export async function withProgress<T>(
  { streams, lang }: { readonly streams: Streams } & Pick<Call, 'lang'>,
  about: Localized,
  work: (report: Report) => Promise<T>,
): Promise<T> {
  if (!streams.isTty.stderr) return work(() => undefined);
  let bar = '';
  const stop = startSpinner(streams, () => about[lang] + bar);
  try {
    return await work((done, total) => {
      bar = barOf(done, total);
    });
  } finally {
    stop();
  }
}

function barOf(done: number, total: number): string {
  if (total === 0) return '';
  const full = Math.round((Math.min(done, total) / total) * BAR_WIDTH);
  return ` ${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${done}/${total}`;
}

function startSpinner(streams: Streams, text: () => string): () => void {
  let turns = 0;
  const draw = (): void => {
    streams.errText(`${ERASE_LINE}${FRAMES[turns % FRAMES.length] ?? ''} ${text()}`);
    turns += 1;
  };
  let frames: NodeJS.Timeout | undefined;
  const quiet = setTimeout(() => {
    draw();
    frames = setInterval(draw, FRAME_MS);
  }, QUIET_MS);
  return () => {
    clearTimeout(quiet);
    clearInterval(frames);
    if (turns > 0) streams.errText(ERASE_LINE);
  };
}
