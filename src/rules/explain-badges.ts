import type { Assertion } from '../earners/assertion.js';
import { askedOf, lackingOf } from './explain-facts.js';
import type { Teller } from './explain-teller.js';
import { type BadgesResult, type LeftOut, assertNever } from './verdict.js';

/** A `badges` condition: what it asks, has and lacks; under it, what counted and what did not. */
export function badgesLines(teller: Teller, result: BadgesResult, mark: string): readonly string[] {
  const { words, scheme } = teller;
  const { condition, counted, leftOut } = result;
  const asked = askedOf(scheme, condition);
  const heading = words.asked(condition.atLeast, asked, teller.period(asked));
  // Of nothing, everything is missing: the heading has just said what.
  const known = result.met || counted.length === 0;
  const gap = known ? '' : `${words.semicolon}${words.still(words.lacking(lackingOf(result), null, null))}`;
  const candidates = [...counted, ...leftOut.map(({ assertion }) => assertion)];
  return [
    `${mark} ${heading}${words.colon}${talliesOf(teller, result)}${gap}`,
    ...counted.map((assertion) => `  ${words.counted(teller.named(assertion))}`),
    ...leftOut.map((one) => `  ${leftOutLine(teller, one, candidates)}`),
  ];
}

const talliesOf = ({ words }: Teller, { badges, issuers, abilities }: BadgesResult): string =>
  [
    words.tally.badges(badges),
    ...(issuers === null ? [] : [words.tally.issuers(issuers)]),
    ...(abilities === null ? [] : [words.tally.abilities(abilities)]),
  ].join(', ');

/** An assertion that does not count. `candidates` are those that it can be a duplicate of. */
export const leftOutLine = (
  teller: Teller,
  { assertion, reason }: LeftOut,
  candidates: readonly Assertion[],
): string =>
  teller.words.leftOut(teller.named(assertion), reasonWords(teller, { assertion, reason }, candidates));

function reasonWords(
  teller: Teller,
  { assertion, reason }: LeftOut,
  candidates: readonly Assertion[],
): string {
  const words = teller.words.reason;
  switch (reason.why) {
    case 'not_enrolled':
    case 'partner_inactive':
    case 'wrong_client':
    case 'revoked':
    case 'future':
      return words[reason.why];
    case 'outside_enrolment':
    case 'outside_condition_dates':
      return words[reason.why](teller.period(reason));
    case 'expired':
      return words.expired(teller.day(reason.expiresOnS));
    case 'duplicate_of': {
      const other = candidates.find(({ id }) => id === reason.of) ?? assertion;
      return words.duplicate_of(
        teller.named(other),
        other.badgeId === assertion.badgeId ? 'same' : 'another',
      );
    }
    case 'over_per_issuer':
      return words.over_per_issuer(reason.perIssuer);
  }
  return assertNever(reason);
}
