import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { check, mustHavePromtool, promtool } from './promtool.js';
import { alertFile, ALERTS, alerts, queries, withoutVariables } from './queries.js';
import { wholeScrape } from './whole-scrape.js';

(mustHavePromtool() ? describe : describe.skip)('promtool', () => {
  let file: string;
  let folder: string;
  let text: string;
  beforeAll(async () => {
    text = await wholeScrape();
    file = await promtool();
    folder = await mkdtemp(join(tmpdir(), 'palier-promtool-'));
  }, 180_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('takes the alert rules', async () => {
    const { good, said } = await check(file, ['check', 'rules', resolve(ALERTS)]);
    expect([good, said]).toEqual([true, expect.stringContaining(`${alerts().length} rules found`)]);
  });

  test('takes the configuration, with a token beside it', async () => {
    for (const name of ['prometheus.yml', 'alerts.yml'])
      await copyFile(join('docs/observability', name), join(folder, name));
    await writeFile(join(folder, 'palier-token'), 'token');
    const { good, said } = await check(file, ['check', 'config', join(folder, 'prometheus.yml')]);
    expect([good, said]).toEqual([true, expect.stringContaining('is valid prometheus config file syntax')]);
  });

  test('rings each alert where it should, and only there', async () => {
    // Their words are for people: with them, each case would have to repeat them.
    const silent = alertFile().groups.map((group) => ({
      ...group,
      rules: group.rules.map((rule) =>
        Object.fromEntries(Object.entries(rule).filter(([part]) => part !== 'annotations')),
      ),
    }));
    const rules = join(folder, 'rules.yml');
    await writeFile(rules, stringify({ groups: silent }));
    const cases = await readFile('test/ops-metrics/alerts.test.yml', 'utf8');
    await writeFile(join(folder, 'cases.yml'), cases.replace('[ALERTS]', JSON.stringify([rules])));
    const { good, said } = await check(file, ['test', 'rules', join(folder, 'cases.yml')]);
    expect([good, said]).toEqual([true, expect.stringContaining('SUCCESS')]);
    expect(unproved(cases)).toEqual([]);
  });

  test('can read every query of the dashboard', async () => {
    const rules = queries().map(({ expr }, at) => ({ record: `query:${at}`, expr: withoutVariables(expr) }));
    const path = join(folder, 'queries.yml');
    await writeFile(path, stringify({ groups: [{ name: 'queries', rules }] }));
    const { good, said } = await check(file, ['check', 'rules', path]);
    expect([good, said]).toEqual([true, expect.stringContaining(`${rules.length} rules found`)]);
  });

  test('finds no fault with the scrape', async () => {
    expect(await check(file, ['check', 'metrics'], text)).toEqual({ good: true, said: '' });
    expect((await check(file, ['check', 'metrics'], 'palier_x 1 2 3\n')).good).toBe(false);
  });
});

interface Cases {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

/** The alerts that no case lets ring, or none keeps silent: a rule that is always one of the two is no rule. */
function unproved(cases: string): readonly string[] {
  const all = (parse(cases) as Cases).tests.flatMap((one) => one.alert_rule_test);
  return alerts()
    .map(({ alert }) => alert)
    .filter((name) => {
      const own = all.filter(({ alertname }) => alertname === name);
      const [rings, silent] = [
        own.some((one) => one.exp_alerts.length > 0),
        own.some((one) => one.exp_alerts.length === 0),
      ];
      return !rings || !silent;
    });
}
