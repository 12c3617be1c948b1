import { scrape, type MetricSources } from '../../src/ops/metrics/scrape.js';
import { createLogger } from '../../src/platform/logger.js';
import { createMeter } from '../../src/platform/meter.js';
import { closeRedis, openConsumer } from '../../src/platform/redis.js';
import { signedNotice } from '../../src/sandbox/webhooks.js';
import { startWebhooks, wireWebhooks } from '../../src/webhooks/server.js';
import { openHouse, REGION, type House, type HouseOptions } from '../support/house.js';
import { postUntilTaken } from '../support/notices.js';
import { addressOf } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { asClientId, asEarnerKey } from '../../src/ids.js';
import { seriesIn, valueIn, type Series } from './scraped.js';

export const TOKEN = 'token-of-the-figures';
const HOOK = `whsec_${Buffer.alloc(24, 3).toString('base64')}`;

/** A house, and beside it a door of another web process, which counts and tells the figures. */
export interface Watched {
  readonly house: House;
  readonly needs: MetricSources;
  readonly url: string;
  /** What Prometheus gets, once every process has stored what it counted. */
  text(): Promise<string>;
  series(): Promise<readonly Series[]>;
  value(name: string, labels?: Readonly<Record<string, string>>): Promise<number | null>;
  /** A signed notice at the door that counts; resolves with the status. */
  notify(clientId: string, eventId: string, type?: string): Promise<number>;
  close(): Promise<void>;
}

export async function openWatched(options: Partial<HouseOptions> = {}): Promise<Watched> {
  const house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, ...options });
  const redis = openConsumer(addressOf(house.redisUrl));
  const [pipeline] = house.pipelines;
  const prefix = house.dataPrefix;
  const meter = createMeter(redis, prefix, Date.now);
  const needs: MetricSources = { ...pipeline, meter, redis, prefix, pollEveryS: 300, version: '1.2.3' };
  const door = await openDoor(house, { token: TOKEN, meter, read: () => scrape(needs) });
  const text = async (): Promise<string> => {
    await Promise.all(house.pipelines.map((one) => one.meter.flush()));
    const answer = await fetch(`${door.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    if (answer.status !== 200) throw new Error(`the scrape was answered ${answer.status}`);
    return answer.text();
  };
  const series = async (): Promise<readonly Series[]> => seriesIn(await text());
  return {
    house,
    needs,
    url: door.url,
    text,
    series,
    value: async (name, labels) => valueIn(await series(), name, labels),
    notify: (clientId, eventId, type = 'badge.issued') =>
      postUntilTaken(
        `${door.url}/webhooks/obf`,
        signedNotice(HOOK, { type, client_id: clientId, event_id: eventId }, Date.now),
      ),
    async close() {
      await door.close();
      await house.close();
      closeRedis(redis);
    },
  };
}

async function openDoor(
  { redisUrl, redisPrefix, scheme, sandbox }: House,
  metrics: NonNullable<Parameters<typeof wireWebhooks>[0]['metrics']>,
) {
  const { deps, releases } = wireWebhooks({
    config: {
      redis: addressOf(redisUrl),
      obfBaseUrl: sandbox.url,
      webhookSecrets: [HOOK],
      webhookBasic: [],
    },
    participants: new Set([...scheme.partners.map(({ clientId }) => clientId), asClientId(REGION)]),
    earnerKeyOf: asEarnerKey,
    vault: { seal: (text) => text },
    log: createLogger('silent', 'web'),
    metrics,
    prefix: redisPrefix,
  });
  const server = await startWebhooks(deps, 0);
  const close = async (): Promise<void> => {
    await server.close();
    for (const release of releases.toReversed()) await release();
  };
  return { url: `http://127.0.0.1:${server.port}`, close };
}
