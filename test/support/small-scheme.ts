import { asBadgeId } from '../../src/ids.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import { REGION, type House } from './house.js';
import { until } from './until.js';

/** Two badges of « Communiquer » make level 1; holding it and one of level 2 makes level 2. */
export const SMALL_SCHEME = `
scheme: Essai
competencies:
  communiquer: { name: Communiquer }
awards:
  communiquer-1:
    name: "Communiquer : je pratique"
    badge: R1
    rule: { at_least: 2, of: { competency: communiquer, level: 1 } }
  communiquer-2:
    name: "Communiquer : je maîtrise"
    badge: R2
    rule: { all: [ { holds: communiquer-1 }, { at_least: 1, of: { competency: communiquer, level: 2 } } ] }
`;

/** P3 has no API key: its badges come by Passport pushes only. P4 is an organisation of OBF that takes no part. */
export const SMALL_PARTNERS = `
partners:
  - client_id: P1
    name: Organisme un
    secret_env: KEY_P1
    badges:
      - { id: A, name: Badge A, competency: communiquer, level: 1 }
      - { id: C, name: Badge C, competency: communiquer, level: 2 }
  - client_id: P2
    name: Organisme deux
    secret_env: KEY_P2
    badges:
      - { id: B, name: Badge B, competency: communiquer, level: 1 }
  - client_id: P3
    name: Organisme sans clé
    badges:
      - { id: D, name: Badge D, competency: communiquer, level: 1 }
      - { id: E, name: Badge E, competency: communiquer, level: 1 }
`;

/** Gives each of them A and B, which make R1, and tells the door of both. */
export const earn = (house: House, ...recipients: string[]): Promise<void> =>
  house.tell(
    house.issue({ clientId: 'P1', badgeId: 'A', recipients }),
    house.issue({ clientId: 'P2', badgeId: 'B', recipients }),
  );

/**
 * The same, with issuing paused before: all of them wait in the outbox, and leave together once it is resumed, however
 * busy the machine is.
 */
export async function earnWhilePaused(house: House, ...recipients: string[]): Promise<void> {
  const [{ queues, outbox }] = house.pipelines;
  await queues.awards.pause();
  await earn(house, ...recipients);
  const isFull = async () => (await outbox.waiting(asBadgeId('R1'))) === recipients.length;
  await until(isFull, `${recipients.length} who wait`);
  // Nobody is evaluated once more while the test goes on.
  const isDecided = async (): Promise<boolean> => {
    const atWork = [queues.arrivals, queues.notices, queues.earners].map((queue) =>
      queue.getJobCountByTypes('waiting', 'prioritized', 'active'),
    );
    return (await Promise.all(atWork)).every((count) => count === 0);
  };
  await until(isDecided, 'end of evaluation');
}

/** The event by which somebody was given R1. @throws when nobody gave it to them */
export function awardOf(house: House, address: string): EventRecord {
  const events = house.sandbox.eventsOf(REGION, 'R1');
  const event = events.find(({ assertions }) => assertions.some(({ email }) => email === address));
  if (event === undefined) throw new Error(`R1 was not issued to ${address}`);
  return event;
}
