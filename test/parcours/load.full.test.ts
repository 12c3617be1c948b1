import { once } from 'node:events';
import { Agent, request } from 'node:http';
import pMap from 'p-map';
import { openParcours } from './support/open-parcours.js';

const REQUESTS = 10_000;
const PER_NETWORK = 20;

/** Ten times what it takes, client and server together: nothing is worked out before the answer. */
const MOST_CPU_MS = 30;

test('10 000 requests for links: limits hold, and each costs little', async () => {
  const { url, pipeline, close } = await openParcours('smtp://127.0.0.1:1');
  const { port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const ask = async (nth: number): Promise<void> => {
    const req = request({ port, agent, method: 'POST', path: '/parcours/lien', headers: headersOf(nth) });
    req.end(new URLSearchParams({ adresse: `personne.${nth}@example.org` }).toString());
    const [res] = await once(req, 'response');
    res.resume();
    await once(res, 'end');
    expect(res.statusCode).toBe(200);
  };
  const before = process.cpuUsage();
  await pMap(Array.from({ length: REQUESTS }).keys(), ask, { concurrency: 8 });
  const { user, system } = process.cpuUsage(before);
  agent.destroy();
  const asked = await pipeline.queues.mails.getJobCountByTypes('waiting');
  await close();
  // Two networks, whichever addresses are typed there.
  expect(asked).toBe(2 * PER_NETWORK);
  // Not how long it took: what else this machine does meanwhile is not what is measured.
  const cpuMs = (user + system) / 1000 / REQUESTS;
  expect(cpuMs).toBeLessThan(MOST_CPU_MS);
}, 600_000);

const headersOf = (nth: number) => ({
  'content-type': 'application/x-www-form-urlencoded',
  'sec-fetch-site': 'same-origin',
  'x-forwarded-for': nth % 2 === 0 ? '192.0.2.1' : `2001:db8:1:1::${(nth % 9999) + 1}`,
});
