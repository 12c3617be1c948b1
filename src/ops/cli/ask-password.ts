import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Streams } from './context.js';
import { Problem } from './problem.js';

/** Nobody types more; a file sent by mistake is not read to its end. */
const MAX_CHARS = 4096;

/**
 * Asks on a terminal, one answer a prompt, and shows nothing of what is typed. Prompts go to standard
 * error, so that the result can be sent to a file.
 * @throws Problem when given up (Ctrl-C, or the end of the input)
 */
export async function askHidden(streams: Streams, prompts: readonly string[]): Promise<readonly string[]> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // One reader for all answers: two lines that come at once are both for us.
  const reader = createInterface({ input: streams.stdin, output: nowhere, terminal: true, historySize: 0 });
  const answers: string[] = [];
  const promptNext = (): void => streams.errText(prompts[answers.length] ?? '');
  try {
    return await new Promise<readonly string[]>((resolve, reject) => {
      const giveUp = (): void => reject(cancelled());
      reader.on('SIGINT', () => reader.close()).on('close', giveUp);
      reader.on('line', (line) => {
        streams.err('');
        answers.push(line);
        if (answers.length < prompts.length) promptNext();
        else resolve(answers);
      });
      promptNext();
    });
  } catch (error) {
    // Ends the prompt's line.
    streams.err('');
    throw error;
  } finally {
    reader.close();
  }
}

const cancelled = (): Problem => new Problem('cancelled', [{ fr: 'Abandonné.', en: 'Given up.' }]);

/** The first line of an input that is no terminal, without its end. */
export async function firstLine(stdin: Streams['stdin']): Promise<string> {
  let text = '';
  for await (const chunk of stdin.setEncoding('utf8')) {
    text += String(chunk);
    if (text.includes('\n') || text.length > MAX_CHARS) break;
  }
  return text.split(/\r?\n/, 1)[0] ?? '';
}
