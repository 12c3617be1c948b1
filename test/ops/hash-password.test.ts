import { PassThrough, Readable } from 'node:stream';
import { firstLine } from '../../src/ops/cli/hash-password.js';
import { verifyPassword } from '../../src/platform/secrets.js';
import { until } from '../support/until.js';
import { jsonOf, palier, rememberingStreams } from './support/cli.js';

const PASSWORD = 'une phrase de passe';
const piped = (...chunks: (string | Buffer)[]) => ({
  streams: { stdin: Readable.from(chunks, { objectMode: false }) },
});

const accented = Buffer.from('mot de passé');
test.each([
  ['a line', [`${PASSWORD}\n`], PASSWORD],
  ['a line of Windows', [`${PASSWORD}\r\n`], PASSWORD],
  ['a line without its end, in parts', ['une phrase', ' de passe'], PASSWORD],
  ['the first of two lines', [`${PASSWORD}\nautre chose\n`], PASSWORD],
  ['a character cut in two', [accented.subarray(0, 12), accented.subarray(12)], accented.toString()],
  ['nothing', [], ''],
])('the first line of an input: %s', async (_, chunks, line) => {
  expect(await firstLine(Readable.from(chunks, { objectMode: false }))).toBe(line);
});

describe('piped', () => {
  test('one line makes the hash, and nothing else is written', async () => {
    const { exit, out, err } = await palier(['hash-password'], piped(`${PASSWORD}\n`));
    expect({ exit, err, lines: out.length }).toEqual({ exit: 0, err: [], lines: 1 });
    expect(await verifyPassword(out.join(''), PASSWORD)).toBe(true);
  });

  test('in JSON', async () => {
    expect(jsonOf(await palier(['hash-password', '--json'], piped(PASSWORD)))).toEqual({
      hash: expect.stringMatching(/^scrypt\$/) as unknown,
    });
  });

  test.each([
    ['nothing', '', 'trop court'],
    ['eleven characters', 'abcdefghijk', 'trop court'],
    ['a whole file', 'x'.repeat(5000), 'trop long'],
  ])('%s is refused', async (_, text, why) => {
    const { exit, out, err } = await palier(['hash-password'], piped(text));
    expect({ exit, out }).toEqual({ exit: 1, out: [] });
    expect(err.join('\n')).toContain(why);
  });
});

/** Types each text on a terminal once its prompt is there. */
async function typed(...texts: string[]) {
  const stdin = new PassThrough();
  const { streams, out, err } = rememberingStreams({ stdin, isTty: { stdin: true, stderr: true } });
  const running = palier(['hash-password'], { streams });
  for (const [at, text] of texts.entries()) {
    await until(() => err.filter((line) => line.endsWith(' : ')).length > at, `prompt ${at + 1}`);
    stdin.write(text);
  }
  const { exit } = await running;
  return { exit, out, err };
}

describe('on a terminal', () => {
  test('asks twice and shows nothing of what is typed', async () => {
    const { exit, out, err } = await typed(`${PASSWORD}\r`, `${PASSWORD}\r`);
    expect(exit).toBe(0);
    expect(err).toEqual(['Mot de passe : ', '', 'Encore une fois : ', '']);
    expect(out).toHaveLength(1);
    expect(await verifyPassword(out.join(''), PASSWORD)).toBe(true);
  });

  test('corrections count, and two lines pasted at once are two answers', async () => {
    const { exit, out } = await typed(`${PASSWORD}XY\u007F\u007F\r${PASSWORD}\r`);
    expect(exit).toBe(0);
    expect(await verifyPassword(out.join(''), PASSWORD)).toBe(true);
  });

  test.each([
    ['two that differ', [`${PASSWORD}\r`, `${PASSWORD}.\r`], 'Les deux mots de passe diffèrent.'],
    ['Ctrl-C', ['une phr\u0003'], 'Abandonné.'],
    ['Ctrl-D', ['\u0004'], 'Abandonné.'],
  ])('%s: no hash', async (_, texts, message) => {
    const { exit, out, err } = await typed(...texts);
    expect({ exit, out }).toEqual({ exit: 1, out: [] });
    expect(err.at(-1)).toBe(message);
  });
});
