import { randomBytes } from 'node:crypto';
import type { Call, Command, Context } from './context.js';
import { EXIT } from './exit.js';

const KEY_BYTES = 32;
/** Standard Webhooks asks for 24 to 64. */
const WEBHOOK_BYTES = 32;

export const keygen: Command = {
  name: 'keygen',
  summary: {
    fr: 'fabrique la clé PALIER_KEY, au format du fichier .env',
    en: 'makes a PALIER_KEY, in the form of the .env file',
  },
  details: [
    {
      fr: 'Écrit une ligne « NOM=valeur » par secret : npx palier keygen --webhook >> .env',
      en: 'Writes one "NAME=value" line a secret: npx palier keygen --webhook >> .env',
    },
    {
      fr: "À conserver à l'abri : sous une autre clé, tout ce que Redis garde des personnes devient illisible.",
      en: 'Keep it safe: under another key, nothing that Redis holds of people can be read.',
    },
  ],
  args: [],
  options: [
    {
      flag: '--webhook',
      about: { fr: 'ajoute un secret pour WEBHOOK_SECRETS', en: 'adds a secret for WEBHOOK_SECRETS' },
    },
  ],
  run: async (call, context) => {
    warnOfAnother(call, context);
    const secrets = {
      PALIER_KEY: randomBytes(KEY_BYTES).toString('base64'),
      ...(call.flags['webhook'] === true
        ? { WEBHOOK_SECRETS: `whsec_${randomBytes(WEBHOOK_BYTES).toString('base64')}` }
        : {}),
    };
    const lines = Object.entries(secrets).map(([name, secret]) => `${name}=${secret}`);
    for (const line of call.json ? [JSON.stringify(secrets, null, 2)] : lines) context.streams.out(line);
    return EXIT.good;
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
