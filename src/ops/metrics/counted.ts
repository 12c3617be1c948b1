import { z } from 'zod';
import type { ClientId } from '../../ids.js';
import {
  BUCKETS_S,
  COUNTERS,
  countersKey,
  metricField,
  GAUGES,
  marksKey,
  SUM,
  HISTOGRAMS,
} from '../../platform/meter.js';
import type { Pipeline } from '../../workers/pipeline.js';
import { groupBy } from '../shared/stats.js';

/** One time series and its current value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** For a histogram: the name of the series, e.g. `..._bucket`. */
  readonly metricName?: string;
}

/** One metric with all its series: a family, in Prometheus' words. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

const HELP: Readonly<Record<string, string>> = {
  palier_notices_total: 'Requests at the addresses that notices come to, by how they ended.',
  palier_obf_calls_total:
    'Calls of OBF, by whose they were, route and class of the answer (none: no answer).',
  palier_token_requests_total: 'Requests for a token of OBF, by client (refused: its API key is wrong).',
  palier_jobs_total: 'Runs of jobs, by how they ended.',
  palier_batches_total: 'Runs about a batch of awards, by how they ended (unknown: OBF is to be read first).',
  palier_evaluations_total: 'Evaluations of earners (waiting: due once the changed rules are applied).',
  palier_awards_issued_total: 'Awards that OBF issued for Palier.',
  palier_parcours_total: 'Steps on the pages of « Mon parcours »: asked, opened, viewed, exported.',
  palier_obf_call_duration_seconds: 'How long OBF took to answer, without the wait for a place in the line.',
  palier_job_duration_seconds: 'How long a run of a job took.',
  palier_evaluation_duration_seconds: 'How long reading and judging one earner took.',
  palier_poll_last_success_timestamp_seconds: 'When the events of a client were last read to their end.',
} satisfies Record<keyof (typeof COUNTERS & typeof HISTOGRAMS & typeof GAUGES), string>;

/** Reads the counters, histograms and marks of all processes. */
export async function readCountedMetrics(sources: CountedSources): Promise<readonly Family[]> {
  const [counts, marks] = await Promise.all([
    sources.redis.hgetall(countersKey(sources.prefix)),
    readGaugeMetrics(sources),
  ]);
  return [...countedFamilies({ ...zerosOf(sources), ...counts }), ...marks];
}

type CountedSources = Pick<Pipeline, 'redis' | 'prefix' | 'scheme' | 'region'>;

/** Reads when something last happened, for each client that still takes part. */
export async function readGaugeMetrics(sources: CountedSources): Promise<readonly Family[]> {
  const marks = entriesIn(await sources.redis.hgetall(marksKey(sources.prefix)));
  const clients = new Set<string>(clientsWithKey(sources));
  const current = marks.filter(({ values: [client = ''] }) => clients.has(client));
  return familiesOf(GAUGES, 'gauge', current);
}

/** Pure. Returns the families in one of the meter's hashes. */
export function countedFamilies(counts: Readonly<Record<string, string | number>>): readonly Family[] {
  const entries = entriesIn(counts);
  return [...familiesOf(COUNTERS, 'counter', entries), ...familiesOf(HISTOGRAMS, 'histogram', entries)];
}

/** One parsed field of the meter's hashes: see `metricField`. */
type Entry = ReturnType<typeof entriesIn>[number];

const fieldSchema = z.tuple([z.string()]).rest(z.string());

/** @throws ZodError for a field that Palier did not write */
const entriesIn = (fields: Readonly<Record<string, string | number>>) =>
  Object.entries(fields).map(([field, count]) => {
    // The labels' values, in the table's order; for a time, then its bucket or `SUM`.
    const [name, ...values] = fieldSchema.parse(JSON.parse(field));
    return { name, values, count: Number(count) };
  });

type ToSamples = (name: string, labels: readonly string[], entries: readonly Entry[]) => readonly Sample[];

const familiesOf = (
  table: Readonly<Record<string, readonly string[]>>,
  type: Family['type'],
  entries: readonly Entry[],
): readonly Family[] =>
  Object.entries(table).map(([name, labels]) => {
    const [parts, toSamples] =
      type === 'histogram' ? [labels.length + 1, histogramSamples] : [labels.length, samplesOf];
    // An older Palier may have used other labels: those counts are left out.
    const matching = entries.filter((entry) => entry.name === name && entry.values.length === parts);
    return { name, help: HELP[name] ?? '', type, samples: toSamples(name, labels, matching) };
  });

const samplesOf: ToSamples = (_, labels, entries) =>
  entries.map((entry) => ({ labels: labelsOf(labels, entry), value: entry.count }));

const labelsOf = (labels: readonly string[], { values }: Entry): Sample['labels'] =>
  Object.fromEntries(labels.map((label, at) => [label, values[at] ?? '']));

/** Upper bounds of the buckets, seconds, as the label `le` has them. */
export const LIMITS = [...BUCKETS_S.map(String), '+Inf'];

/** Returns the series of a histogram. Redis counts each run in one bucket; Prometheus' buckets are cumulative. */
const histogramSamples: ToSamples = (name, labelNames, entries) => {
  const series = groupBy(entries, ({ values }) => JSON.stringify(values.slice(0, -1)));
  return [...series.values()].flatMap((parts) => {
    const counts = new Map(parts.map(({ values, count }) => [values.at(-1), count]));
    const labels = parts[0] === undefined ? {} : labelsOf(labelNames, parts[0]);
    let total = 0;
    const buckets = LIMITS.map((le): Sample => {
      total += counts.get(le) ?? 0;
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: (counts.get(SUM) ?? 0) / 1_000_000 },
      { metricName: `${name}_count`, labels, value: total },
    ];
  });
};

const OUTCOMES = {
  parcours: ['asked', 'opened', 'viewed', 'exported'],
  tokens: ['given', 'refused', 'failed'],
  batches: ['issued', 'split', 'nothing', 'unknown', 'refused', 'not_sent', 'quota_low', 'on_hold', 'error'],
  evaluations: ['due', 'waiting', 'nothing'],
} as const;
const ACCEPTED_STATUS = { webhooks: '202', passport: '200' } as const;

const zero = (name: keyof typeof COUNTERS, ...values: readonly string[]) =>
  [metricField(name, values), 0] as const;

/**
 * Returns 0 for every series known in advance. Prometheus sees no increase in a series that begins at 1, and would
 * miss the first refusal of a key.
 */
function zerosOf(sources: CountedSources): Readonly<Record<string, 0>> {
  return Object.fromEntries([
    ...Object.entries(ACCEPTED_STATUS).flatMap(([door, status]) => [
      zero('palier_notices_total', door, 'refused', 'try_again', '503'),
      zero('palier_notices_total', door, 'accepted', 'stored', status),
    ]),
    ...clientsWithKey(sources).flatMap((client) =>
      OUTCOMES.tokens.map((outcome) => zero('palier_token_requests_total', client, outcome)),
    ),
    ...OUTCOMES.batches.map((outcome) => zero('palier_batches_total', outcome)),
    ...OUTCOMES.evaluations.map((outcome) => zero('palier_evaluations_total', outcome)),
    ...sources.scheme.awards.map(({ id }) => zero('palier_awards_issued_total', id)),
    ...OUTCOMES.parcours.map((step) => zero('palier_parcours_total', step)),
  ]);
}

/** Returns the clients that workers read: the Région, and active partners with a `secret_env`. */
const clientsWithKey = ({ scheme, region }: CountedSources): readonly ClientId[] => [
  region,
  ...scheme.partners
    .filter(({ active, secretEnv }) => active && secretEnv !== null)
    .map(({ clientId }) => clientId),
];
