import { scheduleHousekeeping, schedulePolls } from '../../src/workers/runtime/schedules.js';
import { until } from '../support/until.js';
import { openWatched } from './watched.js';

/** A scrape of a house in which a little of everything has happened. */
export async function wholeScrape(): Promise<string> {
  const watched = await openWatched({ sandbox: { issuingLimit: 1000 } });
  const { house } = watched;
  const [pipeline] = house.pipelines;
  await schedulePolls(pipeline, 3_600_000);
  await scheduleHousekeeping(pipeline, 'sweep');
  house.sandbox.fault({ route: 'GET event', kind: 'status', status: 500 });
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const) {
    const { id } = house.issue({ clientId, badgeId, recipients: ['lou@example.org'] });
    await watched.notify(clientId, id);
  }
  await watched.notify('STRANGER', 'E1');
  await until(() => house.awards().length === 1, 'award');
  const polled = 'palier_poll_last_success_timestamp_seconds';
  await until(
    async () => (await watched.series()).filter(({ name }) => name === polled).length === 3,
    'polls',
  );
  const text = await watched.text();
  await watched.close();
  return text;
}
