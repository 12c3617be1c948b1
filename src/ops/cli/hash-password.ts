import { hashPassword } from '../../platform/secrets.js';
import { askHidden, firstLine } from './ask-password.js';
import type { Call, Command, Context } from './context.js';
import { EXIT } from './exit.js';
import { Problem } from './problem.js';

const MIN_CHARS = 12;
const MAX_CHARS = 1024;

export const hashPasswordCommand: Command = {
  name: 'hash-password',
  summary: {
    fr: "fabrique l'empreinte d'un mot de passe, pour OPS_USERS",
    en: 'makes the hash of a password, for OPS_USERS',
  },
  details: [
    {
      fr: `Demande deux fois le mot de passe (${MIN_CHARS} caractères au moins), sans l'afficher ; ou lit une ligne sur l'entrée standard. Dans .env : OPS_USERS='nom:empreinte', entre apostrophes.`,
      en: `Asks for the password twice (${MIN_CHARS} characters at least), without showing it; or reads one line of standard input. In .env: OPS_USERS='name:hash', in single quotes.`,
    },
  ],
  args: [],
  options: [],
  run: async (call, context) => {
    const hash = await hashPassword(await newPassword(call, context));
    context.streams.out(call.json ? JSON.stringify({ hash }, null, 2) : hash);
    return EXIT.good;
  },
};

async function newPassword(call: Call, context: Context): Promise<string> {
  const password = await readPassword(call, context);
  const { length } = password.normalize('NFKC');
  if (length < MIN_CHARS)
    throw new Problem('password_too_short', [
      {
        fr: `Le mot de passe est trop court : ${MIN_CHARS} caractères au moins.`,
        en: `The password is too short: ${MIN_CHARS} characters at least.`,
      },
    ]);
  if (length > MAX_CHARS)
    throw new Problem('password_too_long', [
      {
        fr: `Le mot de passe est trop long : ${MAX_CHARS} caractères au plus.`,
        en: `The password is too long: ${MAX_CHARS} characters at most.`,
      },
    ]);
  return password;
}

async function readPassword({ lang }: Call, { streams }: Context): Promise<string> {
  if (!streams.isTty.stdin) return firstLine(streams.stdin);
  const prompts = {
    fr: ['Mot de passe : ', 'Encore une fois : '],
    en: ['Password: ', 'Once more: '],
  };
  const [first, again] = await askHidden(streams, prompts[lang]);
  if (first === undefined || first !== again)
    throw new Problem('passwords_differ', [
      { fr: 'Les deux mots de passe diffèrent.', en: 'The two passwords differ.' },
    ]);
  return first;
}
