import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';

/**
 * `node scripts/audit.mjs [sbom.json]`: reports known vulnerabilities of what runs in production, and writes its SBOM
 * (CycloneDX). Fails on high and above; without an answer of the registry it says so and passes.
 */
const npm = (args) =>
  new Promise((resolve) => {
    execFile('npm', args, { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
  });

const read = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

async function audit() {
  const { metadata, vulnerabilities = {} } = read((await npm(['audit', '--omit=dev', '--json'])).stdout);
  if (metadata === undefined) {
    console.log('audit: skipped, the registry does not answer');
    return true;
  }
  for (const { name, severity, range } of Object.values(vulnerabilities))
    console.log(`audit: ${severity}: ${name} ${range}`);
  const { total, high, critical } = metadata.vulnerabilities;
  console.log(`audit: ${total} known vulnerabilities, ${high + critical} of them high or above`);
  return high + critical === 0;
}

async function writeSbom(file) {
  const { error, stdout, stderr } = await npm(['sbom', '--omit=dev', '--sbom-format=cyclonedx']);
  const { components } = read(stdout);
  if (error !== null || components === undefined) {
    console.log(`sbom: not written: ${stderr.trim().split('\n')[0]}`);
    return false;
  }
  await writeFile(file, stdout);
  console.log(`sbom: ${components.length} packages in ${file}`);
  return true;
}

const good = [await audit(), await writeSbom(process.argv[2] ?? 'sbom.json')];
process.exitCode = good.every(Boolean) ? 0 : 1;
