import { readFile } from 'node:fs/promises';
import { alerts, groupingIn, panels, queries, selectorsIn } from './queries.js';
import { seriesIn, type Series } from './scraped.js';
import { wholeScrape } from './whole-scrape.js';

const PARTS = /_(bucket|sum|count)$/;
let text: string;
let series: readonly Series[];

beforeAll(async () => {
  text = await wholeScrape();
  series = seriesIn(text);
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
