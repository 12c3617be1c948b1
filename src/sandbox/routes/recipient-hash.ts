import { createHash } from 'node:crypto';
import type { Issued } from '../records.js';

/** `sha256$` and the hexadecimal SHA-256 of the address as typed, followed by the salt. */
export const recipientHash = ({ email, salt }: Issued): string =>
  `sha256$${createHash('sha256').update(`${email}${salt}`).digest('hex')}`;

/** Unix seconds as `2025-11-08T08:38:36Z`. */
export const isoOf = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
