import { openHouse } from '../support/house.js';
import { ownGroup } from '../support/own-group.js';
import { ownRedis } from '../support/own-redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';

/** What a worker runs on, all of whose servers can be taken away and brought back. */
interface Servers {
  readonly url: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function group(kind: 'sentinel' | 'cluster'): Promise<Servers> {
  const servers = await ownGroup(kind);
  const each = async (how: 'kill' | 'restart'): Promise<void> =>
    void (await Promise.all(servers.nodes.map((node) => node[how]())));
  return {
    url: servers.url,
    stop: () => servers.stop(),
    kill: () => each('kill'),
    restart: () => each('restart'),
  };
}

const OPEN: Readonly<Record<string, () => Promise<Servers>>> = {
  single: ownRedis,
  sentinel: () => group('sentinel'),
  cluster: () => group('cluster'),
};

const releases: (() => Promise<void>)[] = [];
const before = process.env['TEST_REDIS_URL'];
afterEach(async () => {
  process.env['TEST_REDIS_URL'] = before;
  for (const release of releases.splice(0).toReversed()) await release();
}, 60_000);

// A worker that is not done after 20 s is given up: then this has taken too long.
test.each(Object.keys(OPEN))(
  '%s: a worker that is told to stop while Redis is away stops',
  async (kind) => {
    const servers = await OPEN[kind]?.();
    if (servers === undefined) throw new Error(kind);
    releases.push(() => servers.stop());
    process.env['TEST_REDIS_URL'] = servers.url;
    const house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
    await house.idle();
    const [{ redis }] = house.pipelines;
    await servers.kill();
    await until(() => redis.status !== 'ready', 'connection that is lost');
    const atMs = performance.now();
    await house.stopWorkers();
    expect(performance.now() - atMs).toBeLessThan(18_000);
    await servers.restart();
    await house.close();
  },
  60_000,
);
