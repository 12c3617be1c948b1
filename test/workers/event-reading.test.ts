import { asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import { raceAbort } from '../../src/platform/redis.js';
import { ObfRefused } from '../../src/obf/errors.js';
import type { ObfAccount } from '../../src/obf/account.js';
import { createLogger } from '../../src/platform/logger.js';
import { createEventReader } from '../../src/workers/ingest/ingest-event.js';
import { until } from '../support/until.js';

/** OBF answers for each event when it is told to; an aborted call is not waited for. */
function bench() {
  const asked: string[] = [];
  const answers: { readonly give: () => void; readonly refuse: (error: Error) => void }[] = [];
  const clientId = asClientId('P1');
  const account = {
    clientId,
    event: async (id: string, signal: AbortSignal) => {
      asked.push(id);
      const answer = new Promise<void>((give, refuse) => answers.push({ give, refuse }));
      await raceAbort(answer, signal);
      return { id, clientId, badgeId: asBadgeId('A') };
    },
    recipientsOf: async () => ({ recipients: [], distinct: 0, isWhole: true, odd: [] }),
  } as unknown as ObfAccount;
  const none = new Set<never>();
  const events = { compare: async () => ({ unread: none, changed: none }) };
  const log = createLogger('silent', 'test');
  const readEvent = createEventReader({ events, clock: Date.now, log });
  const ask = (signal: AbortSignal, eventId = 'E1') =>
    readEvent(account, { clientId, eventId: asEventId(eventId) }, signal);
  return { ask, asked, answers };
}

const never = new AbortController().signal;

test('what OBF refuses is told to who asked, and to nobody else', async () => {
  const { ask, asked, answers } = bench();
  const settled = Promise.allSettled([ask(never, 'E1'), ask(never, 'E2')]);
  await until(() => asked.length === 2, 'reading');
  answers[0]?.refuse(new ObfRefused('GET event', 404, 'no such event'));
  answers[1]?.give();
  expect(await settled).toMatchObject([
    { reason: expect.any(ObfRefused) },
    { value: { event: { id: 'E2' } } },
  ]);
});

test('one who has to stop is not waited for, and the others of the batch are served', async () => {
  const { ask, asked, answers } = bench();
  const stopping = new AbortController();
  const settled = Promise.allSettled([ask(stopping.signal, 'E1'), ask(never, 'E2')]);
  await until(() => asked.length === 2, 'reading');
  stopping.abort();
  answers[1]?.give();
  expect(await settled).toMatchObject([{ reason: { name: 'AbortError' } }, { status: 'fulfilled' }]);
});

test('nothing is read for those who all stopped before their round began', async () => {
  const { ask, asked, answers } = bench();
  const stopping = new AbortController();
  // As many as go at once: the others wait for the next round.
  const underWay = [ask(never, 'E1')];
  await until(() => asked.length === 1, 'first round');
  underWay.push(ask(never, 'E2'));
  await until(() => asked.length === 2, 'second round');
  const stopped = Promise.allSettled([ask(stopping.signal, 'E3'), ask(stopping.signal, 'E3')]);
  const last = ask(never, 'E4');
  stopping.abort();
  for (const { give } of answers.splice(0)) give();
  await until(() => asked.includes('E4'), 'third round');
  answers[0]?.give();
  await Promise.all([...underWay, stopped, last]);
  expect(asked).toEqual(['E1', 'E2', 'E4']);
});
