import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFigures } from '../../bench/figures.js';
import { ASSUMPTIONS, needOf, SCENARIOS } from '../../bench/scale-model.js';
import { tablesOf } from '../../bench/scale-tables.js';

/** The goals of the figures, not what was measured. */
const FIXTURE = 'test/bench/figures.json';
const figures = readFigures(FIXTURE);

test('one Région by hand: 100 000 earners, 3 badges a year, 5 to an event', () => {
  const scenario = { name: 'by hand', earners: 100_000, partners: 300, regions: 1 };
  const need = needOf(scenario, figures);
  expect(need.eventsPerDay).toBeCloseTo(60_000 / 365);
  // 301 accounts, every five minutes.
  expect(need.pollCallsPerDay).toBe(301 * 288);
  expect(need.awardCallsPerDay).toBeCloseTo((100_000 / 365) * ((0.01 + 2.1) / 2));
  // 60 MB of earners, and the notices of the busiest day; 1.6 times.
  expect(need.redisMiB).toBeCloseTo(((60_000_000 + (600_000 / 365) * 1300) * 1.6) / 2 ** 20);
  expect([need.web, need.workers]).toEqual([2, 2]);
  expect(need.eurosPerMonth).toBeCloseTo(4 * 14.4 + 39.6);
});

test('more earners need no less of anything; a slower process means more of them', () => {
  const [small, , large] = SCENARIOS.map((scenario) => needOf(scenario, figures));
  for (const key of ['eventsPerDay', 'redisMiB', 'eurosPerMonth'] as const)
    expect(large?.[key]).toBeGreaterThan(small?.[key] ?? Infinity);
  const slow = { ...figures, endToEnd: { noticesPerSecond: 0.001 } };
  const [scenario] = SCENARIOS;
  if (scenario === undefined) throw new Error('no scenario');
  expect(needOf(scenario, slow).workers).toBeGreaterThan(10);
});

test('a figure that is missing is named, and so is the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'palier-scale-'));
  const path = join(folder, 'performance.json');
  const { worker: _, ...others } = figures;
  writeFileSync(path, JSON.stringify({ ...others, door: {} }));
  try {
    expect(() => readFigures(join(folder, 'none.json'))).toThrow(/none\.json is not there/);
    expect(() => readFigures(path)).toThrow(/performance\.json lacks[^]*door\.noticesPerSecond[^]*worker/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the tables tell every assumption, and the document has a place for them', () => {
  const tables = tablesOf(figures);
  for (const name of Object.keys(ASSUMPTIONS)) expect(tables).toContain(name);
  for (const { name } of SCENARIOS) expect(tables).toContain(name);
  expect(tables).not.toMatch(/NaN|undefined|Infinity/);
  expect(readFileSync('docs/scale.md', 'utf8')).toContain('<!-- scale: written by bench/scale.ts -->');
});
