import type { RedisConnection } from '../../platform/redis.js';
import type { Pipeline } from '../../workers/pipeline.js';
import type { Family } from './family.js';

/** What the figures are read from. */
export interface FigureNeeds extends Pick<
  Pipeline,
  'clock' | 'meter' | 'outbox' | 'pace' | 'queues' | 'quota' | 'region' | 'scheme' | 'schemes'
> {
  /** A connection that fails fast. */
  readonly redis: RedisConnection;
  /** Of our keys. */
  readonly prefix: string;
  readonly pollEveryS: number;
  /** Palier's own. */
  readonly version: string;
}

/**
 * Reads some of the figures. However many earners there are, it asks Redis for little: nothing is walked
 * through but what is under way.
 */
export type Reader = (needs: FigureNeeds) => Promise<readonly Family[]>;
