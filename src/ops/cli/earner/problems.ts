import { ObfError } from '../../../obf/errors.js';
import { describeError } from '../../../platform/logger.js';
import { RegionUnreadable } from '../../../issuing/region-account-sync.js';
import { AwardInFlight } from '../../../workers/in-flight.js';
import { Problem } from '../problem.js';

/** What stands in the way of changing something about a person, in words; any other error as it is. */
export function peopleProblem(error: unknown): unknown {
  const cause = { cause: error };
  if (error instanceof AwardInFlight)
    return new Problem('still_under_way', [STILL_UNDER_WAY], undefined, cause);
  if (!(error instanceof RegionUnreadable) && !(error instanceof ObfError)) return error;
  const why = String(describeError(error)['message']);
  return new Problem(
    'region_unreadable',
    [
      {
        fr: `Le compte OBF de la Région ne peut pas être lu, et rien n'a été changé (${why}). « npx palier check » dit pourquoi ; retapez ensuite la commande.`,
        en: `The Région's OBF account cannot be read, and nothing was changed (${why}). "npx palier check" tells why; then type the command again.`,
      },
    ],
    undefined,
    cause,
  );
}

const STILL_UNDER_WAY = {
  fr: "Un badge de cette personne est en cours d'envoi ou de retrait, ou ce qui vient d'arriver pour elle est encore en traitement : rien n'a été changé. Retapez la commande dans une minute ; si cela dure, « npx palier stats » dit ce qui attend.",
  en: 'An award of this person is being issued or taken back, or what has just come in for them is still being dealt with: nothing was changed. Type the command again in a minute; if it lasts, "npx palier stats" tells what waits.',
};
