import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { openBrowser, signIn } from '../ops-web/support/browser.js';
import { until } from '../support/until.js';

/** Those of this file; a test that fails must not leave one behind. */
const demos: ChildProcess[] = [];
afterAll(() => demos.forEach((demo) => demo.kill('SIGKILL')));

/** The demo as somebody runs it, on the programs that `npm test` has just built. */
function startDemo(...options: string[]) {
  if (!existsSync('dist/demo/main.js')) throw new Error('dist/ is missing: npm run build');
  const child = spawn(process.execPath, ['dist/demo/main.js', '--fast', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  demos.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString('utf8')));
  child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString('utf8')));
  const ended = once(child, 'close').then(([code]) => Number(code));
  return { child, ended, out: () => out, err: () => err };
}

/** The processes and ports that the demo says it opened. */
const started = (out: string) => ({
  pids: [...out.matchAll(/processus (\d+)(?: et (\d+))?/g)]
    .flatMap(([, a, b]) => [a, b])
    .filter(Boolean)
    .map(Number),
  ports: [...new Set([...out.matchAll(/\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)))],
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

async function leftOver(out: string): Promise<readonly number[]> {
  const { pids, ports } = started(out);
  const open = await Promise.all(ports.map(async (port) => ((await answers(port)) ? [port] : [])));
  return [...pids.filter(isAlive), ...open.flat()];
}

/** The table's lines, blanks as one: where a cell is broken depends on nothing but the width. */
const lines = (out: string): readonly string[] => out.split('\n').map((line) => line.replaceAll(/ +/g, ' '));

// The two whole stories run side by side: they wait more than they compute.
test.concurrent(
  'the story comes out as told, says who received what and why, and leaves nothing behind',
  async () => {
    const demo = startDemo();
    expect({ code: await demo.ended, err: demo.err() }).toEqual({ code: 0, err: '' });
    const told = lines(demo.out());
    for (const name of ['Amina', 'Bastien', 'Chloé', 'Driss', 'Élise', 'Jeanne'])
      expect(told).toContainEqual(expect.stringMatching(new RegExp(`^${name} Communiquer : je pratique É`)));
    expect(told).toContain("Adèle et 18 autres Organiser : je pratique À l'heure · Tenir son atelier");
    expect(told).toContainEqual(expect.stringMatching(/^Inès Communiquer : je maîtrise « Communiquer : je/));
    expect(told).toContainEqual(expect.stringMatching(/^Inès La Normandie badge les « Comm/));
    for (const name of ['Farid', 'Gaëlle', 'Hugo'])
      expect(told).toContainEqual(
        expect.stringMatching(new RegExp(`^${name} Communiquer.* Il manque encore 1`)),
      );
    expect(told).toContainEqual(
      expect.stringMatching(/^Tom Organiser.* Il manque encore 1 badge « Organiser/),
    );
    expect(demo.out().replaceAll(/\s+/g, ' ')).toMatch(
      /révoqué.*expiré depuis le 13 mai 2025.*le Photo-club de la Risle ne participe pas/,
    );
    expect(told).toContain(" · 1 appel d'émission pour Bastien, en tout");
    expect(started(demo.out())).toMatchObject({ pids: { length: 3 }, ports: { length: 4 } });
    expect(await leftOver(demo.out())).toEqual([]);
  },
  240_000,
);

test.concurrent(
  'it shows the mail of Farid; its link opens his page, for as long as all is kept open',
  async () => {
    const demo = startDemo('--keep');
    await until(
      () => demo.out().includes("tout reste ouvert jusqu'à Ctrl-C"),
      'the end of the story',
      200_000,
    );
    expect(demo.out()).toMatch(/À : farid@example\.org\n +Objet : Votre lien pour voir vos badges\n/);
    const [link = '', web = '', token = ''] =
      /(http:\/\/\S+)\/parcours\/ouvrir\?jeton=([\w-]{43})$/m.exec(demo.out()) ?? [];
    const browser = openBrowser(web);
    expect((await browser.get(link)).html).toContain('Ouvrir ma page');
    await browser.post('/parcours/ouvrir', { jeton: token });
    expect((await browser.get('/parcours/moi')).html).toContain('Il vous manque 1 badge');
    const before = demo.out().length;
    await browser.post('/parcours/lien', { adresse: 'amina@example.org' });
    await until(() => demo.out().slice(before).includes('À : amina@example.org'), 'the mail of Amina');
    demo.child.kill('SIGINT');
    expect(await demo.ended).toBe(0);
    expect(await leftOver(demo.out())).toEqual([]);
  },
  240_000,
);

test('the ops pages that it names open with the name and the password that it prints; Ctrl-C ends all at once', async () => {
  // Open for as long as this takes.
  const demo = startDemo('--keep');
  await until(() => demo.out().includes('1. Deux ateliers'), 'the first scene', 120_000);
  const { pids } = started(demo.out());
  expect(pids.filter(isAlive)).toHaveLength(3);
  const [, url = '', name = '', password = ''] =
    /à ouvrir : (\S+\/ops) \(nom : (\S+) ; mot de passe : (\S+)\)/.exec(demo.out()) ?? [];
  const stranger = await fetch(url, { redirect: 'manual' });
  expect([stranger.status, stranger.headers.get('location')]).toEqual([
    303,
    expect.stringContaining('/ops/connexion'),
  ]);
  const browser = openBrowser(url);
  expect((await signIn(browser, { name, password })).status).toBe(303);
  expect((await browser.get('/ops')).html).toContain('La Normandie badge les compétences');
  expect((await browser.get('/ops/bareme')).html).toContain('Communiquer : je pratique');
  demo.child.kill('SIGINT');
  expect(await demo.ended).toBe(130);
  expect(demo.out()).toMatch(/Interrompu : tout s'arrête\.\n$/);
  expect(await leftOver(demo.out())).toEqual([]);
}, 240_000);

test('a program that dies ends it, with its last words and an exit code', async () => {
  const demo = startDemo();
  await until(() => demo.out().includes('1. Deux ateliers'), 'the first scene', 120_000);
  const [web = 0] = started(demo.out()).pids;
  process.kill(web, 'SIGKILL');
  expect(await demo.ended).toBe(1);
  expect(demo.err()).toMatch(/La démonstration a échoué\.\nLe processus « web » s'est arrêté \(SIGKILL\)\./);
  expect(demo.err()).toContain('"name":"web"');
  expect(await leftOver(demo.out())).toEqual([]);
}, 240_000);
