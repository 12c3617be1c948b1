import { escapeFormatMarks, stripFormatMarks, withoutUnseenEnds } from '../../src/platform/invisible.js';
import { isSameKey, KeyChanged, markKey, moveMark } from '../../src/platform/key-guard.js';
import { createLogger, describeError, rateLimitedLog, withoutAddresses } from '../../src/platform/logger.js';
import { createVault, VaultError } from '../../src/platform/vault.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

describe('buffered destination', () => {
  /** A process that writes these lines to its log, and ends. */
  function said(lines: string): string {
    const script = `import { bufferedDestination } from './src/platform/logger.ts';
    const out = bufferedDestination();
    for (const line of ${lines}) out.write(line + '\\n');`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { maxBuffer: 2 ** 26 });
    expect([status, String(stderr)]).toEqual([0, '']);
    return String(stdout);
  }

  test('every line arrives, in its order, whatever its letters and its length, and the last ones as well', () => {
    const lines = `Array.from({ length: 2000 }, (_, at) => at + 'é→😀'.repeat(at % 97))`;
    const expected = Array.from({ length: 2000 }, (_, at) => `${at}${'é→😀'.repeat(at % 97)}\n`);
    expect(said(lines) === expected.join('')).toBe(true);
  });

  test('a line that is longer than what leaves at once arrives between those before and after it', () => {
    expect(said(`['first', 'é'.repeat(100_000), 'last']`)).toBe(`first\n${'é'.repeat(100_000)}\nlast\n`);
  });

  test('a line that ends exactly where the room does', () => {
    const length = Math.floor(65_536 / 3) - 1;
    expect(said(`['a'.repeat(${length}), '€'.repeat(${length}), 'b']`)).toBe(
      `${'a'.repeat(length)}\n${'€'.repeat(length)}\nb\n`,
    );
  });
});

describe('invisible', () => {
  const MARKS = '\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff\u{e0041}';

  test('marks are left out of what people read, the joiners of writing are not', () => {
    expect(stripFormatMarks(`a${MARKS}b\u200cc\u200dd é\t`)).toBe('ab\u200cc\u200dd é\t');
  });

  test('or written out, so that JSON says the same and shows none', () => {
    const value = { [`a${MARKS}b`]: [MARKS, 'é\u200d'] };
    const written = escapeFormatMarks(JSON.stringify(value));
    expect(JSON.parse(written)).toEqual(value);
    expect(written.match(/(?![\u200c\u200d])\p{Cf}/u)).toBe(null);
    expect(escapeFormatMarks('Badge \u202edne')).toBe(String.raw`Badge \u202edne`);
  });

  test('only the ends are trimmed, of long texts in no time', () => {
    expect(withoutUnseenEnds(`${MARKS} \u200ca${MARKS}b\u200d\u0085 `)).toBe(`a${MARKS}b`);
    expect(withoutUnseenEnds(MARKS)).toBe('');
    const long = `${'\u200b'.repeat(200_000)}x${'\u200b'.repeat(200_000)}y`;
    expect(withoutUnseenEnds(long)).toHaveLength(200_002);
  });
});

describe('logger', () => {
  function captured(): { lines: string[]; stream: { write(line: string): void } } {
    const lines: string[] = [];
    return { lines, stream: { write: (line) => void lines.push(line) } };
  }

  test('an error is logged without what an HTTP client hangs on it', () => {
    const { lines, stream } = captured();
    const error = Object.assign(new Error('no lou@example.org here'), {
      code: 'E1',
      config: { headers: { authorization: 'Bearer t0ken' }, data: 'lou@example.org' },
      cause: Object.assign(new Error('deeper: Lou@example.org'), { response: 't0ken' }),
    });
    createLogger('debug', 'test', stream).warn({ err: error, email: 'lou@example.org' }, 'it failed');
    expect(lines.join('')).not.toMatch(/lou@|t0ken/i);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ err: { message: 'no [address] here', code: 'E1' } });
  });

  test('causes in a circle end', () => {
    const error = new Error('round');
    error.cause = error;
    expect(JSON.stringify(describeError(error)).length).toBeLessThan(1000);
  });

  test.each([
    ['to "Lou.M+x@example.org", twice: lou@x.fr', 'to "[address]", twice: [address]'],
    ['email=lou%40example.org&x', 'email=[address]&x'],
    ['élise@exemple.fr', '[address]'],
    ['"lou martin"@x.fr, "Lou \\"M\\" Martin"@example.org', '[address], [address]'],
    ['{"why":"no \\"lou martin\\"@x.fr"}', '{"why":[address]"}'],
    ['said "no" to "lou;martin"@x.fr', 'said "no" to [address]'],
    ['q=%22lou%20martin%22%40x.fr&r=lou%2Bx%40x.fr', 'q=[address]&r=[address]'],
    ['nobody at all', 'nobody at all'],
  ])('%j becomes %j', (text, expected) => {
    expect(withoutAddresses(text)).toBe(expected);
  });

  test.each(['a', '"a', '\\"', 'a%', '%40'])('a long text of %j is no trap', (part) => {
    const startedAt = performance.now();
    withoutAddresses(part.repeat(100_000));
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});

describe('rate limited log', () => {
  const HALF_A_MINUTE_MS = 30_000;

  function listening() {
    const [said, otherwise]: [string[], string[]] = [[], []];
    let nowMs = 0;
    const tell = rateLimitedLog(
      (err) => void said.push(String(err)),
      (err) => void otherwise.push(String(err)),
      () => nowMs,
    );
    return { said, otherwise, tell, later: (ms: number) => void (nowMs += ms) };
  }

  test('the same error is said once in half a minute, and each time otherwise', () => {
    const { said, otherwise, tell, later } = listening();
    for (let attempt = 0; attempt < 100; attempt += 1) tell(new Error('connect ECONNREFUSED'));
    expect([said.length, otherwise.length]).toEqual([1, 99]);
    later(HALF_A_MINUTE_MS - 1);
    tell(new Error('connect ECONNREFUSED'));
    expect(said).toHaveLength(1);
    later(1);
    tell(new Error('connect ECONNREFUSED'));
    expect(said).toHaveLength(2);
  });

  test('another error is not hidden by one that comes all the time', () => {
    const { said, tell } = listening();
    tell(new Error('connect ECONNREFUSED'));
    tell(new Error('Missing lock for job 7. moveToFinished'));
    tell(new TypeError('connect ECONNREFUSED'));
    tell('words');
    expect(said).toHaveLength(4);
  });

  test('errors that are never the same are all said', () => {
    const { said, otherwise, tell } = listening();
    for (let nth = 0; nth < 1000; nth += 1) tell(new Error(`the ${nth}th`));
    expect([said.length, otherwise.length]).toEqual([1000, 0]);
  });
});

describe('vault', () => {
  const vault = createVault(Buffer.alloc(32, 1));
  const other = createVault(Buffer.alloc(32, 2));

  test('what is sealed opens under the same key and context alone', () => {
    const sealed = vault.seal('lou@example.org', 'k1');
    expect(vault.open(sealed, 'k1')).toBe('lou@example.org');
    expect(() => vault.open(sealed, 'k2')).toThrow(VaultError);
    expect(() => other.open(sealed, 'k1')).toThrow(VaultError);
  });

  test('the same text is never sealed the same way twice', () => {
    expect(vault.seal('lou@example.org', 'k1')).not.toBe(vault.seal('lou@example.org', 'k1'));
  });

  test('every altered byte is found', () => {
    const sealed = Buffer.from(vault.seal('lou@example.org', 'k1'), 'base64url');
    for (const [at, byte] of sealed.entries()) {
      const altered = Buffer.from(sealed);
      altered[at] = byte ^ 1;
      expect(() => vault.open(altered.toString('base64url'), 'k1')).toThrow(VaultError);
    }
    expect(() => vault.open('', 'k1')).toThrow(VaultError);
  });

  test('a fingerprint serves one purpose', () => {
    expect(vault.fingerprint('a', 'earner')).not.toBe(vault.fingerprint('a', 'other'));
  });

  describe('with the key before', () => {
    const both = createVault(Buffer.alloc(32, 1), Buffer.alloc(32, 2));

    test('what was sealed under it opens, and all that is sealed opens without it', () => {
      expect(both.open(other.seal('lou', 'k1'), 'k1')).toBe('lou');
      expect(vault.open(both.seal('lou', 'k1'), 'k1')).toBe('lou');
      expect(() => other.open(both.seal('lou', 'k1'), 'k1')).toThrow('Sealed text is of another PALIER_KEY');
    });

    test('what is sealed under it is sealed anew, once', () => {
      const anew = both.reseal(other.seal('lou', 'k1'), 'k1');
      if (anew === null) throw new Error('not sealed anew');
      expect(vault.open(anew, 'k1')).toBe('lou');
      expect(both.reseal(anew, 'k1')).toBeNull();
      const third = createVault(Buffer.alloc(32, 3)).seal('lou', 'k1');
      expect(() => both.reseal(third, 'k1')).toThrow(VaultError);
    });

    test('two keys of one id are told apart', () => {
      const idOf = (key: Buffer) => Buffer.from(createVault(key).seal('', ''), 'base64url')[0];
      const key = Buffer.alloc(32, 1);
      const twin = Array.from({ length: 5000 }, (_, at) => Buffer.alloc(32, `twin ${at}`)).find(
        (one) => idOf(one) === idOf(key),
      );
      if (twin === undefined) throw new Error('no twin found');
      const [before, twins] = [createVault(twin), createVault(key, twin)];
      const sealed = before.seal('lou', 'k1');
      expect(twins.open(sealed, 'k1')).toBe('lou');
      expect(twins.reseal(sealed, 'k1')).not.toBeNull();
      expect(() => vault.open(sealed, 'k1')).toThrow(VaultError);
    });
  });

  test('people are named by a key that is told, sealed, and kept', () => {
    const waiting = createVault(Buffer.alloc(32, 1), Buffer.alloc(32, 2), false);
    expect(() => waiting.name('lou', 'earner')).toThrow(VaultError);
    waiting.nameAs(other.mark, null);
    expect(waiting.name('lou', 'earner')).toBe(other.name('lou', 'earner'));
    expect(waiting.name('lou', 'earner')).not.toBe(vault.name('lou', 'earner'));
    const alone = createVault(Buffer.alloc(32, 1), null, false);
    alone.nameAs(null, waiting.sealNames());
    expect(alone.name('lou', 'earner')).toBe(other.name('lou', 'earner'));
    expect([vault.hasOwnNames(), alone.hasOwnNames()]).toEqual([true, false]);
  });
});

describe('key guard', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await testRedis();
  });
  afterAll(() => redis.close());

  test('a Redis that was filled under one key is refused under another', async () => {
    const [ours, other] = [createVault(randomBytes(32)), createVault(randomBytes(32))];
    const { connection, prefix } = redis;
    expect(await isSameKey(connection, prefix, ours)).toBe(true);
    await markKey(connection, prefix, ours);
    await markKey(connection, prefix, ours);
    await expect(markKey(connection, prefix, other)).rejects.toThrow(KeyChanged);
    expect(await isSameKey(connection, prefix, other)).toBe(false);
    expect(await isSameKey(connection, prefix, ours)).toBe(true);
  });

  describe('with the key before', () => {
    const [a, b, c] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const nameUnder = async (key: Buffer, old: Buffer | null): Promise<string | null> => {
      const vault = createVault(key, old, false);
      return (await isSameKey(redis.connection, prefix(), vault)) ? vault.name('lou', 'earner') : null;
    };
    const nameOf = (key: Buffer): string => createVault(key).name('lou', 'earner');
    let number = 0;
    beforeEach(() => {
      number += 1;
    });
    const prefix = (): string => `${redis.prefix}:${number}`;
    const mark = (key: Buffer, old: Buffer | null) =>
      markKey(redis.connection, prefix(), createVault(key, old, false));
    const move = async (key: Buffer, old: Buffer | null): Promise<void> => {
      const vault = createVault(key, old, false);
      await markKey(redis.connection, prefix(), vault);
      await moveMark(redis.connection, prefix(), vault);
    };

    test('names are those of the first key, before a worker started, after, and once the mark moved', async () => {
      await mark(a, null);
      expect(await nameUnder(b, a)).toBe(nameOf(a));
      expect(await nameUnder(b, null)).toBeNull();
      expect(await nameUnder(b, c)).toBeNull();
      await mark(b, a);
      expect(await nameUnder(b, a)).toBe(nameOf(a));
      // Something may be sealed under the new key by now.
      expect(await nameUnder(a, null)).toBeNull();
      expect(await nameUnder(a, b)).toBe(nameOf(a));
      await move(b, a);
      expect(await nameUnder(b, null)).toBe(nameOf(a));
      expect(await nameUnder(a, null)).toBeNull();
    });

    test('so they are after a second change, and after going back', async () => {
      await mark(a, null);
      await move(b, a);
      await move(c, b);
      expect(await nameUnder(c, null)).toBe(nameOf(a));
      await move(a, c);
      expect(await nameUnder(a, null)).toBe(nameOf(a));
    });

    test('an empty Redis is filled again under the names of the key before', async () => {
      expect(await nameUnder(b, a)).toBe(nameOf(a));
      await mark(b, a);
      expect(await nameUnder(b, a)).toBe(nameOf(a));
      await move(b, a);
      expect(await nameUnder(b, null)).toBe(nameOf(a));
    });
  });
});
