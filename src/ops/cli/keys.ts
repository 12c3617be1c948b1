import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { markKey } from '../../platform/key-guard.js';
import { hashPassword } from '../../platform/secrets.js';
import { resealAll } from '../../workers/every-record.js';
import { say } from '../../localized.js';
import { inPipeline } from './session.js';
import { isSet } from './settings.js';
import { type CommandCall, type Command, problem, readLine } from './command.js';

/** The length of a PALIER_KEY; Standard Webhooks requires 24 to 64 bytes. */
const KEY_BYTES = 32;

export const keygen: Command = {
  help: `
    fabrique une clé pour PALIER_KEY ou WEBHOOK_SECRETS
      makes a key for PALIER_KEY or WEBHOOK_SECRETS
    Écrit la clé seule : echo "PALIER_KEY=$(npx palier keygen)" >> .env
      Writes the key alone: echo "PALIER_KEY=$(npx palier keygen)" >> .env
    À conserver à l'abri : sous une autre PALIER_KEY, tout ce que Redis garde des personnes devient illisible. « npx palier rekey » change la clé.
      Keep it safe: under another PALIER_KEY, nothing that Redis holds of people can be read. "npx palier rekey" changes the key.`,
  options: { '--webhook': { fr: 'un secret pour WEBHOOK_SECRETS', en: 'a secret for WEBHOOK_SECRETS' } },
  run: async ({ has, env, streams, lang }) => {
    const secret = randomBytes(KEY_BYTES).toString('base64');
    if (has('webhook')) return { lines: [`whsec_${secret}`], json: { WEBHOOK_SECRETS: `whsec_${secret}` } };
    if (isSet(env, 'PALIER_KEY')) streams.err(SET_ALREADY[lang]);
    return { lines: [secret], json: { PALIER_KEY: secret } };
  },
};

/** The last line of a `.env` wins: a second key there would make all records unreadable. */
const SET_ALREADY = say`Attention : PALIER_KEY est déjà définie ici. La remplacer rend illisible ce que Redis garde des personnes ; n'ajoutez pas celle-ci au même fichier .env.
  Careful: PALIER_KEY is set here already. To replace it makes what Redis holds of people unreadable; do not add this one to the same .env file.`;

export const rekey: Command = {
  help: `
    chiffre à nouveau, sous PALIER_KEY, ce qui l'est sous PALIER_KEY_OLD
      seals anew, under PALIER_KEY, what is sealed under PALIER_KEY_OLD
    Avant de la taper : la nouvelle clé dans PALIER_KEY, l'ancienne dans PALIER_KEY_OLD, web et worker redémarrés. Personne ne change de nom, et rien n'est délivré de nouveau.
      Before it is typed: the new key in PALIER_KEY, the former one in PALIER_KEY_OLD, web and worker restarted. Nobody is named anew, and nothing is issued again.
    Peut être tapée à côté des workers, et autant de fois que voulu ; arrêtée en route, elle reprend. Code de sortie 1 si un enregistrement n'a pas pu être lu.
      May be typed beside running workers, and as often as you like; stopped on the way, it goes on. Exit code 1 if a record could not be read.`,
  progress: { fr: 'Chiffrement sous la nouvelle clé', en: 'Sealing under the new key' },
  interruptible: true,
  run: inPipeline(async (pipeline, call) => {
    const { redis, prefix } = pipeline;
    await markKey(redis, prefix, pipeline.vault);
    const total = await pipeline.earners.count();
    const report = (records: number) => call.report(records, Math.max(records, total));
    const counts = await resealAll(pipeline, report, call.signal);
    const { records, resealed, jobs, unreadable } = counts;
    return {
      lines: [
        say`Enregistrements : ${records}, dont ${resealed} chiffrés à nouveau. Avis en attente ou en échec chiffrés à nouveau : ${jobs}.
            Records: ${records}, of which ${resealed} were sealed anew. Notices that wait or failed, sealed anew: ${jobs}.`,
        unreadable.length > 0 &&
          say`Illisibles sous les deux clés : ${unreadable.join(', ')}. Voyez docs/operating.md (« Changer PALIER_KEY »).
              Readable under neither key: ${unreadable.join(', ')}. See docs/operating.md ("Changer PALIER_KEY").`,
        say`Plus rien ne demande l’ancienne clé : retirez PALIER_KEY_OLD, puis redémarrez web et worker.
            Nothing needs the former key any more: remove PALIER_KEY_OLD, then restart web and worker.`,
      ],
      json: counts,
      ok: unreadable.length === 0,
    };
  }),
};

const MIN_CHARS = 12;
const MAX_CHARS = 1024;

export const hashPasswordCommand: Command = {
  help: `
    fabrique l'empreinte d'un mot de passe, pour OPS_USERS
      makes the hash of a password, for OPS_USERS
    Demande deux fois le mot de passe (${MIN_CHARS} caractères au moins), sans l'afficher ; ou lit une ligne sur l'entrée standard. Dans .env : OPS_USERS='nom:empreinte', entre apostrophes.
      Asks for the password twice (${MIN_CHARS} characters at least), without showing it; or reads one line of standard input. In .env: OPS_USERS='name:hash', in single quotes.`,
  run: async (call) => {
    const { stdin, isTty } = call.streams;
    const password = isTty.stdin ? await askTwice(call) : await readLine(stdin);
    const { length } = password.normalize('NFKC');
    if (length < MIN_CHARS)
      throw problem`password_too_short
        Le mot de passe est trop court : ${MIN_CHARS} caractères au moins.
        The password is too short: ${MIN_CHARS} characters at least.`;
    if (length > MAX_CHARS)
      throw problem`password_too_long
        Le mot de passe est trop long : ${MAX_CHARS} caractères au plus.
        The password is too long: ${MAX_CHARS} characters at most.`;
    const hash = await hashPassword(password);
    return { lines: [hash], json: { hash } };
  },
};

const PROMPTS = { fr: ['Mot de passe : ', 'Encore une fois : '], en: ['Password: ', 'Once more: '] };

/** Reads a password twice without showing it. Prompts go to standard error: standard output may be a file. */
async function askTwice({ streams, lang }: CommandCall): Promise<string> {
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  // One reader for both answers: a second one would miss a line that arrived with the first.
  const reader = createInterface({ input: streams.stdin, output: discard, terminal: true, historySize: 0 });
  reader.on('SIGINT', () => reader.close());
  const [prompt = '', secondPrompt = ''] = PROMPTS[lang];
  let first: string | null = null;
  streams.errText(prompt);
  for await (const line of reader) {
    streams.err('');
    if (first === line) return line;
    if (first !== null)
      throw problem`passwords_differ
        Les deux mots de passe diffèrent.
        The two passwords differ.`;
    first = line;
    streams.errText(secondPrompt);
  }
  // Ends the line of the prompt.
  streams.err('');
  throw problem`cancelled
    Abandonné.
    Given up.`;
}
