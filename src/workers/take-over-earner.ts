import type { EarnerKey } from '../ids.js';
import { formerLedgerKey, readFormerLedger, withFormerRecords } from '../issuing/former.js';
import { decodeLedger, encodeLedger } from '../issuing/ledger-codec.js';
import type { RedisConnection } from '../platform/redis.js';
import { scriptOf } from '../platform/script.js';
import { VaultError, type Vault } from '../platform/vault.js';
import type { BadgeBook } from '../portfolio/badge-book.js';
import { fingerprinting } from '../portfolio/change.js';
import { decodePortfolio, encodePortfolio } from '../portfolio/codec.js';
import { formerContact, formerPortfolioKey, readFormer, type FormerPortfolio } from '../portfolio/former.js';
import { withFormer } from '../portfolio/joined.js';
import type { KeptAssertion } from '../portfolio/kept.js';
import { replaceRecord } from '../record/amend.js';
import { RecordError } from '../record/error.js';
import { formerRecordKey, recordKey } from '../record/key.js';
import { isOfOurForm, isSetAside, joinRecord, setAside, splitRecord, takenUp } from '../record/record.js';

/** What taking over works with. */
export interface TakingOver {
  readonly redis: RedisConnection;
  /** Of the keys. */
  readonly prefix: string;
  readonly vault: Vault;
  readonly book: BadgeBook;
}

/**
 * Puts the record in the place of the two former hashes and of the former record, and only if neither they nor the
 * record are other than they were read. KEYS: the two hashes, the record, the former record. ARGV: how many fields
 * each hash has, the record as it was read and as it is to be, the former record as it was read ('': none), then
 * every field and its value. Returns 1 when done.
 */
const REPLACE = scriptOf(`
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[3] then return 0 end
if (redis.call('GET', KEYS[4]) or '') ~= ARGV[5] then return 0 end
local at = 6
for k = 1, 2 do
  if redis.call('HLEN', KEYS[k]) ~= tonumber(ARGV[k]) then return 0 end
  for _ = 1, tonumber(ARGV[k]) do
    if redis.call('HGET', KEYS[k], ARGV[at]) ~= ARGV[at + 1] then return 0 end
    at = at + 2
  end
end
if ARGV[4] == '' then
  redis.call('DEL', KEYS[3])
else
  redis.call('SET', KEYS[3], ARGV[4])
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[4])
return 1`);

type Fields = Readonly<Record<string, string>>;
const MAX_TRIES = 20;

/** Those whose records were set aside: what is mended may be gone from where it is looked for. */
export const setAsideKey = (prefix: string): string => `${prefix}:set-aside`;

/** `nothing`: nothing of a former form stands there, or another worker was quicker. */
export type HowTaken = 'taken' | 'nothing' | 'unreadable';

/**
 * Puts what an older Palier kept of an address, in two hashes or in a record under a longer key, into its record,
 * in one step. May be repeated, by several at a time, and stopped anywhere: before it or after it.
 * @returns `unreadable` when what stands there cannot be read: it stays, and the address is read by nobody. Its
 *   record, if it has one, is set aside until it can be: what was given may be told of in the other alone
 */
export async function takeOverEarner(taking: TakingOver, earner: EarnerKey): Promise<HowTaken> {
  const { redis, prefix } = taking;
  const own = recordKey(prefix, earner);
  const formers = [formerPortfolioKey(prefix, earner), formerLedgerKey(prefix, earner)] as const;
  const keys = [...formers, own, formerRecordKey(prefix, earner)];
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const read = await redis.getBuffer(own);
    const former = await readStanding(redis, formers, formerRecordKey(prefix, earner));
    const record = former === null ? null : await readableRecord(taking, earner, read, former);
    if (record === null || former === null) {
      if (await putAside(taking, earner, read)) return 'unreadable';
      continue;
    }
    const [portfolio, ledger] = [former.portfolio, former.ledger].map((one) => Object.entries(one).flat());
    const [fields, before] = [[...(portfolio ?? []), ...(ledger ?? [])], former.record];
    const isNothing = fields.length === 0 && before === null && !isSetAside(read);
    const sizes = [portfolio, ledger].map((one) => (one?.length ?? 0) / 2);
    const args = [...sizes, read ?? '', record, before ?? '', ...fields];
    if (!isNothing && (await REPLACE(redis, keys, args)) !== 1) continue;
    await redis.srem(setAsideKey(prefix), earner);
    return isNothing ? 'nothing' : 'taken';
  }
  throw new RecordError('What Redis holds of an earner would not hold still');
}

/** @returns whether nobody reads them from here on; false: somebody wrote meanwhile */
async function putAside(
  { redis, prefix }: TakingOver,
  earner: EarnerKey,
  read: Buffer | null,
): Promise<boolean> {
  // A record that a newer Palier wrote is refused as it is.
  if (isSetAside(read) || !isOfOurForm(read)) return true;
  await redis.sadd(setAsideKey(prefix), earner);
  return replaceRecord(redis, recordKey(prefix, earner), read, setAside(read));
}

/** What an older Palier kept of an address. */
interface Standing {
  /** Of the two hashes. */
  readonly portfolio: Fields;
  readonly ledger: Fields;
  /** Of before the account stood in it. */
  readonly record: Buffer | null;
}

/** @returns null when one of them is of another type */
async function readStanding(
  redis: RedisConnection,
  [ofPortfolio, ofLedger]: readonly [string, string],
  ofRecord: string,
): Promise<Standing | null> {
  try {
    const [portfolio, ledger, record] = await Promise.all([
      redis.hgetall(ofPortfolio),
      redis.hgetall(ofLedger),
      redis.getBuffer(ofRecord),
    ]);
    return { portfolio, ledger, record };
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('WRONGTYPE')) throw error;
    return null;
  }
}

async function readableRecord(
  taking: TakingOver,
  earner: EarnerKey,
  read: Buffer | null,
  former: Standing,
): Promise<Buffer | null> {
  try {
    return await recordOf(taking, earner, read, former);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return null;
  }
}

async function recordOf(
  { vault, book }: TakingOver,
  earner: EarnerKey,
  read: Buffer | null,
  standing: Standing,
): Promise<Buffer> {
  // What could not be read, and was mended by hand, is taken over after all.
  const [kept, before] = [splitRecord(takenUp(read)), splitRecord(takenUp(standing.record))];
  const former = readFormer(standing.portfolio);
  const assertions = await keptOf(book, former);
  const { linkedTo, linked, touched, gone } = former;
  const contact = contactOf(vault, earner, former);
  const portfolio = [
    decodePortfolio(before.portfolio),
    { contact, assertions, linkedTo, linked, touched, gone },
  ].reduce((all, one) => withFormer(all, one, fingerprinting(vault)), decodePortfolio(kept.portfolio));
  const records = [decodeLedger(before.ledger), readFormerLedger(standing.ledger)].reduce(
    withFormerRecords,
    decodeLedger(kept.ledger),
  );
  const joined = joinRecord({
    ...kept,
    portfolio: encodePortfolio(portfolio),
    ledger: encodeLedger(records),
  });
  return joined ?? Buffer.alloc(0);
}

async function keptOf(book: BadgeBook, { assertions }: FormerPortfolio): Promise<readonly KeptAssertion[]> {
  const kept: KeptAssertion[] = [];
  for (const { clientId, badgeId, ...rest } of assertions)
    kept.push({ ...rest, badge: (await book.numberOf({ clientId, badgeId })) ?? { clientId, badgeId } });
  return kept;
}

/** One that cannot be opened still cannot be, as it was: whoever sends something to this address is told so. */
function contactOf(vault: Vault, earner: EarnerKey, former: FormerPortfolio): Buffer | null {
  try {
    return formerContact(vault, earner, former);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return Buffer.from(former.address ?? '');
  }
}
