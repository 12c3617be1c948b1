import { z } from 'zod';
import type { AwardState } from '../../../issuing/award-record.js';
import { explainSchema } from '../../../rules/explain/json.js';

const STATES = [
  'due',
  'claimed',
  'unknown',
  'issued',
  'refused',
  'revoking',
  'revoked',
  'blocked',
  'withdrawn',
] as const satisfies readonly AwardState[];

const underWay = z
  .strictObject({
    badge: z.string(),
    state: z.enum(STATES),
    since_s: z.number(),
    batch: z.string().optional(),
    why: z.string().optional(),
  })
  .meta({ id: 'under_way', description: 'An award on its way to OBF, or that came to a stop there.' });

/** What `npx palier explain --json` prints: published as docs/schema/explain.json. */
export const explainCommandSchema = explainSchema
  .extend({
    earner: z.string().meta({ description: 'The key that stands for the person.' }),
    addresses: z.number().meta({ description: 'How many addresses of theirs are joined.' }),
    issuing: z.array(underWay),
    issuing_paused: z.boolean(),
  })
  .meta({
    title: 'palier explain --json',
    description:
      'Every award of one person: given or not, and why. Instants are Unix seconds (_s) and ISO 8601 in UTC (_iso).',
  });

export type ExplainCommandJson = z.infer<typeof explainCommandSchema>;
