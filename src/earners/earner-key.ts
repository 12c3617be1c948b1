import { asEarnerKey, type EarnerKey } from '../ids.js';
import { normaliseAddress } from '../platform/invisible.js';
import type { Vault } from '../platform/vault.js';

/** What stands for the person of an address, in Redis, job ids, logs and `log_entry`. */
export const earnerKeyOf = (vault: Vault, address: string): EarnerKey =>
  asEarnerKey(vault.name(normaliseAddress(address), 'earner'));
