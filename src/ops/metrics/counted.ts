import {
  COUNTERS,
  countersKey,
  MARKS,
  marksKey,
  TIMES,
  type CounterName,
  type MarkName,
  type TimeName,
} from '../../platform/meter.js';
import { clientsWithKey } from './clients.js';
import { entriesByName, labelsOf, ofLength, type Entry } from './entry.js';
import { gauge, type Family, type Sample } from './family.js';
import { histogramSamples } from './histogram.js';
import type { Reader } from './needs.js';
import { zerosOf } from './zeros.js';

const COUNTER_HELP: Readonly<Record<CounterName, string>> = {
  palier_notices_total: 'Requests at the addresses that notices come to, by how they ended.',
  palier_obf_calls_total:
    'Calls of OBF, by whose they were, route and class of the answer (none: no answer).',
  palier_token_requests_total: 'Requests for a token of OBF, by client (refused: its API key is wrong).',
  palier_jobs_total: 'Runs of jobs, by how they ended.',
  palier_batches_total: 'Runs about a batch of awards, by how they ended (unknown: OBF is to be read first).',
  palier_evaluations_total: 'Evaluations of earners (waiting: due once the changed rules are applied).',
  palier_awards_issued_total: 'Awards that OBF issued for Palier.',
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
    ...namesIn(COUNTER_HELP).map((name) => counterOf(name, counted.get(name))),
    ...namesIn(TIME_HELP).map((name) => timeOf(name, counted.get(name))),
    ...namesIn(MARK_HELP).map((name) =>
      gauge(name, MARK_HELP[name], samplesOf(MARKS[name], marked.get(name)).filter(isOfNow)),
    ),
  ];
};

const namesIn = <K extends string>(table: Readonly<Record<K, string>>): readonly K[] =>
  Object.keys(table).filter((key): key is K => Object.hasOwn(table, key));

const samplesOf = (labelNames: readonly string[], entries: readonly Entry[] | undefined): readonly Sample[] =>
  ofLength(entries, labelNames.length).map((entry) => ({
    labels: labelsOf(labelNames, entry),
    value: entry.value,
  }));

const counterOf = (name: CounterName, entries: readonly Entry[] | undefined): Family => ({
  name,
  help: COUNTER_HELP[name],
  type: 'counter',
  samples: samplesOf(COUNTERS[name], entries),
});

function timeOf(name: TimeName, entries: readonly Entry[] | undefined): Family {
  const labelNames = TIMES[name];
  const fitting = ofLength(entries, labelNames.length + 1);
  return {
    name,
    help: TIME_HELP[name],
    type: 'histogram',
    samples: histogramSamples(name, labelNames, fitting),
  };
}
