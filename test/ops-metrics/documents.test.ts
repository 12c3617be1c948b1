import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { scheduleSweep } from '../../src/workers/gather-awards.js';
import { schedulePolls } from '../../src/workers/poll-events.js';
import { until } from '../support/until.js';
import { check, mustHavePromtool, promtool } from './promtool.js';
import {
  alertFile,
  ALERTS,
  alerts,
  groupingIn,
  panels,
  queries,
  selectorsIn,
  withoutVariables,
} from './queries.js';
import { seriesIn, type Series } from './scraped.js';
import { openWatched } from './watched.js';

const PARTS = /_(bucket|sum|count)$/;
let text: string;
let series: readonly Series[];

/** A scrape of a house in which a little of everything has happened. */
beforeAll(async () => {
  const watched = await openWatched({ sandbox: { issuingLimit: 1000 } });
  const { house } = watched;
  const [pipeline] = house.pipelines;
  await schedulePolls(pipeline, 3_600_000);
  await scheduleSweep(pipeline);
  house.sandbox.fault({ route: 'GET event', kind: 'status', status: 500 });
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const) {
    const { id } = house.issue({ clientId, badgeId, recipients: ['lou@example.org'] });
    await watched.notify(clientId, id);
  }
  await watched.notify('STRANGER', 'E1');
  await until(() => house.awards().length === 1, 'award', 20_000);
  const polled = 'palier_poll_last_success_timestamp_seconds';
  await until(
    async () => (await watched.series()).filter(({ name }) => name === polled).length === 3,
    'polls',
  );
  text = await watched.text();
  series = seriesIn(text);
  await watched.close();
}, 60_000);

test('every selector of the dashboard and of the alerts finds series in a scrape', () => {
  const selectors = queries().flatMap(({ where, expr }) =>
    selectorsIn(expr).map((selector) => ({ where, ...selector })),
  );
  expect(selectors.length).toBeGreaterThan(50);
  const blind = selectors.filter(
    ({ name, matches }) => !series.some((one) => one.name === name && matches(one.labels)),
  );
  expect(blind.map(({ where, text: selector }) => `${where}: ${selector}`)).toEqual([]);
});

test('every label that is grouped by, joined on or shown is one of the metric', () => {
  const strange = queries().flatMap(({ where, expr }) =>
    selectorsIn(expr).flatMap(({ name }) => {
      const labels = new Set(
        series.filter((one) => one.name === name).flatMap((one) => Object.keys(one.labels)),
      );
      return groupingIn(expr)
        .filter((label) => !labels.has(label))
        .map((label) => `${where}: ${name} has no ${label}`);
    }),
  );
  expect(strange).toEqual([]);
  const shown = panels().flatMap(({ title, targets = [] }) =>
    targets.flatMap(({ expr, legendFormat = '' }) =>
      [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => ({ title, expr, label })),
    ),
  );
  const hidden = shown.filter(({ expr, label }) => {
    const grouped = groupingIn(expr);
    if (grouped.length > 0) return !grouped.includes(label);
    return !series.some(({ name, labels }) => expr.includes(name) && labels[label] !== undefined);
  });
  expect(hidden).toEqual([]);
});

test('what is looked for in vain is found out', () => {
  const [wrong] = selectorsIn('sum(rate(palier_jobs_total{outcome="finished"}[5m]))');
  expect(series.some(({ name, labels }) => name === wrong?.name && wrong.matches(labels))).toBe(false);
  expect(groupingIn('sum by (queue, le) (x) / on (kind) y')).toEqual(['queue', 'le', 'kind']);
});

test('the document names every metric that there is, with its labels, and no other', async () => {
  const document = await readFile('docs/observability.md', 'utf8');
  const told = [...document.matchAll(/^\| `(palier_\w+)`\s*\|\s*([^|]*?)\s*\|/gm)].map(
    ([, name = '', labels = '']) =>
      [
        name,
        labels
          .split(',')
          .map((label) => label.replaceAll('`', '').trim())
          .filter((label) => label !== '')
          .toSorted()
          .join(),
      ] as const,
  );
  const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]));
  const labelsOf = (name: string): string => {
    const histogram = types.get(name) === 'histogram';
    const own = series.filter(
      (one) => one.name === name || (histogram && one.name.replace(PARTS, '') === name),
    );
    return [...new Set(own.flatMap(({ labels }) => Object.keys(labels)))]
      .filter((label) => label !== 'le')
      .toSorted()
      .join();
  };
  const real = [...types.keys()].map((name) => [name, labelsOf(name ?? '')] as const);
  expect(new Map(told)).toEqual(new Map(real));
});

test('every alert has a summary and a description, in words', () => {
  expect(new Set(alerts().map(({ alert }) => alert)).size).toBe(alerts().length);
  for (const { annotations = {} } of alerts()) {
    expect(annotations['summary']).toMatch(/^[A-ZÀ-Ý{].{15,}/);
    expect(annotations['description']).toMatch(/^[A-ZÀ-Ý{].{30,}\.$/);
  }
});

(mustHavePromtool() ? describe : describe.skip)('promtool', () => {
  let file: string;
  let folder: string;
  beforeAll(async () => {
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
