import { openSmallFleet, type SmallFleet } from '../support/small-fleet.js';
import { PASSWORD, tlsRedis, USER, type TlsRedis } from '../support/tls-redis.js';
import { until } from '../support/until.js';

/** `web`, `worker` and the command line on a Redis that asks for a user and a password and speaks TLS. */
const KINDS = ['single', 'cluster', 'sentinel'] as const;
const WRONG = 'not-the-password';

let redis: TlsRedis | null;
let fleet: SmallFleet | null = null;
beforeAll(async () => {
  redis = await tlsRedis();
});
afterEach(async () => {
  await fleet?.close();
  fleet = null;
});
afterAll(() => redis?.stop());

/** Skipped aloud: only where it cannot be seen. */
function tlsOrSkip(): TlsRedis | null {
  if (redis === null)
    process.stderr.write('SKIPPED: this machine has no openssl, or its redis-server speaks no TLS\n');
  return redis;
}

async function open(url: string, caFile: string | null): Promise<SmallFleet> {
  const trust = caFile === null ? {} : { NODE_EXTRA_CA_CERTS: caFile };
  // A master without replicas is not believed for a while: here for a short one.
  const pace = { NODE_ENV: 'test', PALIER_PACE: JSON.stringify({ settleMs: 500 }) };
  fleet = await openSmallFleet({ REDIS_URL: url, ...pace, ...trust }, { tokenEveryMs: 0 });
  return fleet;
}

test.each(KINDS)('%s: they get in, and a badge is given', async (kind) => {
  const tls = tlsOrSkip();
  if (tls === null) return;
  const opened = await open(tls.urls[kind](PASSWORD), tls.caFile);
  const { sandbox } = opened;
  opened.start('worker');
  const url = await opened.urlOf(opened.start('web'));
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const) {
    const event = sandbox.issueByHand({ clientId, badgeId, recipients: ['lou@example.org'] });
    await until(async () => (await opened.notify(url, event)) === 202, 'accepted notice');
  }
  await until(() => sandbox.issues().length > 0, 'award');
  const check = opened.start('release', { NODE_ENV: 'production' });
  await until(() => check.child.exitCode !== null, 'end of the check');
  await check.stop();
  expect(check.output()).toContain(tls.hosts[kind]);
  expect(check.child.exitCode).toBe(0);
  expect(sandbox.issues().flatMap(({ recipients }) => [...recipients])).toEqual(['lou@example.org']);
});

describe.each(KINDS)('%s', (kind) => {
  test.each([
    [
      'a wrong password',
      WRONG,
      true,
      'user name or the password is refused',
      'mot de passe est refusé',
      'REDIS_URL',
    ],
    [
      'a certificate of an unknown authority',
      PASSWORD,
      false,
      'of an authority that is unknown here',
      "d'une autorité inconnue ici",
      'NODE_EXTRA_CA_CERTS',
    ],
  ])(
    '%s: each says so at once, where, and what to do, and ends',
    async (_, password, trusted, english, french, remedy) => {
      const tls = tlsOrSkip();
      if (tls === null) return;
      const opened = await open(tls.urls[kind](password), trusted ? tls.caFile : null);
      const all = ['web', 'worker', 'release'].map((name) => opened.start(name));
      await until(() => all.every(({ child }) => child.exitCode !== null), 'end of all');
      await opened.stop();
      for (const [at, { child, output }] of all.entries()) {
        expect(child.exitCode).toBe(1);
        expect(output()).toContain(tls.hosts[kind]);
        expect(output()).toContain(at === 2 ? french : english);
        expect(output()).toContain(remedy);
        for (const secret of [password, encodeURIComponent(password), `${USER}:`])
          expect(output()).not.toContain(secret);
      }
    },
  );
});
