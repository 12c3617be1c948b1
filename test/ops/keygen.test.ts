import { parse } from 'dotenv';
import { loadConfig } from '../../src/config.js';
import { jsonOf, palier } from './support/cli.js';

const REST = { REDIS_URL: 'redis://127.0.0.1', OBF_CLIENT_ID: 'a', OBF_CLIENT_SECRET: 'b' };

test('what it writes is a .env that loads, with a key of 32 bytes', async () => {
  const { exit, out, err } = await palier(['keygen', '--webhook']);
  expect({ exit, err, lines: out.length }).toEqual({ exit: 0, err: [], lines: 2 });
  const config = loadConfig({ ...REST, ...parse(out.join('\n')) });
  expect(config.palierKey).toHaveLength(32);
  expect(config.webhookSecrets).toHaveLength(1);
});

test('no two are alike', async () => {
  const [one, other] = [await palier(['keygen']), await palier(['keygen'])];
  expect(one.out).toHaveLength(1);
  expect(one.out).not.toEqual(other.out);
});

test('in JSON, by the names of the variables', async () => {
  const ran = await palier(['keygen', '--webhook', '--json']);
  expect(jsonOf(ran)).toEqual({
    PALIER_KEY: expect.stringMatching(/^[\w+/]{43}=$/) as unknown,
    WEBHOOK_SECRETS: expect.stringMatching(/^whsec_[\w+/]{43}=$/) as unknown,
  });
});

test('where a key is set already, it warns beside the answer', async () => {
  const { exit, out, err } = await palier(['keygen'], { env: { PALIER_KEY: 'the-old-one' } });
  expect(exit).toBe(0);
  expect(out).toEqual([expect.stringMatching(/^PALIER_KEY=/)]);
  expect(err).toEqual([expect.stringMatching(/^Attention : PALIER_KEY est déjà définie/)]);
  expect(err.join('')).not.toContain('the-old-one');
});
