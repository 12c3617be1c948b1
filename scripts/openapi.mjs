// Writes docs/openapi.json from the route table and the schemas: `npm run docs:openapi`.
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { tsImport } from 'tsx/esm/api';

const FILE = 'docs/openapi.json';
const { openApiDocument } = await tsImport('../src/webhooks/openapi.ts', import.meta.url);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const options = { ...(await resolveConfig(FILE)), parser: 'json' };
writeFileSync(FILE, await format(JSON.stringify(openApiDocument(version)), options));
