import fc from 'fast-check';
import { UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { SomeUnreadable } from '../../src/earners/assertions.js';
import { RecordUnreadable } from '../../src/earners/record.js';
import { asEarnerKey } from '../../src/ids.js';
import { EnqueueError } from '../../src/queue/enqueue.js';
import {
  errorBeforeSending,
  errorOfStatus,
  CredentialRefused,
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfUnreadable,
} from '../../src/obf/errors.js';
import { withoutAddresses } from '../../src/platform/logger.js';
import { VaultError } from '../../src/platform/vault.js';
import { QUEUES, type QueueName } from '../../src/queue/jobs.js';
import { FAILURE_KINDS, shownReason } from '../../src/queue/failures.js';
import { groupFailures, MAX_GROUPS } from '../../src/ops/shared/failed-jobs.js';
import { REASONS, reasonOf } from '../../src/ops/shared/failure-reasons.js';
import { RegionUnreadable } from '../../src/workers/ingest/region-account-sync.js';
import { applyErrorPolicy } from '../../src/workers/runtime/error-policy.js';

/** What stands in failed for an error: as the workers tell it to BullMQ. */
async function failedReason(error: unknown): Promise<string> {
  // Neither pauses nor waits: these errors end a job.
  const [worker, job] = [{} as never, { attemptsStarted: 1, attemptsMade: 0 } as never];
  try {
    return await applyErrorPolicy(worker, job, undefined, error);
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

const refused = (name: string, status: number, error = 'Not Found') =>
  errorOfStatus(
    { name, write: name.startsWith('P'), secrets: [] },
    { status, body: JSON.stringify({ error }), retryAfterMs: 0 },
  );
const notSent = (name: string) => new ObfNotSent(name, 'connect ECONNREFUSED 127.0.0.1:443');
const key = new ObfRefused(
  'POST token',
  401,
  'refused a moment ago: check the API key of client P1, its client id and its secret',
);

const KNOWN: readonly [error: unknown, key: string, queue?: QueueName][] = [
  [key, 'cle.P1'],
  [
    new ObfRefused('POST token', 401, '403 Invalid key: check the API key of client P-2, its client id'),
    'cle.P-2',
  ],
  [new RegionUnreadable(`The Région's account cannot be read. ${key.message}`), 'cle.P1', 'awards'],
  [
    new ObfRefused(
      'GET event',
      403,
      'we hold no API key of client P3: name it as secret_env in partners.yaml',
    ),
    'sans-cle.P3',
  ],
  [refused('GET event', 404), 'evenement'],
  [refused('GET event', 403, 'Forbidden'), 'compte'],
  [refused('GET events', 302), 'adresse-obf'],
  [refused('GET recipient', 404), 'destinataires'],
  [refused('POST issue', 400, 'issuing limit reached'), 'beneficiaire', 'awards'],
  [refused('POST issue', 400, 'invalid e-mail'), 'beneficiaire', 'awards'],
  [refused('POST issue', 422), 'beneficiaire', 'awards'],
  [refused('PUT revoke', 404), 'retrait', 'awards'],
  [
    new RegionUnreadable(`The Région's account cannot be read. ${refused('GET events', 403).message}`),
    'compte',
  ],
  [
    new RegionUnreadable(`The Région's account cannot be read. ${refused('GET events', 404).message}`),
    'compte-region',
  ],
  [notSent('GET event'), 'obf-absent'],
  [refused('GET event', 500, 'Oops'), 'obf-absent'],
  [new ObfOutcomeUnknown('POST issue', 'no answer in time, after it was sent'), 'obf-doute', 'awards'],
  [
    new CredentialRefused('GET credential', 'recipient', 'it was made for another address'),
    'attestation-autre',
  ],
  [
    new CredentialRefused('GET credential', 'url', "its address is not that of a credential on OBF's host"),
    'attestation-refusee',
  ],
  [new CredentialRefused('GET credential', 'size', 'it is too large'), 'attestation-refusee'],
  [refused('GET credential', 404), 'attestation-absente'],
  [new ObfUnreadable('GET credential', 'neither Open Badges 3.0 nor 2.0'), 'attestation-illisible'],
  [new ObfUnreadable('GET recipient', 'the answer is not JSON'), 'obf-illisible'],
  [new VaultError('Sealed text was altered, or PALIER_KEY is not the one it was sealed under'), 'cle-palier'],
  [errorBeforeSending('POST token', new Error('Connection is closed.')), 'redis'],
  [new Error('Connection is closed.'), 'redis'],
  [Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' }), 'redis'],
  [z.object({ kind: z.string() }).safeParse({}).error, 'forme', 'earners'],
  [new EnqueueError('notices: no answer from Redis in time'), 'redis', 'awards'],
  [new RecordUnreadable(asEarnerKey('k1'), 'it is of version 9'), 'donnees', 'awards'],
  [new SomeUnreadable([], [asEarnerKey('k1')]), 'donnees', 'notices'],
  [new UnrecoverableError('job stalled more than allowable limit'), 'arret'],
];

test.each(KNOWN.map(([error, ...rest]) => [String(error), error, ...rest] as const))(
  '%s',
  async (_, error, expected, queue = 'notices') => {
    const text = error instanceof UnrecoverableError ? error.message : await failedReason(error);
    expect(reasonOf(text, queue).key).toBe(expected);
  },
);

test('every reason has a key of its own, that stands in addresses, and words in both languages', () => {
  const keys = FAILURE_KINDS.map(([kind]) => kind);
  expect(new Set(keys)).toEqual(new Set(Object.keys(REASONS)));
  expect(new Set(keys).size).toBe(keys.length);
  for (const [name, { happened, next }] of Object.entries(REASONS)) {
    expect(name).toMatch(/^[a-z-]+$/);
    for (const words of [happened, next]) {
      expect(words.fr).not.toBe(words.en);
      // A line break before these signs would tear them off: French asks for a space, ours is plain.
      expect(words.fr).not.toMatch(/\S[:;?!](\s|$)/);
    }
  }
});

test('an organisation is told by its name', () => {
  expect(reasonOf(key.message, 'notices', (id) => `Organisme ${id}`).happened.fr).toBe(
    'OBF refuse la clé d’API de « Organisme P1 »',
  );
});

test('a reason that nobody foresaw is told as it is, without what differs from job to job', () => {
  const [one, other] = ['8Qk3v0', 'zz91AB'].map((id) =>
    reasonOf(`TypeError: assertion ${id} of jeanne@example.fr\n  is not 404`, 'earners'),
  );
  expect(one?.happened.fr).toBe(
    'Une personne n’a pas pu être évaluée : TypeError: assertion … of [address] is not 404',
  );
  expect(one?.key).toMatch(/^autre\.earners\.[\w-]{10}$/);
  expect(other?.key).toBe(one?.key);
  expect(reasonOf('TypeError: other', 'earners').key).not.toBe(one?.key);
  expect(reasonOf('', 'awards').happened.fr).toBe('Des badges n’ont pas pu être délivrés : ?');
});

const reasons = fc.oneof(
  fc.string({ maxLength: 1500, unit: 'grapheme' }),
  fc
    .tuple(fc.constantFrom(...KNOWN), fc.string())
    .map(([[error], more]) => `${error instanceof Error ? `${error.name}: ${error.message}` : ''} ${more}`),
);

test('what is shown of a reason gives the same words as the reason, and no address', () => {
  fc.assert(
    fc.property(reasons, fc.emailAddress(), fc.constantFrom(...QUEUES), (text, address, queue) => {
      const reason = reasonOf(`${text} ${address}`, queue);
      expect(reasonOf(shownReason(`${text} ${address}`), queue)).toEqual(reason);
      expect(reason.key).toMatch(/^[\w.-]+$/);
      for (const words of [reason.happened.fr, reason.happened.en, reason.next.fr])
        expect(withoutAddresses(words)).toBe(words);
    }),
  );
});

test('a very long reason is soon read', () => {
  const long = `OBF POST token: ${'check the API key of client '.repeat(40_000)}`;
  const startedMs = performance.now();
  reasonOf(long, 'notices');
  expect(performance.now() - startedMs).toBeLessThan(1000);
});

describe('counting', () => {
  const failures = fc.array(
    fc.record({
      id: fc.uuid(),
      failedMs: fc.integer({ min: 1, max: 1000 }),
      reason: fc.constantFrom('OBF GET event: 404 Not Found', 'ZodError: x', 'TypeError: a', 'TypeError: b'),
    }),
    { maxLength: 60 },
  );

  test('counts each once, in whatever order they come, the newest first', () => {
    fc.assert(
      fc.property(failures, (all) => {
        const groups = groupFailures(all.map((one) => ({ queue: 'notices', ...one })));
        expect(groups.reduce((sum, { jobs }) => sum + jobs.length, 0)).toBe(all.length);
        for (const group of groups) {
          const own = all.filter(({ reason }) => reasonOf(reason, 'notices').key === group.key);
          expect(group.jobs).toHaveLength(own.length);
          const instants = own.map(({ failedMs }) => failedMs).toSorted((a, b) => b - a);
          expect([group.lastMs, group.firstMs]).toEqual([instants[0], instants.at(-1)]);
          expect(group.jobs.map(({ id }) => own.find((one) => one.id === id)?.failedMs)).toEqual(instants);
        }
      }),
    );
  });

  test('makes a bounded number of groups', () => {
    const groups = groupFailures(
      // Letters, so that they are not taken for ids.
      Array.from({ length: 300 }, (_, at) => ({
        queue: 'earners',
        id: `e.${at}`,
        failedMs: at,
        reason: `Error: ${String(at).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}`,
      })),
    );
    expect(groups).toHaveLength(MAX_GROUPS + 1);
    expect(groups.find((group) => group.key === 'divers')?.jobs).toHaveLength(300 - MAX_GROUPS);
  });
});
