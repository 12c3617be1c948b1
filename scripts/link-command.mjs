// npm links the commands of a project's dependencies, not its own: after a build, `npx palier` finds
// ours where it looks first. Windows has no executable bit; there, `node dist/ops/cli/main.js`.
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';

const COMMAND = 'dist/ops/cli/main.js';
const LINK = 'node_modules/.bin/palier';

if (process.platform !== 'win32' && existsSync(COMMAND)) {
  chmodSync(COMMAND, 0o755);
  mkdirSync('node_modules/.bin', { recursive: true });
  rmSync(LINK, { force: true });
  symlinkSync(`../../${COMMAND}`, LINK);
}
