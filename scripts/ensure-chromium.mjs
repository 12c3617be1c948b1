// Finds the Chromium that the browser tests and `npm run docs:screenshots` drive; on Debian or Ubuntu, as
// root, installs it. Elsewhere it says what to do. Exit code 0: there is one now.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** As in test/browser/support/chromium.ts. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const PACKAGES = ['chromium', 'fonts-dejavu-core'];
const INSTALL = ['install', '-y', '--no-install-recommends', ...PACKAGES];

const found = () => PLACES.find((place) => existsSync(place));
const run = (...args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0;

function install() {
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) return false;
  console.log(`No Chromium yet: installing ${PACKAGES.join(', ')} (apt-get, some 100 MB, once)…`);
  return run(...INSTALL) || (run('update', '-q') && run(...INSTALL));
}

if (found() === undefined) install();
const place = found();
if (place === undefined) {
  console.error(
    [
      'There is no Chromium on this machine, and it could not be installed from here. Either:',
      `- on Debian: sudo apt-get ${INSTALL.join(' ')}`,
      '- elsewhere: install Chromium or Google Chrome, where it is looked for:',
      ...PLACES.map((one) => `    ${one}`),
    ].join('\n'),
  );
  process.exitCode = 1;
} else console.log(`Chromium: ${place}`);
