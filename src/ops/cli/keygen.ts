import { randomBytes } from 'node:crypto';
import { say } from '../shared/words.js';
import { type Command } from './command.js';

/** A PALIER_KEY has 32 bytes; Standard Webhooks asks for 24 to 64. */
const BYTES = 32;

export const keygen: Command = {
  name: 'keygen',
  help: [
    say`fabrique une clé pour PALIER_KEY ou WEBHOOK_SECRETS
      makes a key for PALIER_KEY or WEBHOOK_SECRETS`,
    say`Écrit la clé seule : echo "PALIER_KEY=$(npx palier keygen)" >> .env
      Writes the key alone: echo "PALIER_KEY=$(npx palier keygen)" >> .env`,
    say`À conserver à l'abri : sous une autre PALIER_KEY, tout ce que Redis garde des personnes devient illisible. « npx palier rekey » change la clé.
      Keep it safe: under another PALIER_KEY, nothing that Redis holds of people can be read. "npx palier rekey" changes the key.`,
  ],
  options: { '--webhook': { fr: 'un secret pour WEBHOOK_SECRETS', en: 'a secret for WEBHOOK_SECRETS' } },
  run: async ({ has, env, streams, lang }) => {
    const secret = randomBytes(BYTES).toString('base64');
    if (has('webhook')) return { lines: [`whsec_${secret}`], json: { WEBHOOK_SECRETS: `whsec_${secret}` } };
    if ((env['PALIER_KEY'] ?? '').trim() !== '') streams.err(SET_ALREADY[lang]);
    return { lines: [secret], json: { PALIER_KEY: secret } };
  },
};

/** The last line of a `.env` wins: a second key put there hides everybody from us. */
const SET_ALREADY = say`Attention : PALIER_KEY est déjà définie ici. La remplacer rend illisible ce que Redis garde des personnes ; n'ajoutez pas celle-ci au même fichier .env.
  Careful: PALIER_KEY is set here already. To replace it makes what Redis holds of people unreadable; do not add this one to the same .env file.`;
