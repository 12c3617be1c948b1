import type { Figures } from './figures.js';

/** What is supposed of use and prices; the document shows each. */
export const ASSUMPTIONS = {
  /** Badges that one earner is given by partners in a year, and Région awards that follow. */
  badgesPerEarnerAndYear: 3,
  awardsPerEarnerAndYear: 1,
  /** People in one act of issuing: most are single, a few are classes. */
  recipientsPerEvent: 5,
  /** Of all awards, how many come due as a class would. */
  shareInClasses: 0.5,
  /** On the busiest day, how many times the mean. */
  peakDayFactor: 10,
  pollEveryS: 300,
  obfCallsPerSecond: 8,
  /** How long notices may have to wait while OBF is away, hours. */
  outageHours: 24,
  /** What Redis needs beside its data, as a factor: fragmentation and the rewriting of its file. */
  redisHeadroom: 1.6,
  /** Of the rate that was measured, how much a process is to be used for. */
  processLoad: 0.5,
  /** Never fewer, so that one may fail. */
  leastProcesses: 2,
} as const;
export type Assumptions = { readonly [K in keyof typeof ASSUMPTIONS]: number };

/** Supposed monthly prices of a PaaS, euros without tax; a size holds up to so many MiB. */
export const PRICES = {
  date: '2026-11',
  web: { mib: 512, euros: 14.4 },
  worker: { mib: 512, euros: 14.4 },
  /** Redis with a standby, by the size of its memory. */
  redis: [
    { mib: 512, euros: 39.6 },
    { mib: 1024, euros: 79.2 },
    { mib: 2048, euros: 158.4 },
    { mib: 4096, euros: 316.8 },
    { mib: 8192, euros: 633.6 },
    { mib: 16_384, euros: 1267.2 },
  ],
} as const;

export interface Scenario {
  readonly name: string;
  readonly earners: number;
  readonly partners: number;
  /** Each Région issues with an OBF client of its own, and runs its own Palier. */
  readonly regions: number;
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'one Région', earners: 100_000, partners: 300, regions: 1 },
  { name: 'all 18 Régions', earners: 1_800_000, partners: 5400, regions: 18 },
  { name: 'ten million earners', earners: 10_000_000, partners: 5400, regions: 18 },
];

/** What a scenario needs, of all its Régions together unless it says otherwise. */
export interface Need {
  readonly eventsPerDay: number;
  readonly eventsOnPeakDay: number;
  readonly pollCallsPerDay: number;
  readonly awardCallsPerDay: number;
  /** Of the busiest account: the Région's own. 1: every second of the peak day is used. */
  readonly rateUsedOnPeakDay: number;
  /** To give everybody an award for the first time, at OBF's rate and in full classes, hours. */
  readonly firstApplyHours: number;
  readonly redisMiBPerRegion: number;
  readonly redisMiB: number;
  readonly redisCommandsPerSecondAtPeak: number;
  readonly web: number;
  readonly workers: number;
  readonly eurosPerMonth: number;
}

const DAY_S = 86_400;
const MIB = 2 ** 20;

/** Pure: the whole arithmetic. @throws when no size of Redis in `PRICES` is large enough */
export function needOf(scenario: Scenario, figures: Figures, of: Assumptions = ASSUMPTIONS): Need {
  const { earners, partners, regions } = scenario;
  const eventsPerDay = (earners * of.badgesPerEarnerAndYear) / of.recipientsPerEvent / 365;
  const awardsPerDay = (earners * of.awardsPerEarnerAndYear) / 365;
  const eventsOnPeakDay = eventsPerDay * of.peakDayFactor;
  const { class1000, single } = figures.calls.perAward;
  const callsPerAward = of.shareInClasses * class1000 + (1 - of.shareInClasses) * single;
  const pollCallsPerDay = (partners + regions) * (DAY_S / of.pollEveryS) * figures.calls.perPartnerPoll;
  const awardCallsPerDay = awardsPerDay * callsPerAward;
  const peakCalls = (awardCallsPerDay * of.peakDayFactor) / regions;
  const ownPolls = (DAY_S / of.pollEveryS) * figures.calls.perPartnerPoll;
  const rateUsedOnPeakDay = (peakCalls + ownPolls) / (of.obfCallsPerSecond * DAY_S);
  const redisMiBPerRegion = redisOf(earners / regions, eventsOnPeakDay / regions, figures, of);
  const perSecondAtPeak = eventsOnPeakDay / regions / DAY_S;
  const processes = (perSecond: number): number =>
    Math.max(of.leastProcesses, Math.ceil(perSecondAtPeak / (perSecond * of.processLoad))) * regions;
  const [web, workers] = [
    processes(figures.door.noticesPerSecond),
    processes(figures.endToEnd.noticesPerSecond),
  ];
  return {
    eventsPerDay,
    eventsOnPeakDay,
    pollCallsPerDay,
    awardCallsPerDay,
    rateUsedOnPeakDay,
    firstApplyHours: ((earners / regions) * class1000) / of.obfCallsPerSecond / 3600,
    redisMiBPerRegion,
    redisMiB: redisMiBPerRegion * regions,
    redisCommandsPerSecondAtPeak: perSecondAtPeak * regions * figures.growth.commandsPerNotice,
    web,
    workers,
    eurosPerMonth:
      web * PRICES.web.euros + workers * workerEuros(figures) + regions * redisEuros(redisMiBPerRegion),
  };
}

/** What one Région's Redis holds: its earners, and the notices of an outage of OBF on the peak day. */
function redisOf(earners: number, eventsOnPeakDay: number, { memory }: Figures, of: Assumptions): number {
  const waiting = eventsOnPeakDay * (of.outageHours / 24);
  const bytes = earners * memory.bytesPerEarner + waiting * memory.bytesPerWaitingNotice;
  return (bytes * of.redisHeadroom) / MIB;
}

/** A worker that needs more than a size has pays for several of it. */
const workerEuros = ({ worker }: Figures): number =>
  Math.ceil(worker.rssMiB / PRICES.worker.mib) * PRICES.worker.euros;

function redisEuros(mib: number): number {
  const size = PRICES.redis.find((one) => one.mib >= mib);
  if (size === undefined) throw new Error(`no Redis of ${Math.ceil(mib)} MiB has a price: add one to PRICES`);
  return size.euros;
}
