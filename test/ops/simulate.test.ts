import { storeAssertions } from '../../src/earners/assertions.js';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asAssertionId, asBadgeId, asClientId } from '../../src/ids.js';
import { simulateSchema } from '../../src/ops/cli/scheme/simulate.js';
import { earnerKeyOf } from '../../src/earners/earner-key.js';
import { lastingIn } from '../support/everything.js';
import { publishedSchema } from '../support/published-schema.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { jsonOf, type Ran } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';

const clock = (): number => Date.UTC(2026, 0, 15, 9);
const EASIER = SMALL_SCHEME.replace('at_least: 2', 'at_least: 1');

let palier: RunningPalier;
beforeEach(async () => {
  palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  await palier.pipeline.schemes.start(palier.pipeline.scheme);
});
afterEach(() => palier.close());

const keyOf = (name: string) => earnerKeyOf(palier.pipeline.vault, `${name}@example.org`);

async function somebody(name: string, ...badges: string[]): Promise<void> {
  await storeAssertions(
    palier.pipeline,
    badges.map((badge) => {
      const [clientId = '', badgeId = ''] = badge.split('/');
      return {
        earner: keyOf(name),
        contact: { address: `${name}@example.org`, name },
        assertion: {
          id: asAssertionId(`${name}-${badgeId}`),
          clientId: asClientId(clientId),
          badgeId: asBadgeId(badgeId),
          eventId: null,
          issuedOnS: Date.UTC(2026, 0, 5) / 1000,
          expiresOnS: null,
          revoked: false,
        },
      };
    }),
  );
}

async function town(): Promise<void> {
  await somebody('none', 'P1/C');
  await somebody('one', 'P1/A');
  await somebody('uno', 'P3/D', 'P1/C');
  await somebody('two', 'P1/A', 'P2/B', 'REGION/R1');
  await somebody('three', 'P1/A', 'P2/B', 'P3/D', 'REGION/R1');
}

/** As an operator types it; whatever it is, it changes nothing, calls nobody, and shows no address. */
async function typed(...argv: string[]): Promise<Ran> {
  const inRedis = () => lastingIn(palier.redis.url);
  const before = await inRedis();
  const ran = await palier.type(['simulate', ...argv], { clock });
  expect(await inRedis()).toEqual(before);
  expect(palier.sandbox.calls).toEqual([]);
  expect([...ran.out, ...ran.err].join('\n')).not.toMatch(/@|example\.org/);
  return ran;
}
const proposal = (name: string, text: string): Promise<void> => writeFile(join(palier.cwd, name), text);

test('a proposal: the table of a plan, and how many people have 0, 1, 2... badges of the threshold', async () => {
  await town();
  await proposal('easier.yaml', EASIER);
  const { exit, out, err } = await typed('--rules', 'easier.yaml');
  expect({ exit, err }).toEqual({ exit: 0, err: [] });
  expect(out[0]).toMatch(
    /^Règles : la proposition, version \w{16} ; en vigueur : version \w{16}\. Aucun worker/,
  );
  const at = out.indexOf('Nombre de personnes qui ont 0, 1, 2... des badges que chaque règle compte :');
  expect(out.slice(at + 1, at + 4)).toEqual([
    'Badge Région                               seuil  0  1  2  3  à un badge près',
    'Communiquer : je pratique (communiquer-1)      1  1  2  1  1                1',
    'Communiquer : je maîtrise (communiquer-2)      1  3  2  0  0                4',
  ]);
  expect(out.at(-1)).toBe("Rien n'est changé : c'est un essai.");

  const json = simulateSchema.parse(jsonOf(await typed('--rules', 'easier.yaml', '--json')));
  expect(json.awards[0]?.earners.gains).toEqual([keyOf('one'), keyOf('uno')].toSorted());
  expect(json.standings).toMatchObject([
    {
      award: 'communiquer-1',
      threshold: 1,
      at_count: [1, 2, 1, 1],
      one_away: 1,
      held: 2,
      due: 2,
      not_met: 1,
    },
    { award: 'communiquer-2', threshold: 1, at_count: [3, 2], one_away: 4, held: 0, due: 1, not_met: 4 },
  ]);
});

test('the files themselves, when nothing is proposed: what a plan of them says', async () => {
  await town();
  const [simulated, planned] = [
    jsonOf(await typed('--json')),
    jsonOf(await palier.type(['plan', '--json'], { clock })),
  ];
  expect(simulated).toMatchObject(planned as object);
  expect(simulated).toMatchObject({
    changed: false,
    issues: 0,
    standings: [{ one_away: 2 }, { at_count: [3, 2], one_away: 3 }],
  });
});

test('a proposal of enrolments', async () => {
  await town();
  await proposal(
    'partners-2.yaml',
    SMALL_PARTNERS.replace('{ id: D, name: Badge D', '{ id: D2, name: Badge D'),
  );
  const { out } = await typed('--partners', 'partners-2.yaml', '--csv');
  expect(out).toEqual(['award,earner,change']);
  const json = simulateSchema.parse(jsonOf(await typed('--partners', 'partners-2.yaml', '--json')));
  expect(json.standings[0]?.at_count).toEqual([2, 1, 2]);
});

test('the files in use may be wrong: the proposal is read without them', async () => {
  await proposal('easier.yaml', EASIER);
  await proposal('others.yaml', SMALL_PARTNERS);
  await palier.configure({ scheme: 'awards: nonsense', partners: '' });
  expect(await typed('--rules', 'easier.yaml', '--partners', 'others.yaml')).toMatchObject({ exit: 0 });
});

test('faults of a proposal name its file as it was typed', async () => {
  await proposal('wrong.yaml', EASIER.replace('communiquer, level: 1', 'communiqer, level: 1'));
  const wrong = await typed('--rules', 'wrong.yaml');
  expect(wrong).toMatchObject({ exit: 1, out: [] });
  expect(wrong.err[0]).toMatch(/^wrong\.yaml:\d+:\d+/);
  const missing = await typed('--rules', 'nowhere.yaml');
  expect(missing).toMatchObject({
    exit: 1,
    err: [expect.stringMatching(/^nowhere\.yaml : le fichier ne peut pas être lu \(ENOENT\)/)],
  });
});

test('docs/schema/simulate.json is the schema of --json', () => {
  const { file, made } = publishedSchema('simulate', simulateSchema);
  expect(file).toEqual(made);
});
