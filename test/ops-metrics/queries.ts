import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Series } from './scraped.js';

export const ALERTS = 'docs/observability/alerts.yml';
export const DASHBOARD = 'docs/observability/dashboard.json';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [part: string]: unknown;
}
export interface AlertFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
}

export const alertFile = (): AlertFile => parse(readFileSync(ALERTS, 'utf8')) as AlertFile;
export const alerts = (): readonly Alert[] => alertFile().groups.flatMap(({ rules }) => rules);

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
}
export const panels = (): readonly Panel[] =>
  (JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { readonly panels: readonly Panel[] }).panels;

/** A query of the two documents, and where it stands. */
export interface Query {
  readonly where: string;
  readonly expr: string;
}
export const queries = (): readonly Query[] => [
  ...alerts().map(({ alert, expr }) => ({ where: `alert ${alert}`, expr })),
  ...panels().flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: `panel ${title}`, expr })),
  ),
];

/** A choice of series, as it is written: `name{label="value"}`. */
export interface Selector {
  readonly text: string;
  readonly name: string;
  readonly matches: (labels: Series['labels']) => boolean;
}

/** Every selector of one of Palier's own metrics. */
export const selectorsIn = (expr: string): readonly Selector[] =>
  [...expr.matchAll(/\b(palier_\w+)(?:\{([^}]*)\})?/g)].map(([text, name = '', inner = '']) => ({
    text,
    name,
    matches: matcherOf(inner),
  }));

function matcherOf(inner: string): Selector['matches'] {
  const tests = [...inner.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
    ([, label = '', operator = '=', text = '']) =>
      (labels: Series['labels']): boolean => {
        const value = labels[label];
        if (value === undefined) return false;
        const same = operator.endsWith('~') ? new RegExp(`^(?:${text})$`).test(value) : value === text;
        return operator.startsWith('!') ? !same : same;
      },
  );
  return (labels) => tests.every((passes) => passes(labels));
}

/** The labels that a query groups by, or joins on. */
export const groupingIn = (expr: string): readonly string[] =>
  [...expr.matchAll(/\b(?:by|on|without|ignoring)\s*\(([^)]*)\)/g)].flatMap(([, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );

/** As Prometheus is asked: Grafana puts its own variables in. */
export const withoutVariables = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '1h');
