import type { Assertion } from '../../src/earners/record.js';
import { naive } from '../rules/model.js';
import { parse } from '../support/house.js';
import type { Gift } from './cast.js';
import { PARTNERS_YAML, SCHEME } from './world.js';
import { assertionOf } from '../support/assertion.js';

/** The Région's badges whose rules these copies of partners' badges meet, once all are there. */
export function awardsFor(gifts: readonly Pick<Gift, 'badge' | 'fate'>[]): readonly string[] {
  const scheme = parse(SCHEME, PARTNERS_YAML);
  const assertions = gifts
    .filter(({ fate }) => fate === 'good' || fate === 'later')
    .map(({ badge }, at): Assertion =>
      assertionOf(`planned.${at}`, {
        clientId: badge.partner,
        badgeId: badge.id,
        eventId: null,
        issuedOnS: 1,
      }),
    );
  const verdicts = naive(scheme, { assertions, held: [], blocked: [] }, 2);
  return scheme.awards.filter((_, at) => verdicts[at]?.met === true).map(({ badgeId }) => badgeId);
}
