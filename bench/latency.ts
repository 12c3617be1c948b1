import { setTimeout as pause } from 'node:timers/promises';
import { whenQuiet } from '../test/support/commands.js';
import { openSmallFleet } from '../test/support/small-fleet.js';
import { until } from '../test/support/until.js';
import { onOwnRedis } from './program.js';
import { atMost, quantile, tableOf, type Part } from './report.js';

/** How long OBF takes to answer, and nothing happens between two awards, milliseconds. */
const [OBF_MS, REST_MS] = [20, 300];

/**
 * Single awards on an idle system, from the POST of the webhook until the issue call reached OBF: `web` and one worker
 * as they are deployed, at OBF's usual rate. Each person has one badge of two; the webhook tells of the other. Needs
 * `dist`; some two minutes.
 */
export const benchLatency = (quick: boolean): Promise<Part> =>
  onOwnRedis(async (redisUrl, admin) => {
    const fleet = await openSmallFleet({ REDIS_URL: redisUrl });
    try {
      const { sandbox } = fleet;
      const people = Array.from({ length: quick ? 20 : 100 }, (_, at) => `personne.${at}@example.org`);
      sandbox.fault({ route: /./, kind: 'slow', ms: OBF_MS, times: 1_000_000 });
      const [web] = [fleet.start('web'), fleet.start('worker')];
      const url = await fleet.urlOf(web);
      const tell = async (clientId: string, badgeId: string, recipients: readonly string[]) => {
        const status = await fleet.notify(url, sandbox.issueByHand({ clientId, badgeId, recipients }));
        if (status !== 202) throw new Error(`a notice was answered ${status}`);
      };
      await tell('P1', 'A', people);
      // The tokens of all clients are there, as in any process that has run for an hour.
      await tell('P2', 'B', ['ailleurs@example.org']);
      const callers = () =>
        sandbox.calls.flatMap((call) => (call.route === 'POST token' ? [] : call.clientId));
      await until(() => new Set(callers()).size === 3, 'first calls', 60_000);
      const ms: number[] = [];
      for (const person of people) {
        await whenQuiet(admin, () => true);
        await pause(REST_MS);
        const toldMs = Date.now();
        await tell('P2', 'B', [person]);
        const issued = () => sandbox.issues().find(({ recipients }) => recipients.includes(person));
        ms.push((await until(issued, `award of ${person}`, 60_000)).atMs - toldMs);
      }
      return partOf(ms);
    } finally {
      await fleet.close();
    }
  });

function partOf(ms: readonly number[]): Part {
  const row = [0, 0.5, 0.99, 1].map((part) => quantile(ms, part));
  const table = tableOf(['quickest, ms', 'median', 'p99', 'slowest'], [row]);
  return {
    text: `${ms.length} single awards on an idle system; OBF answers in ${OBF_MS} ms.\n\n${table}`,
    goals: [
      atMost('from the webhook to the issue call, ms, median', 500, quantile(ms, 0.5)),
      atMost('from the webhook to the issue call, ms, p99', 1500, quantile(ms, 0.99)),
    ],
  };
}
