import { createInterface } from 'node:readline/promises';
import { normaliseAddress } from '../../../earners/earner-key.js';
import type { Call, Context } from '../context.js';
import { Problem, wrongUsage } from '../problem.js';

/** @throws Problem where nobody can be asked, and nothing says that it is meant */
export function requireWord({ flags }: Pick<Call, 'flags'>, { streams }: Pick<Context, 'streams'>): void {
  if (flags['yes'] === true || streams.isTty.stdin) return;
  throw wrongUsage({
    fr: 'Sans terminal pour le confirmer, ajoutez --yes.',
    en: 'With no terminal to confirm it, add --yes.',
  });
}

/**
 * Has the address typed again on the terminal, unless `--yes` was typed.
 * @throws Problem for another one: nothing is changed
 */
export async function requireSameAddress(
  { flags, lang }: Pick<Call, 'flags' | 'lang'>,
  { streams }: Pick<Context, 'streams'>,
  address: string,
  signal: AbortSignal,
): Promise<void> {
  if (flags['yes'] === true) return;
  const question = {
    fr: "Tout ce qui est gardé de cette personne sera effacé, et ne peut pas être rétabli.\nTapez l'adresse à nouveau pour confirmer : ",
    en: 'Everything that is held about this person will be erased, and cannot be restored.\nType the address again to confirm: ',
  };
  streams.errText(question[lang]);
  if (normaliseAddress(await lineOf(streams.stdin, signal)) === normaliseAddress(address)) return;
  throw new Problem('not_confirmed', [
    {
      fr: "Ce n'est pas la même adresse : rien n'a été changé.",
      en: 'Not the same address: nothing was changed.',
    },
  ]);
}

/** What is typed until the end of the line; nothing where the input ends, or it is given up. */
async function lineOf(input: Context['streams']['stdin'], signal: AbortSignal): Promise<string> {
  const reader = createInterface({ input });
  signal.addEventListener('abort', () => reader.close(), { once: true });
  try {
    for await (const line of reader) return line;
    return '';
  } finally {
    reader.close();
  }
}
