import { randomBytes } from 'node:crypto';
import { printAnswer } from './command.js';
import type { Call, Command, Context } from './context.js';

const KEY_BYTES = 32;
/** Standard Webhooks asks for 24 to 64. */
const WEBHOOK_BYTES = 32;

export const keygen: Command = {
  name: 'keygen',
  summary: {
    fr: 'fabrique une clé pour PALIER_KEY ou WEBHOOK_SECRETS',
    en: 'makes a key for PALIER_KEY or WEBHOOK_SECRETS',
  },
  details: [
    {
      fr: 'Écrit la clé seule : echo "PALIER_KEY=$(npx palier keygen)" >> .env',
      en: 'Writes the key alone: echo "PALIER_KEY=$(npx palier keygen)" >> .env',
    },
    {
      fr: "À conserver à l'abri : sous une autre PALIER_KEY, tout ce que Redis garde des personnes devient illisible. « npx palier rekey » change la clé.",
      en: 'Keep it safe: under another PALIER_KEY, nothing that Redis holds of people can be read. "npx palier rekey" changes the key.',
    },
  ],
  args: [],
  options: [
    {
      flag: '--webhook',
      about: { fr: 'un secret pour WEBHOOK_SECRETS', en: 'a secret for WEBHOOK_SECRETS' },
    },
  ],
  run: async (call, context) => {
    const webhook = call.flags['webhook'] === true;
    if (!webhook) warnOfAnother(call, context);
    const name = webhook ? 'WEBHOOK_SECRETS' : 'PALIER_KEY';
    const secret = webhook
      ? `whsec_${randomBytes(WEBHOOK_BYTES).toString('base64')}`
      : randomBytes(KEY_BYTES).toString('base64');
    return printAnswer(call, context, { lines: [secret], json: { [name]: secret } });
  },
};

/** The last line of a `.env` wins: a second key put there hides everybody from us. */
function warnOfAnother({ lang }: Call, { env, streams }: Context): void {
  if ((env['PALIER_KEY'] ?? '').trim() === '') return;
  const words = {
    fr: "Attention : PALIER_KEY est déjà définie ici. La remplacer rend illisible ce que Redis garde des personnes ; n'ajoutez pas celle-ci au même fichier .env.",
    en: 'Careful: PALIER_KEY is set here already. To replace it makes what Redis holds of people unreadable; do not add this one to the same .env file.',
  };
  streams.err(words[lang]);
}
