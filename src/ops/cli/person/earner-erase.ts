import { earnerKeyOf, normaliseAddress } from '../../../earners/earner-key.js';
import type { EarnerKey } from '../../../ids.js';
import { type ErasedNumbers, eraseEarner } from '../../../privacy/erase-people.js';
import { collectPersonalData, isNobody } from '../../shared/personal-data.js';
import { listed, type Localized, plural, say } from '../../shared/words.js';
import { addressOf, EARNER_ARGUMENT, unknownEarner } from '../arguments.js';
import { withPipelineForPerson } from '../session.js';
import { type Call, type Command, problem, wrongUsage } from '../command.js';
import { readLine, withProgress } from '../terminal.js';

export const earnerErase: Command = {
  name: 'earner erase',
  help: [
    say`efface tout ce qui est gardé d'une personne, à sa demande
      erases everything that is held about a person, at their request`,
    say`Sous toutes ses adresses. Restent sa clé, l'empreinte des badges lus, pour qu'ils ne reviennent pas, et les badges Région donnés, pour qu'ils ne le soient pas deux fois. OBF et Open Badge Passport gardent ce qu'ils ont.
      Under all of their addresses. What stays: their key, fingerprints of the badges that were read, so that those do not come back, and which awards were given, so that none is given twice. OBF and Open Badge Passport keep what they have.`,
    say`Ne peut pas être défait. Peut être retapée : un effacement interrompu est achevé, au plus tard la nuit suivante.
      Cannot be undone. May be typed again: an erasure that was interrupted is ended, by the next night at the latest.`,
  ],
  args: EARNER_ARGUMENT,
  options: { '--yes': { fr: 'ne demande rien', en: 'does not ask' } },
  interruptible: true,
  run: (call) => {
    const address = addressOf(call.args[0]);
    if (!call.has('yes') && !call.streams.isTty.stdin)
      throw wrongUsage(say`Sans terminal pour le confirmer, ajoutez --yes.
        With no terminal to confirm it, add --yes.`);
    return withPipelineForPerson(call, async (pipeline) => {
      const earner = earnerKeyOf(pipeline.vault, address);
      if (isNobody(await collectPersonalData(pipeline, earner))) throw unknownEarner();
      if (!call.has('yes')) await requireSameAddress(call, address);
      const erased = await withProgress(call, { fr: 'Effacement', en: 'Erasing' }, () =>
        eraseEarner(pipeline, earner, 'erased'),
      );
      return { lines: linesOf(erased), json: jsonOf(earner, erased) };
    });
  },
};

const jsonOf = (earner: EarnerKey, erased: ErasedNumbers | null) => ({
  earner,
  erased: erased !== null,
  addresses: erased?.addresses ?? 0,
  assertions: erased?.assertions ?? 0,
  account: erased?.entries ?? 0,
  jobs: erased?.jobs ?? 0,
  awards_kept: erased?.awards ?? 0,
});

/** @param erased null: they were erased before */
function linesOf(erased: ErasedNumbers | null): readonly Localized[] {
  if (erased === null)
    return [
      say`Cette personne avait déjà été effacée : il n'y a rien à effacer.
        This person was erased before: there is nothing to erase.`,
    ];
  const all = listed([
    plural(erased.addresses, 'adresse|adresses', 'address|addresses'),
    plural(erased.assertions, 'badge|badges', 'badge|badges'),
    plural(
      erased.entries,
      'fait du compte rendu|faits du compte rendu',
      'entry of the account|entries of the account',
    ),
    plural(erased.jobs, 'travail en file|travaux en file', 'job|jobs'),
  ]);
  return [
    { fr: `Effacé : ${all.fr}.`, en: `Erased: ${all.en}.` },
    say`Badges Région dont il reste noté qu'ils ont été donnés, ou retirés à la main, pour ne pas l'être deux fois : ${erased.awards}.
      Awards of which it stays known that they were given, or revoked by hand, so that none is given twice: ${erased.awards}.`,
  ];
}

const QUESTION = {
  fr: "Tout ce qui est gardé de cette personne sera effacé, et ne peut pas être rétabli.\nTapez l'adresse à nouveau pour confirmer : ",
  en: 'Everything that is held about this person will be erased, and cannot be restored.\nType the address again to confirm: ',
};

/** Has the address typed again on the terminal. @throws Problem for another one: nothing is changed */
async function requireSameAddress({ streams, lang, signal }: Call, address: string): Promise<void> {
  streams.errText(QUESTION[lang]);
  if (normaliseAddress(await readLine(streams.stdin, signal)) === normaliseAddress(address)) return;
  throw problem`not_confirmed
    Ce n'est pas la même adresse : rien n'a été changé.
    Not the same address: nothing was changed.`;
}
