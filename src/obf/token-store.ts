import type { ClientId } from '../ids.js';
import type { RedisConnection } from '../platform/redis.js';
import { VaultError, type Vault } from '../platform/vault.js';

/** A token as it is used. `sealed` tells one from another without showing either. */
export interface Bearer {
  readonly token: string;
  readonly sealed: string;
}

/** May this process ask OBF for a token now? If not: why, and for how many milliseconds not. */
export type Claim =
  | { readonly kind: 'go' }
  /** Another one is asking. */
  | { readonly kind: 'held'; readonly waitMs: number }
  /** OBF was asked a moment ago. */
  | { readonly kind: 'spaced'; readonly waitMs: number }
  /** OBF refused this API key a moment ago. */
  | { readonly kind: 'refused' };

/**
 * KEYS: lock, asked, refused. ARGV: owner, lock ms.
 */
const CLAIM = `
if redis.call('EXISTS', KEYS[3]) == 1 then return {'refused', 0} end
local held = redis.call('PTTL', KEYS[1])
if held >= 0 then return {'held', held} end
local spaced = redis.call('PTTL', KEYS[2])
if spaced >= 0 then return {'spaced', spaced} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'go', 0}`;

/** Says that OBF is about to be asked, if the lock is still ours. KEYS: lock, asked. ARGV: owner, spacing ms. */
const ASKING = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[2])
return 1`;

/**
 * Gives the lock back. KEYS: lock, asked, target. ARGV: owner, spacing ms ('' when OBF was not asked),
 * value for the target ('' for none), its ms.
 */
const FINISH = `
if ARGV[2] ~= '' then redis.call('SET', KEYS[2], 1, 'PX', ARGV[2]) end
if ARGV[3] ~= '' then redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4]) end
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`;

export type Outcome =
  | { readonly kind: 'token'; readonly token: string; readonly ttlMs: number; readonly spacingMs: number }
  | { readonly kind: 'refused'; readonly spacingMs: number }
  | { readonly kind: 'failed'; readonly spacingMs: number }
  | { readonly kind: 'not_asked' };

/**
 * What all processes know of one client's token. The token is sealed with the client id as context; the
 * keys share a slot, by the prefix' hash tag or else by the client's.
 * @param keyMark stands for the API key: a refusal of one says nothing of another
 */
export class TokenStore {
  private readonly keys: Readonly<Record<'token' | 'lock' | 'asked' | 'refused', string>>;

  constructor(
    private readonly redis: RedisConnection,
    private readonly vault: Vault,
    private readonly clientId: ClientId,
    prefix: string,
    keyMark: string,
  ) {
    const base = `${prefix}:obf:{${clientId}}`;
    this.keys = {
      token: `${base}:token`,
      lock: `${base}:lock`,
      asked: `${base}:asked`,
      refused: `${base}:refused:${keyMark}`,
    };
  }

  /** Null: none, or one that was sealed under another `PALIER_KEY`. */
  async read(): Promise<Bearer | null> {
    const sealed = await this.redis.get(this.keys.token);
    if (sealed === null) return null;
    try {
      return { token: this.vault.open(sealed, this.clientId), sealed };
    } catch (error) {
      if (error instanceof VaultError) return null;
      throw error;
    }
  }

  async claim(owner: string, lockMs: number): Promise<Claim> {
    const { lock, asked, refused } = this.keys;
    const reply: unknown = await this.redis.eval(CLAIM, 3, lock, asked, refused, owner, lockMs);
    const [kind, value] = Array.isArray(reply) ? reply.map(String) : [];
    switch (kind) {
      case 'go':
      case 'refused':
        return { kind };
      case 'held':
      case 'spaced':
        return { kind, waitMs: Number(value) };
      case undefined:
      default:
        throw new Error('unexpected reply of a Redis script');
    }
  }

  /** False: the lock was lost; OBF must not be asked. */
  async asking(owner: string, spacingMs: number): Promise<boolean> {
    const { lock, asked } = this.keys;
    return (await this.redis.eval(ASKING, 2, lock, asked, owner, spacingMs)) === 1;
  }

  async finish(owner: string, outcome: Outcome): Promise<void> {
    const { lock, asked, token, refused } = this.keys;
    const spacingMs = outcome.kind === 'not_asked' ? '' : outcome.spacingMs;
    const [target, value, ttlMs] =
      outcome.kind === 'token'
        ? [token, this.vault.seal(outcome.token, this.clientId), outcome.ttlMs]
        : outcome.kind === 'refused'
          ? [refused, '1', outcome.spacingMs]
          : [token, '', 0];
    await this.redis.eval(FINISH, 3, lock, asked, target, owner, spacingMs, value, ttlMs);
  }
}
