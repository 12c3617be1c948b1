import { createInterface } from 'node:readline';
import { type Lang, say } from '../shared/words.js';
import { Writable } from 'node:stream';
import { hashPassword } from '../../platform/secrets.js';
import { type Call, type Command, Problem, type Streams, problem } from './command.js';

const MIN_CHARS = 12;
const MAX_CHARS = 1024;

export const hashPasswordCommand: Command = {
  name: 'hash-password',
  help: [
    say`fabrique l'empreinte d'un mot de passe, pour OPS_USERS
      makes the hash of a password, for OPS_USERS`,
    say`Demande deux fois le mot de passe (${MIN_CHARS} caractères au moins), sans l'afficher ; ou lit une ligne sur l'entrée standard. Dans .env : OPS_USERS='nom:empreinte', entre apostrophes.
      Asks for the password twice (${MIN_CHARS} characters at least), without showing it; or reads one line of standard input. In .env: OPS_USERS='name:hash', in single quotes.`,
  ],
  run: async (call) => {
    const hash = await hashPassword(await newPassword(call));
    return { lines: [hash], json: { hash } };
  },
};

async function newPassword({ streams, lang }: Call): Promise<string> {
  const password = streams.isTty.stdin ? await askTwice(streams, lang) : await firstLine(streams.stdin);
  const { length } = password.normalize('NFKC');
  if (length < MIN_CHARS)
    throw problem`password_too_short
      Le mot de passe est trop court : ${MIN_CHARS} caractères au moins.
      The password is too short: ${MIN_CHARS} characters at least.`;
  if (length > MAX_CHARS)
    throw problem`password_too_long
      Le mot de passe est trop long : ${MAX_CHARS} caractères au plus.
      The password is too long: ${MAX_CHARS} characters at most.`;
  return password;
}

const PROMPTS = { fr: ['Mot de passe : ', 'Encore une fois : '], en: ['Password: ', 'Once more: '] };

async function askTwice(streams: Streams, lang: Lang): Promise<string> {
  const [first, again] = await askHidden(streams, PROMPTS[lang]);
  if (first !== undefined && first === again) return first;
  const words = { fr: 'Les deux mots de passe diffèrent.', en: 'The two passwords differ.' };
  throw new Problem('passwords_differ', words);
}

/** Nobody types more; a file sent by mistake is not read to its end. */
const MAX_INPUT_CHARS = 4096;

/**
 * Asks on a terminal, one answer a prompt, and shows nothing of what is typed. Prompts go to standard
 * error, so that the result can be sent to a file.
 * @throws Problem when given up (Ctrl-C, or the end of the input)
 */
async function askHidden(streams: Streams, prompts: readonly string[]): Promise<readonly string[]> {
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

const cancelled = (): Problem => new Problem('cancelled', { fr: 'Abandonné.', en: 'Given up.' });

/** The first line of an input that is no terminal, without its end. */
export async function firstLine(stdin: Streams['stdin']): Promise<string> {
  let text = '';
  for await (const chunk of stdin.setEncoding('utf8')) {
    text += String(chunk);
    if (text.includes('\n') || text.length > MAX_INPUT_CHARS) break;
  }
  return text.split(/\r?\n/, 1)[0] ?? '';
}
