import { asEarnerKey, type EarnerKey } from '../ids.js';
import { withoutUnseenEnds } from '../platform/invisible.js';
import type { Vault } from '../platform/vault.js';

/**
 * The one form under which an address is compared: without what is invisible at its ends, Unicode NFC,
 * case-folded; nothing cleverer, since a dot or a `+tag` is another person's address as far as we can know.
 */
export const normaliseAddress = (address: string): string =>
  withoutUnseenEnds(address).normalize('NFC').toLowerCase().normalize('NFC');

/** What stands for the person of an address, in Redis, job ids, logs and `log_entry`. */
export const earnerKeyOf = (vault: Vault, address: string): EarnerKey =>
  asEarnerKey(vault.name(normaliseAddress(address), 'earner'));
