import type { Scheme } from '../../../rules/types.js';
import type { Application, ApplyOptions } from '../../../scheme/schemes.js';
import { awardOf } from '../award-argument.js';
import type { Call } from '../context.js';
import { Problem, wrongUsage } from '../problem.js';

/** What was typed. */
export interface Asked extends ApplyOptions {
  /** Refuse above so many badges; null: no such limit. */
  readonly upto: number | null;
  readonly overQuota: boolean;
  readonly yes: boolean;
}

/** @throws Problem for a number that is none, or an award that the scheme does not have */
export function askedOf({ flags }: Pick<Call, 'flags'>, scheme: Scheme): Asked {
  const { autoUpto, only, email } = flags;
  return {
    upto: typeof autoUpto === 'string' ? wholeOf(autoUpto) : null,
    only: typeof only === 'string' ? awardOf(scheme, only).id : null,
    quiet: email === false,
    overQuota: flags['overQuota'] === true,
    yes: flags['yes'] === true,
  };
}

function wholeOf(typed: string): number {
  if (/^\d{1,9}$/.test(typed)) return Number(typed);
  throw wrongUsage({
    fr: '--auto-upto : un nombre entier est attendu, par exemple --auto-upto 100',
    en: '--auto-upto: a whole number is expected, for example --auto-upto 100',
  });
}

/**
 * What was begun and stopped goes on as it was asked for then.
 * @throws Problem when something else was typed: that would leave half of the people with an e-mail
 */
export function goingOn(asked: Asked, begun: Application | null, { version }: Scheme): Asked {
  if (begun === null || begun.version !== version) return asked;
  const otherOnly = asked.only !== null && asked.only !== begun.only;
  if (otherOnly || (asked.quiet && !begun.quiet)) throw otherBegun(begun);
  return { ...asked, only: begun.only, quiet: begun.quiet };
}

const otherBegun = ({ only }: Application): Problem => {
  const options = only === null ? '' : ` --only ${only}`;
  return new Problem('apply_unfinished', [
    {
      fr: `Une application a été arrêtée avant la fin. Terminez-la d'abord : npx palier apply${options}`,
      en: `An application was stopped before its end. Finish it first: npx palier apply${options}`,
    },
  ]);
};
