import { z } from 'zod';
import { journalLineSchema } from '../../../journal/line.js';

const iso = z.string().nullable();
const seconds = z.int().describe('Unix seconds.');

const assertion = z.strictObject({
  assertion: z.string(),
  client: z.string().describe('The OBF client that issued it.'),
  badge: z.string(),
  event: z.string().nullable(),
  issued_on_s: seconds,
  issued_on_iso: iso,
  expires_on_s: seconds.nullable(),
  expires_on_iso: iso,
  revoked: z.boolean(),
});

const record = z.strictObject({
  badge: z.string(),
  state: z.enum([
    'due',
    'claimed',
    'issued',
    'refused',
    'unknown',
    'revoking',
    'revoked',
    'blocked',
    'withdrawn',
  ]),
  since_s: seconds,
  since_iso: iso,
  event: z.string().nullable().describe('The OBF event that gave it.'),
  batch: z.string().nullable(),
  reason: z.string().nullable().describe("OBF's, where it refused."),
  cause: z.string().nullable().describe('What set it off.'),
  no_email: z.boolean().describe('Whether OBF is to send no e-mail.'),
  forgiven: z.array(z.string()).describe('Events whose revocation does not block the award.'),
});

const job = z.strictObject({
  queue: z.string(),
  id: z.string(),
  name: z.string(),
  state: z.string(),
  since_s: seconds,
  since_iso: iso,
  url: z.string().nullable().describe('Of the credential that it is to read.'),
  reason: z.string().nullable().describe('Why it failed.'),
});

const address = z.strictObject({
  earner: z.string().describe('The key that stands for the address: its keyed fingerprint.'),
  address: z.string().nullable().describe('`export` has it whole; `show` masks all but the one asked for.'),
  name: z.string().nullable().describe('As the organisation typed it; `show` leaves it out.'),
  linked_to: z
    .string()
    .nullable()
    .describe('The key of the person, where ops linked this address to another.'),
  being_erased: z.boolean(),
  erased_on_s: seconds.nullable(),
  erased_on_iso: iso,
  assertions: z.array(assertion).describe("Partners' badges, and the Région's."),
  awards: z.array(record).describe('How far each award of the Région is.'),
  flags: z.array(z.strictObject({ badge: z.string(), since_s: seconds, since_iso: iso })),
  account: z.array(journalLineSchema).describe('What was decided and done.'),
  jobs: z.array(job).describe('What waits to be done, or failed.'),
});

/** Everything that Palier holds about one person, as `earner export` prints it and programs may rely on it. */
export const earnerSchema = z.strictObject({
  earner: z.string().describe('The key that stands for the person.'),
  exported_s: seconds,
  exported_iso: iso,
  addresses: z.array(address),
});

export type EarnerJson = z.output<typeof earnerSchema>;
export type RecordJson = z.output<typeof record>;
