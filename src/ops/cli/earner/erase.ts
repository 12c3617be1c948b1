import type { EarnerKey } from '../../../ids.js';
import { earnerKeyOf } from '../../../earners/earner-key.js';
import { eraseEarner, type ErasedNumbers } from '../../../privacy/erase-people.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { answer } from '../answer.js';
import type { Call, Command, Context } from '../context.js';
import { addressOf, EARNER_ARGUMENT, unknownEarner } from '../earner-argument.js';
import { EXIT } from '../exit.js';
import { interruptible } from '../interrupt.js';
import { withPipeline } from '../pipeline-session.js';
import { withProgress } from '../progress.js';
import { counted, type Lang, type Localized } from '../../shared/words.js';
import { requireSameAddress, requireWord } from './confirm.js';
import { collectPersonalData, isNobody } from '../../shared/personal-data.js';
import { peopleProblem } from './problems.js';

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
    requireWord(call, context);
    const done = await interruptible(context, (signal) =>
      withPipeline(context, [], (pipeline) => confirmAndErase(call, context, pipeline, { address, signal })),
    ).catch((error: unknown) => {
      throw peopleProblem(error);
    });
    answer(call, context, linesOf(done)[call.lang].split('\n'), jsonOf(done));
    return EXIT.good;
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
