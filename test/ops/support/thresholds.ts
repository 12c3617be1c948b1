import { storeAssertions } from '../../../src/earners/assertions.js';
import { earnerKeyOf } from '../../../src/earners/person.js';
import type { Pipeline } from '../../../src/workers/pipeline.js';
import { assertionOf } from '../../support/assertion.js';

/** Two awards, by how many badges each asks for; P1 gives nine. */
export const scheme = (threshold: number, second = 9): string => `
scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards:
  un: { name: Un, badge: R1, rule: { at_least: ${threshold}, of: { competency: communiquer } } }
  deux: { name: Deux, badge: R2, rule: { at_least: ${second}, of: { competency: communiquer } } }
`;
export const PARTNERS = `
partners:
  - client_id: P1
    secret_env: KEY_P1
    badges:
${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `      - { id: B${n}, competency: communiquer, level: 1 }`).join('\n')}
`;

/** Stores people with so many badges each, as their notices would. */
export async function peopleWith(
  { earners, vault }: Pick<Pipeline, 'earners' | 'vault'>,
  prefix: string,
  count: number,
  badges: number,
): Promise<readonly string[]> {
  const addresses = Array.from({ length: count }, (_, at) => `${prefix}${at}@example.org`);
  await storeAssertions(
    { earners, vault },
    addresses.flatMap((address) =>
      Array.from({ length: badges }, (_, at) => ({
        earner: earnerKeyOf(vault, address),
        contact: { address, name: null },
        assertion: assertionOf(`${address}-${at}`.replaceAll(/[@.]/g, '-'), {
          badgeId: `B${at + 1}`,
          eventId: `E${at}`,
        }),
      })),
    ),
  );
  return addresses;
}
