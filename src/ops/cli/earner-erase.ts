import { earnerKeyOf, normaliseAddress } from '../../earners/earner-key.js';
import type { EarnerKey } from '../../ids.js';
import { type ErasedNumbers, eraseEarner } from '../../privacy/erase-people.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { collectPersonalData, isNobody } from '../shared/personal-data.js';
import { counted, type Lang, type Localized } from '../shared/words.js';
import { addressOf, EARNER_ARGUMENT, unknownEarner } from './arguments.js';
import { printAnswer, readLine, untilInterrupted } from './command.js';
import type { Call, Command, Context } from './context.js';
import { Problem, wrongUsage } from './problem.js';
import { withProgress } from './progress.js';
import { withPipelineForPerson } from './session.js';

export const earnerErase: Command = {
  name: 'earner erase',
  summary: {
    fr: "efface tout ce qui est gardé d'une personne, à sa demande",
    en: 'erases everything that is held about a person, at their request',
  },
  details: [
    {
      fr: "Sous toutes ses adresses. Restent sa clé, l'empreinte des badges lus, pour qu'ils ne reviennent pas, et les badges Région donnés, pour qu'ils ne le soient pas deux fois. OBF et Open Badge Passport gardent ce qu'ils ont.",
      en: 'Under all of their addresses. What stays: their key, fingerprints of the badges that were read, so that those do not come back, and which awards were given, so that none is given twice. OBF and Open Badge Passport keep what they have.',
    },
    {
      fr: 'Ne peut pas être défait. Peut être retapée : un effacement interrompu est achevé, au plus tard la nuit suivante.',
      en: 'Cannot be undone. May be typed again: an erasure that was interrupted is ended, by the next night at the latest.',
    },
  ],
  args: [EARNER_ARGUMENT],
  options: [{ flag: '--yes', about: { fr: 'ne demande rien', en: 'does not ask' } }],
  run: async (call, context) => {
    const address = addressOf(call.args[0]);
    requireConfirmable(call, context);
    const done = await untilInterrupted(context, (signal) =>
      withPipelineForPerson(context, (pipeline) =>
        confirmAndErase(call, context, pipeline, { address, signal }),
      ),
    );
    return printAnswer(call, context, { lines: linesOf(done)[call.lang].split('\n'), json: jsonOf(done) });
  },
};

interface Done {
  readonly earner: EarnerKey;
  /** Null: they were erased before. */
  readonly erased: ErasedNumbers | null;
}

async function confirmAndErase(
  call: Call,
  context: Context,
  pipeline: Pipeline,
  { address, signal }: { readonly address: string; readonly signal: AbortSignal },
): Promise<Done> {
  const earner = earnerKeyOf(pipeline.vault, address);
  if (isNobody(await collectPersonalData(pipeline, earner))) throw unknownEarner();
  await requireSameAddress(call, context, address, signal);
  const about = { fr: 'Effacement', en: 'Erasing' };
  const erased = await withProgress({ ...context, lang: call.lang }, about, () =>
    eraseEarner(pipeline, earner, 'erased'),
  );
  return { earner, erased };
}

const jsonOf = ({ earner, erased }: Done) => ({
  earner,
  erased: erased !== null,
  addresses: erased?.addresses ?? 0,
  assertions: erased?.assertions ?? 0,
  account: erased?.entries ?? 0,
  jobs: erased?.jobs ?? 0,
  awards_kept: erased?.awards ?? 0,
});

const of = (n: number, fr: readonly [string, string], en: readonly [string, string], lang: Lang): string =>
  counted(n, { fr: fr[0], en: en[0] }, { fr: fr[1], en: en[1] })[lang];

function linesOf({ erased }: Done): Localized {
  if (erased === null)
    return {
      fr: "Cette personne avait déjà été effacée : il n'y a rien à effacer.",
      en: 'This person was erased before: there is nothing to erase.',
    };
  const told = (lang: Lang): string =>
    [
      of(erased.addresses, ['adresse', 'adresses'], ['address', 'addresses'], lang),
      of(erased.assertions, ['badge', 'badges'], ['badge', 'badges'], lang),
      of(
        erased.entries,
        ['fait du compte rendu', 'faits du compte rendu'],
        ['entry of the account', 'entries of the account'],
        lang,
      ),
      of(erased.jobs, ['travail en file', 'travaux en file'], ['job', 'jobs'], lang),
    ].join(', ');
  return {
    fr: `Effacé : ${told('fr')}.\nBadges Région dont il reste noté qu'ils ont été donnés, ou retirés à la main, pour ne pas l'être deux fois : ${erased.awards}.`,
    en: `Erased: ${told('en')}.\nAwards of which it stays known that they were given, or revoked by hand, so that none is given twice: ${erased.awards}.`,
  };
}

/** @throws Problem where nobody can be asked, and nothing says that it is meant */
function requireConfirmable({ flags }: Pick<Call, 'flags'>, { streams }: Pick<Context, 'streams'>): void {
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
async function requireSameAddress(
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
  if (normaliseAddress(await readLine(streams.stdin, signal)) === normaliseAddress(address)) return;
  throw new Problem('not_confirmed', [
    {
      fr: "Ce n'est pas la même adresse : rien n'a été changé.",
      en: 'Not the same address: nothing was changed.',
    },
  ]);
}
