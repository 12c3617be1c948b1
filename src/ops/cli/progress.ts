import type { Call, Streams } from './context.js';
import type { Words } from './words.js';

/** What is quicker needs no sign of life. */
const QUIET_MS = 1000;
const FRAME_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const ERASE_LINE = '\r\u001B[2K';

/** Does `work`; after a second, a terminal shows that it is still being done. */
export async function withProgress<T>(
  { streams, lang }: { readonly streams: Streams } & Pick<Call, 'lang'>,
  about: Words,
  work: () => Promise<T>,
): Promise<T> {
  if (!streams.isTty.stderr) return work();
  const stop = startSpinner(streams, about[lang]);
  try {
    return await work();
  } finally {
    stop();
  }
}

function startSpinner(streams: Streams, text: string): () => void {
  let turns = 0;
  const draw = (): void => {
    streams.errText(`${ERASE_LINE}${FRAMES[turns % FRAMES.length] ?? ''} ${text}`);
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
