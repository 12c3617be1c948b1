import { z } from 'zod';
import { planSchema } from '../plan/schema.js';

const standing = z
  .strictObject({
    award: z.string(),
    threshold: z.number().nullable().meta({
      description: 'What the rule asks for; null where its parts ask for different numbers.',
    }),
    at_count: z.array(z.number()).meta({
      description:
        'How many people have 0, 1, 2... of the badges that the rule counts: of the part that decides, where it has several.',
    }),
    one_away: z.number().meta({ description: 'To how many people one more badge would give it.' }),
    held: z.number(),
    due: z.number(),
    not_met: z.number(),
    inactive: z.number(),
    blocked: z.number(),
  })
  .meta({ id: 'award_standing' });

/** What `npx palier simulate --json` prints: published as docs/schema/simulate.json. */
export const simulateSchema = planSchema
  .extend({ standings: z.array(standing).meta({ description: 'How everybody stands with each award.' }) })
  .meta({
    title: 'palier simulate --json',
    description:
      'Who would gain which award by a proposal, and how everybody would stand. Instants are Unix seconds (_s).',
  });

export type SimulateJson = z.infer<typeof simulateSchema>;
