import { z } from 'zod';
import type { ClientId } from '../../ids.js';
import { groupBy } from '../shared/group-by.js';
import {
  BUCKETS_S,
  type CounterName,
  COUNTERS,
  countersKey,
  fieldOf,
  type MarkName,
  MARKS,
  marksKey,
  SUM,
  type TimeName,
  TIMES,
} from '../../platform/meter.js';
import { type Family, type FigureNeeds, gauge, type Reader, type Sample } from './family.js';

const COUNTER_HELP: Readonly<Record<CounterName, string>> = {
  palier_notices_total: 'Requests at the addresses that notices come to, by how they ended.',
  palier_obf_calls_total:
    'Calls of OBF, by whose they were, route and class of the answer (none: no answer).',
  palier_token_requests_total: 'Requests for a token of OBF, by client (refused: its API key is wrong).',
  palier_jobs_total: 'Runs of jobs, by how they ended.',
  palier_batches_total: 'Runs about a batch of awards, by how they ended (unknown: OBF is to be read first).',
  palier_evaluations_total: 'Evaluations of earners (waiting: due once the changed rules are applied).',
  palier_awards_issued_total: 'Awards that OBF issued for Palier.',
  palier_parcours_total: 'Steps on the pages of « Mon parcours »: asked, opened, viewed, exported.',
};
const TIME_HELP: Readonly<Record<TimeName, string>> = {
  palier_obf_call_duration_seconds: 'How long OBF took to answer, without the wait for a place in the line.',
  palier_job_duration_seconds: 'How long a run of a job took.',
  palier_evaluation_duration_seconds: 'How long reading and judging one earner took.',
};
const MARK_HELP: Readonly<Record<MarkName, string>> = {
  palier_poll_last_success_timestamp_seconds: 'When the events of a client were last read to their end.',
};

/** What all processes counted, added up. */
export const countedFigures: Reader = async (needs) => {
  const { redis, prefix } = needs;
  const [counts, marks] = await Promise.all([
    redis.hgetall(countersKey(prefix)),
    redis.hgetall(marksKey(prefix)),
  ]);
  // Of a client that no longer takes part nothing is to be expected any more.
  const clients = new Set<string>(clientsWithKey(needs));
  const isOfNow = ({ labels }: Sample): boolean => clients.has(labels['client'] ?? '');
  const counted = entriesByName({ ...zerosOf(needs), ...counts });
  const marked = entriesByName(marks);
  return [
    ...namesIn(COUNTER_HELP).map((name): Family => {
      const samples = samplesOf(COUNTERS[name], counted.get(name) ?? []);
      return { name, help: COUNTER_HELP[name], type: 'counter', samples };
    }),
    ...namesIn(TIME_HELP).map((name): Family => {
      const samples = histogramSamples(name, TIMES[name], counted.get(name) ?? []);
      return { name, help: TIME_HELP[name], type: 'histogram', samples };
    }),
    ...namesIn(MARK_HELP).map((name) =>
      gauge(name, MARK_HELP[name], samplesOf(MARKS[name], marked.get(name) ?? []).filter(isOfNow)),
    ),
  ];
};

const namesIn = <K extends string>(table: Readonly<Record<K, string>>): readonly K[] =>
  Object.keys(table).filter((key): key is K => Object.hasOwn(table, key));

const samplesOf = (labelNames: readonly string[], entries: readonly Entry[]): readonly Sample[] =>
  ofLength(entries, labelNames.length).map((entry) => ({
    labels: labelsOf(labelNames, entry),
    value: entry.value,
  }));

const OUTCOMES = {
  parcours: ['asked', 'opened', 'viewed', 'exported'],
  tokens: ['given', 'refused', 'failed'],
  batches: ['issued', 'split', 'nothing', 'unknown', 'refused', 'not_sent', 'quota_low', 'on_hold', 'error'],
  evaluations: ['due', 'waiting', 'nothing'],
} as const;
const TAKEN = { webhooks: '202', passport: '200' } as const;

const zero = (name: CounterName, ...values: readonly string[]) => [fieldOf(name, values), 0] as const;

/**
 * The counters that are known before anything is counted. Prometheus sees no rise in a series that begins
 * at 1: the first refusal of a key would be missed.
 */
function zerosOf(needs: Pick<FigureNeeds, 'scheme' | 'region'>): Readonly<Record<string, 0>> {
  return Object.fromEntries([
    ...Object.entries(TAKEN).flatMap(([door, status]) => [
      zero('palier_notices_total', door, 'refused', 'try_again', '503'),
      zero('palier_notices_total', door, 'accepted', 'stored', status),
    ]),
    ...clientsWithKey(needs).flatMap((client) =>
      OUTCOMES.tokens.map((outcome) => zero('palier_token_requests_total', client, outcome)),
    ),
    ...OUTCOMES.batches.map((outcome) => zero('palier_batches_total', outcome)),
    ...OUTCOMES.evaluations.map((outcome) => zero('palier_evaluations_total', outcome)),
    ...needs.scheme.awards.map(({ id }) => zero('palier_awards_issued_total', id)),
    ...OUTCOMES.parcours.map((step) => zero('palier_parcours_total', step)),
  ]);
}

const LIMITS = [...BUCKETS_S.map(String), '+Inf'];

/** The series of one histogram. @param entries each with its labels' values, and which part of it it is */
function histogramSamples(
  name: string,
  labelNames: readonly string[],
  entries: readonly Entry[],
): readonly Sample[] {
  const fitting = ofLength(entries, labelNames.length + 1);
  const series = groupBy(fitting, ({ rest }) => JSON.stringify(rest.slice(0, -1)));
  return [...series.values()].flatMap((parts) => {
    const [first] = parts;
    return first === undefined ? [] : seriesOf(name, labelsOf(labelNames, first), parts);
  });
}

/** Each bucket of the scrape holds all that took no longer; in Redis each run is in one bucket alone. */
function seriesOf(name: string, labels: Sample['labels'], parts: readonly Entry[]): readonly Sample[] {
  const values = new Map(parts.map(({ rest, value }) => [rest.at(-1), value]));
  let total = 0;
  const buckets = LIMITS.map((le): Sample => {
    total += values.get(le) ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: (values.get(SUM) ?? 0) / 1_000_000 },
    { metricName: `${name}_count`, labels, value: total },
  ];
}

/** One field of the hashes in which all processes count, read: see `fieldOf`. */
interface Entry {
  readonly name: string;
  /** The labels' values, in their order; and of a time, which part of it. */
  readonly rest: readonly string[];
  readonly value: number;
}

const row = z.tuple([z.string()]).rest(z.string());

/** The entries by their name. @throws ZodError when no Palier wrote the field */
function entriesByName(
  fields: Readonly<Record<string, string | number>>,
): ReadonlyMap<string, readonly Entry[]> {
  const entries = Object.entries(fields).map(([field, value]): Entry => {
    const [name, ...rest] = row.parse(JSON.parse(field));
    return { name, rest, value: Number(value) };
  });
  return groupBy(entries, ({ name }) => name);
}

/** What an older Palier counted by other labels is left out. */
const ofLength = (entries: readonly Entry[], length: number): readonly Entry[] =>
  entries.filter(({ rest }) => rest.length === length);

const labelsOf = (names: readonly string[], { rest }: Entry): Sample['labels'] =>
  Object.fromEntries(names.map((name, at) => [name, rest[at] ?? '']));

/** Whose accounts the workers read: the Région, and the active partners whose API key is to be there. */
const clientsWithKey = ({ scheme, region }: Pick<FigureNeeds, 'scheme' | 'region'>): readonly ClientId[] => [
  region,
  ...scheme.partners
    .filter(({ active, secretEnv }) => active && secretEnv !== null)
    .map(({ clientId }) => clientId),
];
