import type { ReceivedIssue, Sandbox } from '../../src/sandbox/server.js';
import { addressOf, type Earner } from './cast.js';
import type { Diary } from './diary.js';
import type { Inside } from './inside.js';
import { PARTNERS, REGION } from './world.js';

export interface Sources {
  readonly sandbox: Sandbox;
  readonly inside: Inside;
  readonly diary: Diary;
  /** Everything that the processes wrote. */
  readonly output: string;
}

/** All that is known of one earner, in order of time: enough to see what went wrong without running it again. */
export async function storyOf(earner: Earner, sources: Sources): Promise<string> {
  const { sandbox, inside, diary, output } = sources;
  const address = addressOf(earner);
  const key = inside.keyOf(address);
  const isTheirs = (email: string): boolean => email.trim().toLowerCase() === address;
  const events = [...PARTNERS, REGION]
    .flatMap((clientId) => sandbox.eventsOf(clientId))
    .filter(({ assertions }) => assertions.some(({ email }) => isTheirs(email)));
  const issues = sandbox.issues().filter(({ recipients }) => recipients.some(isTheirs));
  const batches = new Set(issues.map(batchOf));
  const words = [key, ...batches, ...events.map(({ id }) => id)];
  const logged = output
    .split('\n')
    .filter((line) => words.some((word) => word !== '' && line.includes(word)))
    .filter((line) => line.includes(key) || !line.includes('"earner":'))
    .map((line) => ({ atMs: timeOf(line), text: line.slice(0, 400) }));
  const called = issues.map((issue) => ({ atMs: issue.atMs, text: wordsOf(issue) }));
  const all = [...logged, ...called]
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, text }) => `${diary.clock(atMs)} ${text}`);
  const { awards } = await inside.recordOf(address);
  const records = [...awards].map(([id, one]) => `${id} ${JSON.stringify(one)}`);
  const portfolio = await inside.portfolioOf(address);
  return [
    `=== ${address}, earner ${key}`,
    'ledger:',
    ...records,
    'portfolio:',
    ...[...portfolio.assertions, ...portfolio.held].map((one) => JSON.stringify(one)),
    'what happened to them:',
    ...diary.of(new Set([address, ...events.map(({ id }) => id)])),
    'what Palier did:',
    ...all,
  ].join('\n');
}

const wordsOf = (issue: ReceivedIssue): string =>
  `OBF: issue ${issue.badgeId} to ${issue.recipients.length}, batch ${batchOf(issue)}: ${issue.status}, event ${issue.eventId}`;

function batchOf({ body }: ReceivedIssue): string {
  const entry: unknown = body.log_entry;
  const batch: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'batch') : null;
  return typeof batch === 'string' ? batch : '';
}

const timeOf = (line: string): number => Number(/"time":(\d+)/.exec(line)?.[1] ?? 0);
