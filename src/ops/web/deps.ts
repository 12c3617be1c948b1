import type { Config } from '../../config.js';
import type { Clock } from '../../platform/clock.js';
import type { Logger } from '../../platform/logger.js';
import type { RedisConnection } from '../../platform/redis.js';
import type { Pipeline } from '../../workers/pipeline.js';
import type { Logo } from './logo.js';

/** What the ops pages need of the world. */
export interface OpsDeps {
  /** The read side, and what an operator may set off. */
  readonly pipeline: Pipeline;
  /** Sessions and counts of attempts; it should fail fast. */
  readonly redis: RedisConnection;
  /** Of their keys. */
  readonly prefix: string;
  readonly config: Pick<Config, 'opsUsers' | 'ops'>;
  readonly logo: Logo | null;
  readonly log: Logger;
  readonly clock: Clock;
}
