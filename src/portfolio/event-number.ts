import { createHash } from 'node:crypto';
import type { EventId } from '../ids.js';

/**
 * An event by 64 bits of a hash, as the decimal number that Redis keeps in 8 bytes. Two of a million events
 * of one client would meet once in 37 million Regions; then one of them would not be read.
 */
export const eventNumberOf = (event: EventId): string =>
  createHash('sha256').update(event).digest().readBigInt64BE(0).toString();
