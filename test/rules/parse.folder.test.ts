import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigFolderError, readConfigFolder } from '../../src/platform/config-folder.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'palier-config-'));
});
afterEach(() => rm(dir, { recursive: true }));

const failure = async (): Promise<ConfigFolderError> => {
  const error: unknown = await readConfigFolder(dir).catch((reason: unknown) => reason);
  if (error instanceof ConfigFolderError) return error;
  throw new Error('A ConfigFolderError was expected', { cause: error });
};

test('gives both texts, under the names that a reader would type', async () => {
  const { scheme, partners } = await readConfigFolder('config');
  expect([scheme.name, partners.name]).toEqual(['config/scheme.yaml', 'config/partners.yaml']);
  expect(scheme.text).toContain('La Normandie badge les compétences');
});

test('names every file that is missing, and says what to do', async () => {
  const { files, message, cause } = await failure();
  expect(files.map(({ file }) => file)).toEqual([join(dir, 'scheme.yaml'), join(dir, 'partners.yaml')]);
  expect(files[0]?.fr).toMatch(/n'existe pas : le créer, ou donner dans PALIER_CONFIG/);
  expect(message).toMatch(/scheme\.yaml: there is no such file: create it/);
  expect(cause).toMatchObject({ code: 'ENOENT' });
});

test('refuses another encoding than UTF-8', async () => {
  await writeFile(join(dir, 'scheme.yaml'), 'scheme: ok');
  await writeFile(join(dir, 'partners.yaml'), Buffer.from('name: Fabrique d’Albâtre', 'latin1'));
  const { files } = await failure();
  expect(files).toEqual([expect.objectContaining({ file: join(dir, 'partners.yaml') })]);
  expect(files[0]?.fr).toContain("n'est pas en UTF-8");
});

test('tells a folder in the place of a file', async () => {
  await writeFile(join(dir, 'scheme.yaml'), 'scheme: ok');
  await mkdir(join(dir, 'partners.yaml'));
  expect((await failure()).message).toMatch(/partners\.yaml: the file cannot be read \("EISDIR"\)/);
});
