import { loadConfig } from '../../src/config.js';
import { jsonOf, palier } from './support/cli.js';

const REST = { REDIS_URL: 'redis://127.0.0.1', OBF_CLIENT_ID: 'a', OBF_CLIENT_SECRET: 'b' };

test('it writes a key of 32 bytes, or a webhook secret, alone on a line; both load', async () => {
  const [key, webhook] = [await palier(['keygen']), await palier(['keygen', '--webhook'])];
  for (const { exit, err, out } of [key, webhook])
    expect({ exit, err, lines: out.length }).toEqual({ exit: 0, err: [], lines: 1 });
  const config = loadConfig({ ...REST, PALIER_KEY: key.out[0], WEBHOOK_SECRETS: webhook.out[0] });
  expect(config.palierKey).toHaveLength(32);
  expect(config.webhookSecrets).toHaveLength(1);
});

test('no two are alike', async () => {
  const [one, other] = [await palier(['keygen']), await palier(['keygen'])];
  expect(one.out).not.toEqual(other.out);
});

test.each([
  [[], { PALIER_KEY: expect.stringMatching(/^[\w+/]{43}=$/) as unknown }],
  [['--webhook'], { WEBHOOK_SECRETS: expect.stringMatching(/^whsec_[\w+/]{43}=$/) as unknown }],
])('in JSON, by the name of the variable: %j', async (flags, expected) => {
  expect(jsonOf(await palier(['keygen', ...flags, '--json']))).toEqual(expected);
});

test('where a key is set already, it warns beside the answer', async () => {
  const { exit, out, err } = await palier(['keygen'], { env: { PALIER_KEY: 'the-old-one' } });
  expect(exit).toBe(0);
  expect(out).toEqual([expect.stringMatching(/^[\w+/]{43}=$/)]);
  expect(err).toEqual([expect.stringMatching(/^Attention : PALIER_KEY est déjà définie/)]);
  expect(err.join('')).not.toContain('the-old-one');
});
