// After `npm ci`, `npx palier` and the Procfile's lines work at once. A production install has no
// compiler and brings `dist/` with it: then there is nothing to do.
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

if (existsSync('node_modules/typescript/package.json') && existsSync('tsconfig.build.json')) {
  const built = spawnSync('npm', ['run', 'build'], { stdio: 'inherit', shell: process.platform === 'win32' });
  process.exitCode = built.status ?? 1;
}
