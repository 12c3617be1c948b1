import { storeAssertions } from '../../src/earners/assertions.js';
import type { RedisConnection } from '../../src/platform/redis.js';
import { asBadgeId, asBatchId } from '../../src/ids.js';
import type { AwardEvent } from '../../src/issuing/ledger.js';
import { planSchema, simulateSchema } from '../../src/scheme/plan-json.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { lastingIn } from '../support/everything.js';
import { parse } from '../support/house.js';
import { withRedisAt } from '../support/redis.js';
import { publishedSchema } from '../support/published-schema.js';
import { breakRecord } from '../support/broken-record.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { jsonOf, type Ran } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertionOf } from '../support/assertion.js';

describe('palier plan', () => {
  const NOW_MS = Date.UTC(2026, 0, 15, 9);
  const clock = (): number => NOW_MS;
  /** One badge of level 1 will do. */
  const EASIER = SMALL_SCHEME.replace('at_least: 2', 'at_least: 1');
  /** Three are asked for. */
  const STRICTER = SMALL_SCHEME.replace('at_least: 2', 'at_least: 3');

  let palier: RunningPalier;
  beforeEach(async () => {
    palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  });
  afterEach(() => palier.close());

  const keyOf = (name: string) => earnerKeyOf(palier.pipeline.vault, `${name}@example.org`);

  /** Somebody with these badges: `client/badge`; `REGION/R1` is one of the Région's own. */
  async function somebody(name: string, ...badges: string[]): Promise<void> {
    await storeAssertions(
      palier.pipeline,
      badges.map((badge, at) => {
        const [clientId = '', badgeId = ''] = badge.split('/');
        return {
          earner: keyOf(name),
          contact: { address: `${name}@example.org`, name },
          assertion: assertionOf(`${name}-${at}`, {
            clientId,
            badgeId,
            eventId: `E-${name}-${at}`,
            issuedOnS: Date.UTC(2026, 0, 5) / 1000,
          }),
        };
      }),
    );
  }

  async function recorded(name: string, ...events: AwardEvent[]): Promise<void> {
    for (const event of [{ type: 'comes-due', endedEvents: [] } as const, ...events])
      await palier.pipeline.ledger.apply(keyOf(name), asBadgeId('R1'), event);
  }

  /** As an operator types it; whatever it is, it changes nothing, calls nobody, and shows no address. */
  async function typed(...argv: string[]): Promise<Ran> {
    const inRedis = () => lastingIn(palier.redis.url);
    const before = await inRedis();
    const calls = palier.sandbox.calls.length;
    const ran = await palier.type(argv, { clock });
    expect(await inRedis()).toEqual(before);
    expect(palier.sandbox.calls).toHaveLength(calls);
    expect([...ran.out, ...ran.err].join('\n')).not.toMatch(/@|example\.org/);
    return ran;
  }

  /** A row of the table: the numbers of an award. */
  const row = ({ out }: Ran, award: string): string =>
    (out.find((line) => line.includes(`(${award})`) && /\d$/.test(line)) ?? '')
      .replace(/^.*\)(?: \[[^\]]*\])?/, '')
      .trim()
      .replaceAll(/ +/g, ' ');

  test('an empty Redis, and no worker was ever started: a plan of nobody', async () => {
    const ran = await typed('plan');
    expect(ran).toMatchObject({ exit: 0, err: [] });
    expect(ran.out[0]).toMatch(
      /^Règles : les fichiers, version [0-9a-f]{16}\. Aucune n'est encore en vigueur : le premier démarrage/,
    );
    expect(ran.out).toContain('Personnes examinées : 0.');
    expect(ran.out.at(-1)).toBe('Rien à appliquer.');
  });

  test('the files are in force, and everybody has what is due: nothing to apply', async () => {
    await palier.pipeline.schemes.start(palier.pipeline.scheme);
    await somebody('lou', 'P1/A', 'P2/B', 'REGION/R1');
    await somebody('sam', 'P1/A');
    await somebody('zoe', 'P1/A', 'P2/B');
    await recorded('zoe');
    const ran = await typed('plan');
    expect(ran.out[0]).toMatch(/^Règles : les fichiers, version [0-9a-f]{16}, celle qui est en vigueur\.$/);
    expect(row(ran, 'communiquer-1')).toBe('0 1 0 0 0 0');
    expect(ran.out.at(-1)).toBe('Rien à appliquer.');
  });

  test('an easier rule: exactly who gains, what stands in the way of others, what it costs', async () => {
    const { pipeline } = palier;
    await pipeline.schemes.start(pipeline.scheme);
    await somebody('lou', 'P1/A');
    await somebody('sam', 'P2/B', 'P1/C');
    await somebody('zoe', 'P1/A');
    await recorded('zoe', { type: 'claim', batch: asBatchId('b') }, { type: 'refuse', why: 'bad recipient' });
    await somebody('max', 'P1/A');
    await recorded('max', { type: 'revoked-by-human' });
    await somebody('ida', 'P1/C');
    await palier.configure({ scheme: EASIER });

    const ran = await typed('plan');
    expect(ran).toMatchObject({ exit: 0, err: [] });
    expect(ran.out[0]).toMatch(
      /^Règles : les fichiers, version ([0-9a-f]{16}) ; en vigueur : version (?!\1)[0-9a-f]{16}\. Aucun worker n'a encore démarré avec elles\.$/,
    );
    expect(ran.out).toContain('Personnes examinées : 5.');
    expect(row(ran, 'communiquer-1')).toBe('2 0 0 1 1 1');
    expect(row(ran, 'communiquer-2')).toBe('1 0 0 0 0 1');
    expect(ran.out).toContain('Durée : 1 s au moins (6 appels à OBF, 1000 par seconde).');
    expect(ran.out.slice(-4, -1)).toEqual([
      'Par exemple (« npx palier explain <clé> » dit pourquoi, --csv donne tout le monde) :',
      `  Communiquer : je pratique (communiquer-1), gagnent : ${[keyOf('lou'), keyOf('sam')].toSorted().join(', ')}`,
      `  Communiquer : je maîtrise (communiquer-2), gagnent : ${keyOf('sam')}`,
    ]);
    expect(ran.out.at(-1)).toBe("Rien n'est changé. « npx palier apply » le met en vigueur.");

    const json = planSchema.parse(jsonOf(await typed('plan', '--json')));
    expect(json).toMatchObject({ changed: true, differ_since_s: null, people: 5, issues: 3, calls: 6 });
    expect(json.awards.map(({ award, earners }) => [award, earners.gains])).toEqual([
      ['communiquer-1', [keyOf('lou'), keyOf('sam')].toSorted()],
      ['communiquer-2', [keyOf('sam')]],
    ]);
    const csv = await typed('plan', '--csv');
    const [lou, sam] = [keyOf('lou'), keyOf('sam')];
    expect(csv.out).toEqual([
      'award,earner,change',
      ...[lou, sam].toSorted().map((key) => `communiquer-1,${key},gains`),
      `communiquer-2,${sam},gains`,
    ]);
  });

  test('a stricter rule takes nothing: who would no longer qualify is told, and keeps the badge', async () => {
    const { schemes, scheme } = palier.pipeline;
    await schemes.start(scheme);
    await somebody('lou', 'P1/A', 'P2/B', 'REGION/R1');
    await somebody('sam', 'P1/A', 'P2/B', 'P3/D', 'REGION/R1');
    await palier.configure({ scheme: STRICTER });
    const ran = await typed('plan');
    expect(row(ran, 'communiquer-1')).toBe('0 0 1 0 0 0');
    expect(ran.out).toContain('« perdent la règle » : ne la rempliraient plus, et gardent le badge.');
    expect((await typed('plan', '--csv')).out).toEqual([
      'award,earner,change',
      `communiquer-1,${keyOf('lou')},loses_rule`,
    ]);
  });

  test('files that a worker was started with: since when they differ; those in force are named', async () => {
    const { schemes, scheme } = palier.pipeline;
    await schemes.start(scheme);
    await palier.configure({ scheme: EASIER });
    const easier = parse(EASIER, SMALL_PARTNERS);
    const atS = Math.floor(Date.now() / 1000);
    await schemes.start(easier);
    const ran = await typed('plan');
    expect(ran.out[0]).toMatch(
      / Elles diffèrent depuis le .+ ; ce qui arrive de nouveau est déjà jugé par elles\.$/,
    );
    expect(ran.out.at(-1)).toMatch(
      /^Personne ne gagne ni ne perd rien\. « npx palier apply » met ces règles/,
    );
    const json = planSchema.parse(jsonOf(await typed('plan', '--json')));
    expect(json).toMatchObject({ version: easier.version, in_force: scheme.version, changed: true });
    expect(json.differ_since_s).toBeGreaterThanOrEqual(atS);
  });

  test('one award alone: it, and what follows from it by the rules in force', async () => {
    const { schemes, scheme } = palier.pipeline;
    await schemes.start(scheme);
    await somebody('lou', 'P1/A', 'P1/C');
    await somebody('sam', 'P1/C', 'REGION/R1');
    await palier.configure({ scheme: EASIER });
    const ran = await typed('plan', '--only', 'communiquer-1');
    expect(ran.out).toContain(
      "Pour le seul badge « communiquer-1 », et ce qu'il entraîne ; le reste attendrait.",
    );
    expect(row(ran, 'communiquer-1')).toBe('1 0 0 0 0 1');
    expect(row(ran, 'communiquer-2')).toBe('1 0 0 0 0 1');
    const unknown = await typed('plan', '--only', 'communiquer-3');
    expect(unknown).toMatchObject({ exit: 2, out: [] });
    expect(unknown.err[0]).toContain('vouliez-vous dire « communiquer-');
  });

  test.each([
    [52, /^Quota OBF : 2 badges à délivrer, 52 restants \(lu le .+\) : suffisant, il en resterait 50\.$/, 0],
    [
      51,
      /^! Quota OBF : 2 badges à délivrer, 51 restants \(lu le .+\) : il en manque 1, les envois s'arrêteraient à 50\.$/,
      1,
    ],
  ])('two badges against a quota of %d', async (issuing_limit, words, short) => {
    const { schemes, scheme, quota } = palier.pipeline;
    await schemes.start(scheme);
    const body = { id: 'REGION', name: 'REGION', issuing_limit };
    palier.sandbox.fault({ route: 'GET client', kind: 'status', status: 200, body, times: 1 });
    await quota.read(new AbortController().signal);
    await somebody('lou', 'P1/A');
    await somebody('sam', 'P1/A');
    await palier.configure({ scheme: EASIER });
    expect((await typed('plan')).out.find((one) => one.includes('Quota OBF'))).toMatch(words);
    const json = planSchema.parse(jsonOf(await typed('plan', '--json')));
    expect(json.quota).toMatchObject({ left: issuing_limit, floor: 50, after: issuing_limit - 2, short });
  });

  test('somebody whose data cannot be read is named, and the others are planned for', async () => {
    await palier.pipeline.schemes.start(palier.pipeline.scheme);
    await somebody('lou', 'P1/A');
    await somebody('sam', 'P1/A');
    await withRedis((redis) => breakRecord(redis, 'palier', keyOf('sam')));
    await palier.configure({ scheme: EASIER });
    const ran = await typed('plan');
    expect(ran.exit).toBe(0);
    expect(ran.out).toContain(
      `! Personnes laissées de côté, dont les données ne peuvent être lues : 1 (${keyOf('sam')})`,
    );
    expect(row(ran, 'communiquer-1')).toBe('1 0 0 0 0 1');
  });

  test('in English; and one form of answer only', async () => {
    await palier.pipeline.schemes.start(palier.pipeline.scheme);
    await somebody('lou', 'P1/A');
    await palier.configure({ scheme: EASIER });
    const { out } = await typed('plan', '--lang', 'en');
    expect(out.at(-1)).toBe('Nothing is changed. "npx palier apply" puts it into force.');
    expect(out.join('\n')).not.toMatch(/gagnent|Personnes/);
    expect(await typed('plan', '--csv', '--json')).toMatchObject({ exit: 2 });
  });

  test('of many people, some are named', async () => {
    await palier.pipeline.schemes.start(palier.pipeline.scheme);
    const names = Array.from({ length: 6 }, (_, at) => `somebody-${at}`);
    for (const name of names) await somebody(name, 'P1/A');
    const keys = names.map(keyOf).toSorted();
    await palier.configure({ scheme: EASIER });
    const shown = `${keys.slice(0, 5).join(', ')}...`;
    expect((await typed('plan')).out.at(-2)).toBe(
      `  Communiquer : je pratique (communiquer-1), gagnent : ${shown}`,
    );
    for (const key of keys) await withRedis((redis) => breakRecord(redis, 'palier', key));
    expect((await typed('plan')).out).toContain(
      `! Personnes laissées de côté, dont les données ne peuvent être lues : 6 (${shown})`,
    );
  });

  test('docs/schema/plan.json is the schema of --json', () => {
    const { file, made } = publishedSchema('plan', planSchema);
    expect(file).toEqual(made);
  });

  const withRedis = <T>(work: (redis: RedisConnection) => Promise<T>): Promise<T> =>
    withRedisAt(palier.redis.url, work);
});

describe('palier simulate', () => {
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
          assertion: assertionOf(`${name}-${badgeId}`, {
            clientId,
            badgeId,
            eventId: null,
            issuedOnS: Date.UTC(2026, 0, 5) / 1000,
          }),
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

  test('how everybody stands is told by competency and level, in whatever order the awards are written', async () => {
    const written = `
scheme: Essai
competencies:
  communiquer: { name: Communiquer }
  organiser: { name: Organiser }
awards:
  general: { name: G, badge: RG, rule: { at_least: 3, of: { level: 2 } } }
  o-2: { competency: organiser, level: 2, name: O2, badge: R4, rule: { at_least: 1, of: { competency: organiser, level: 2 } } }
  c-2: { competency: communiquer, level: 2, name: C2, badge: R2, rule: { at_least: 1, of: { competency: communiquer, level: 2 } } }
  o-1: { competency: organiser, level: 1, name: O1, badge: R3, rule: { at_least: 1, of: { competency: organiser } } }
  c-1: { competency: communiquer, level: 1, name: C1, badge: R1, rule: { at_least: 1, of: { competency: communiquer } } }
`;
    await proposal('written.yaml', written);
    await proposal(
      'partners-3.yaml',
      SMALL_PARTNERS.replace(
        '{ id: E, name: Badge E, competency: communiquer, level: 1',
        '{ id: E, name: Badge E, competency: organiser, level: 2',
      ),
    );
    const { out, err } = await typed('--rules', 'written.yaml', '--partners', 'partners-3.yaml');
    expect(err).toEqual([]);
    const at = out.findIndex((line) => line.includes('seuil'));
    expect(out.slice(at + 1, at + 6).map((line) => line.slice(0, 2))).toEqual(['C1', 'C2', 'O1', 'O2', 'G ']);
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
      err: [expect.stringMatching(/^nowhere\.yaml : le fichier n'existe pas/)],
    });
  });

  test('docs/schema/simulate.json is the schema of --json', () => {
    const { file, made } = publishedSchema('simulate', simulateSchema);
    expect(file).toEqual(made);
  });
});
