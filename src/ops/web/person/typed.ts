import { asEarnerKey, type EarnerKey } from '../../../ids.js';
import { withoutUnseenEnds } from '../../../platform/invisible.js';
import type { Vault } from '../../../platform/vault.js';
import { earnerKeyOf } from '../../../earners/earner-key.js';

/** As long as an address may be, characters. */
const MAX_ADDRESS = 254;
const isAddress = (typed: string): boolean => /^[^\s@]+@[^\s@]+$/.test(typed) && typed.length <= MAX_ADDRESS;
/** 128 bits in base64url: what `earnerKeyOf` makes. */
const isKey = (typed: string): boolean => /^[\w-]{22}$/.test(typed);

/** The key in a path, or in a form; null for what is none. */
export const keyIn = (text: string | null | undefined): EarnerKey | null => {
  const typed = withoutUnseenEnds(text ?? '');
  return isKey(typed) ? asEarnerKey(typed) : null;
};

/** The key of an address that was typed; null for what is none. */
export const keyOfAddress = (text: string | null, vault: Vault): EarnerKey | null => {
  const typed = withoutUnseenEnds(text ?? '');
  return isAddress(typed) ? earnerKeyOf(vault, typed) : null;
};
