import type { CrashPoint } from '../../src/issuing/parts.js';
import type { RouteName, Fault } from '../../src/sandbox/exchange.js';
import { changeOf, type Change } from './changes.js';
import type { Wire } from './proxy.js';
import type { Random } from './random.js';
import { KEYED, REGION } from './world.js';

/** One thing that is done to the program, at its time. */
export type Blow = { readonly atMs: number } & (
  | { readonly kind: 'obf'; readonly fault: Fault }
  | { readonly kind: 'wire'; readonly wire: Wire; readonly forMs: number }
  | { readonly kind: 'kill-worker' | 'stop-worker'; readonly which: number }
  | { readonly kind: 'freeze-worker'; readonly which: number; readonly forMs: number }
  | { readonly kind: 'kill-web' }
  /** Somebody sends a notice of long ago again. */
  | { readonly kind: 'retell'; readonly which: number }
  | { readonly kind: 'kill-redis' | 'freeze-redis'; readonly forMs: number }
  /** OBF shows something otherwise than it is, and mends it. */
  | { readonly kind: 'change'; readonly change: Change; readonly forMs: number }
);

export const CRASH_POINTS: readonly CrashPoint[] = [
  'after-claim',
  'before-send',
  'after-send',
  'before-record',
  'after-record',
];

/** One crash of a worker that it brings on itself: `point:n`, as `PALIER_CRASH_AT` has it. */
export const crashesOf = (random: Random, times: number): string[] =>
  Array.from({ length: times }, () =>
    random.shuffle(CRASH_POINTS).map((point) => `${point}:${random.int(1, 3)}`),
  ).flat();

/**
 * The pace of the run. What OBF takes for a call after Palier has given it up (`SLOWEST_MS` and the
 * wire's latency) is less than what `settleMs` leaves for it: that is what Palier asks of OBF. It is less by four
 * seconds, as this machine may stand still while a call is on its way.
 */
export const PACE = {
  quietMs: 100,
  gatherMs: 1250,
  batchMax: 30,
  sendWithinMs: 1200,
  settleMs: 6000,
  mirrorMaxAgeMs: 1000,
  lockMs: 5000,
};
/** What a run with changes shortens besides: how soon OBF is looked at again. */
export const PACE_OF_CHANGES = { lookAgainMs: 500, holdFirstMs: 1000, holdMaxMs: 4000 };
const SLOWEST_MS = 1500;
const LATENCY_MS = 400;

const READS: readonly RouteName[] = ['GET events', 'GET event', 'GET recipient'];
const PUBLIC: readonly RouteName[] = ['GET credential', 'GET assertion', 'GET badgeclass', 'GET revoked'];

/** Everything of one run, in order of time. `scale` 1: as for 500 earners. */
export function mayhemOf(
  random: Random,
  { lengthMs, scale, withChanges }: { lengthMs: number; scale: number; withChanges: boolean },
): Blow[] {
  const often = (times: number, from = 0.02, to = 0.97): number[] =>
    Array.from({ length: Math.max(1, Math.round(times * scale)) }, () => random.between(from, to) * lengthMs);
  const faults = random.fork('faults');
  const changes = random.fork('changes');
  const blows: Blow[] = [
    // Awards come due late, and without a token nothing leaves for ten seconds.
    ...often(45, 0.2).map((atMs): Blow => ({ atMs, kind: 'obf', fault: issueFault(faults) })),
    ...often(45).map((atMs): Blow => ({ atMs, kind: 'obf', fault: readFault(faults) })),
    ...often(2, 0, 0.3).map((atMs): Blow => ({ atMs, kind: 'obf', fault: tokenFault(faults) })),
    ...often(8).map((atMs): Blow => wireBlow(random, atMs)),
    ...often(7).map((atMs): Blow => ({ atMs, kind: 'kill-worker', which: random.int(0, 9) })),
    ...often(2).map((atMs): Blow => ({ atMs, kind: 'stop-worker', which: random.int(0, 9) })),
    ...often(4).map((atMs): Blow => ({ atMs, kind: 'freeze-worker', ...someTime(random, 9000) })),
    ...often(2).map((atMs): Blow => ({ atMs, kind: 'kill-web' })),
    // Late above all: a class is evaluated again just while its awards are on their way.
    ...often(60, 0.3, 1).map((atMs): Blow => ({ atMs, kind: 'retell', which: random.int(0, 1e6) })),
    ...often(3).map((atMs): Blow => ({ atMs, kind: 'kill-redis', forMs: random.between(200, 5000) })),
    ...often(3).map((atMs): Blow => ({ atMs, kind: 'freeze-redis', forMs: random.between(300, 8000) })),
    ...(withChanges ? often(60).map((atMs): Blow => changeBlow(changes, atMs)) : []),
  ];
  return blows.toSorted((a, b) => a.atMs - b.atMs);
}

const someTime = (random: Random, mostMs: number) => ({
  which: random.int(0, 9),
  forMs: random.between(300, mostMs),
});

export const changeBlow = (random: Random, atMs: number): Blow => ({
  atMs,
  kind: 'change',
  change: changeOf(random),
  forMs: random.between(300, 8000),
});

function issueFault(random: Random): Fault {
  const at = { route: 'POST issue', clientId: REGION } as const;
  switch (random.int(0, 9)) {
    case 0:
      return { ...at, kind: 'status', status: 429, retryAfterS: 1 };
    case 1:
      return { ...at, kind: 'status', status: random.pick([500, 502, 503]), retryAfterS: 1 };
    case 2:
      return { ...at, kind: 'reset' };
    case 3:
      return { ...at, kind: 'black-hole' };
    case 4:
    case 5:
      return { ...at, kind: 'reply-lost' };
    case 6:
      return { ...at, kind: 'status-after-commit', status: random.pick([500, 503, 504]) };
    case 7:
      return { ...at, kind: 'not-json' };
    default:
      return { ...at, kind: 'slow', ms: Math.round(random.between(100, SLOWEST_MS)) };
  }
}

function readFault(random: Random): Fault {
  const route = random.chance(0.15) ? random.pick(PUBLIC) : random.pick(READS);
  const clientId = route === 'GET events' ? random.pick([REGION, REGION, ...KEYED]) : null;
  const at = { route, times: random.int(1, 3), ...(clientId === null ? {} : { clientId }) };
  switch (random.int(0, 11)) {
    case 0:
    case 1:
      return { ...at, kind: 'status', status: 429, retryAfterS: 1 };
    case 2:
    case 3:
      return { ...at, kind: 'status', status: 503, ...(random.chance(0.5) ? { retryAfterS: 1 } : {}) };
    case 4:
      return { ...at, kind: 'status', status: random.pick([500, 502, 504]) };
    case 5:
    case 6:
      return { ...at, kind: 'reset' };
    case 7:
      return { ...at, kind: 'reply-lost' };
    case 8:
      return { ...at, kind: 'not-json' };
    case 9:
      return { ...at, kind: 'black-hole', times: 1 };
    default:
      return { ...at, kind: 'slow', ms: Math.round(random.between(100, 3000)) };
  }
}

/** Each costs its client OBF's ten seconds between two tokens. */
function tokenFault(random: Random): Fault {
  const at = { route: 'POST token', clientId: random.pick([REGION, ...KEYED]) } as const;
  return random.chance(0.5) ? { ...at, kind: 'reset' } : { ...at, kind: 'status', status: 503 };
}

function wireBlow(random: Random, atMs: number): Blow {
  const kind = random.pick(['latency', 'latency', 'reset', 'black-hole', 'lose-reply'] as const);
  if (kind === 'latency')
    return { atMs, kind: 'wire', wire: { kind, ms: random.between(30, LATENCY_MS) }, forMs: 3000 };
  return { atMs, kind: 'wire', wire: { kind }, forMs: random.between(200, 1200) };
}
