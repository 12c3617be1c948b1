import { z } from 'zod';
import { asAwardId, asSchemeVersion, type SchemeVersion } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { updateValue } from '../platform/redis-commands.js';
import type { Vault } from '../platform/vault.js';

/** Null: none was ever started with. */
export interface SeenVersions {
  readonly started: SchemeVersion | null;
  readonly inForce: SchemeVersion | null;
}

const version = z.string().transform(asSchemeVersion);
const awardId = z.string().transform(asAwardId);

const application = z.object({
  version,
  /** Null: everything. */
  only: awardId.nullable(),
  /** OBF sends no e-mail. */
  suppressEmail: z.boolean(),
  /** The request that it carries out; none: an operator's command line does it. */
  ask: z.string().optional(),
  /** Unix seconds. */
  startedS: z.number(),
});
/** Kept until all of it is done: who goes on after a stop does the same. */
export type Application = z.output<typeof application>;
/** What ops asked for. */
export type ApplyOptions = Pick<Application, 'only' | 'suppressEmail' | 'ask'>;

const form = z.object({
  /** What new facts are judged by. */
  current: version,
  inForce: version,
  /** Counts the changes of `current`. */
  generation: z.int(),
  /** Since when `current` is, Unix seconds of Redis' clock: OBF's instants are compared with it. */
  sinceS: z.number(),
  /** Awards of `current` that were put into force one by one. */
  released: z.array(awardId),
  applying: application.nullable(),
});
/** Which rules hold, for all processes alike. */
export type SchemeState = z.output<typeof form>;

/** Other files became the rules between the plan and its application. */
export class SchemeMoved extends Error {
  readonly code = 'scheme_moved';
}

/** Redis holds rules that Palier did not write, or that another key sealed. Nothing is decided by them. */
export class SchemeUnreadable extends Error {
  readonly code = 'scheme_unreadable';
  constructor(what: string, options?: ErrorOptions) {
    super(
      `What Redis holds of the rules in force cannot be read (${what}): it was altered, or sealed under another ` +
        'PALIER_KEY. Nothing is issued by it; see docs/operating.md ("Les règles en vigueur sont illisibles")',
      options,
    );
    this.name = 'SchemeUnreadable';
  }
}

/**
 * Pure. The state once a process was started with a version. The first ever is in force at once: there is nobody yet
 * whom it could surprise. Another than the current one begins a new change.
 */
export function startedWith(state: SchemeState | null, started: SchemeVersion, nowS: number): SchemeState {
  if (state === null)
    return { current: started, inForce: started, generation: 1, sinceS: nowS, released: [], applying: null };
  if (state.current === started) return state;
  return { ...state, current: started, generation: state.generation + 1, sinceS: nowS, released: [] };
}

/**
 * Pure. The state once a version is put into force, wholly or for one award, with what was asked for.
 * @throws SchemeMoved when the versions are no longer those that were seen
 */
export function appliedTo(
  state: SchemeState | null,
  applied: SchemeVersion,
  { only, suppressEmail, ask }: ApplyOptions,
  seen: SeenVersions,
  nowS: number,
): SchemeState {
  if ((state?.current ?? null) !== seen.started || (state?.inForce ?? null) !== seen.inForce)
    throw new SchemeMoved('Other files were started with since this plan was made');
  const started = startedWith(state, applied, nowS);
  const applying = { version: applied, only, suppressEmail, ask, startedS: nowS };
  if (only === null) return { ...started, applying, inForce: applied, released: [] };
  return { ...started, applying, released: [...new Set([...started.released, only])] };
}

/** Where the state is stored, sealed whole: who merely writes to Redis cannot make up a rule. Each throws SchemeUnreadable. */
export function createStateStore(redis: RedisConnection, key: string, vault: Vault) {
  const sealed = sealedJson(vault, form, 'scheme state', 'which version it is');
  const open = (text: Buffer | null): SchemeState | null => (text === null ? null : sealed.open(text));
  return {
    /** Null: no process was ever started. */
    read: async (): Promise<SchemeState | null> => open(await redis.getBuffer(key)),
    /** Compare-and-set, retried. @param how pure. @throws what `how` throws */
    update: (how: (state: SchemeState | null) => SchemeState | null): Promise<void> =>
      updateValue(redis, key, (text) => {
        const before = open(text);
        const after = how(before);
        return after === before || after === null ? text : sealed.seal(after);
      }),
    /** Seals it under `PALIER_KEY`. Idempotent. */
    reseal: (): Promise<void> =>
      updateValue(redis, key, (text) => (text === null ? null : (sealed.reseal(text) ?? text))),
  };
}

/**
 * Seals a value for Redis under its context, and opens it. `open` and `reseal` throw SchemeUnreadable for what cannot
 * be opened, or is not in our form.
 */
export function sealedJson<T>(vault: Vault, valueForm: z.ZodType<T>, context: string, what: string) {
  const orUnreadable = <Opened>(open: () => Opened): Opened => {
    try {
      return open();
    } catch (cause) {
      throw new SchemeUnreadable(what, { cause });
    }
  };
  return {
    open: (sealed: Buffer): T =>
      orUnreadable(() => valueForm.parse(JSON.parse(vault.openValue(sealed, context).toString()))),
    seal: (value: T): Buffer => vault.sealValue(Buffer.from(JSON.stringify(value)), context),
    /** Null: it is under `PALIER_KEY` already. */
    reseal: (sealed: Buffer): Buffer | null => orUnreadable(() => vault.resealValue(sealed, context)),
  };
}
