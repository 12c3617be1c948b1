import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ROUTE_NAMES } from './route-names.js';
import type { Fault } from './types.js';

/**
 * A scenario is data: what people do in OBF, what goes wrong, what to wait for, and what to say to whoever
 * looks on. In YAML or as an object; each step holds exactly one of the words below.
 */
const word = z.string().regex(/^\w{1,100}$/, 'letters, digits and "_" are expected');
const address = z.string().regex(/^[^@<]{1,64}@[^@>]{1,255}$/, 'an address is expected');

/** A day (`2025-03-01`, from midnight UTC) or Unix seconds. */
const moment = z.union([z.iso.date().transform((day) => Date.parse(day) / 1000), z.int().positive()]);

/** One badge to one or many people, as one event, and its notice unless `webhook` is false. */
const issue = z.strictObject({
  partner: word,
  badge: word,
  to: z.array(z.union([address, z.strictObject({ email: address, name: z.string() })])).min(1),
  issued_on: moment.optional(),
  expires_on: moment.optional(),
  webhook: z.boolean().default(true),
});

/** Takes a badge back from people, whichever of the partner's events gave it. */
const revoke = z.strictObject({
  partner: word,
  badge: word,
  from: z.array(address).min(1),
  webhook: z.boolean().default(true),
});

/** Sets the end of people's copies. OBF sends nothing when one passes. */
const expire = z.strictObject({ partner: word, badge: word, of: z.array(address).min(1), on: moment });

/** Until an address holds a badge (of the client `by`), lacks it, or OBF has received that many calls. */
const wait = z.union([
  z.strictObject({ address, holds: word, by: word.optional() }),
  z.strictObject({ address, lacks: word, by: word.optional() }),
  z.strictObject({ received: z.enum(ROUTE_NAMES), at_least: z.int().positive().default(1) }),
]);

const place = { route: z.enum(ROUTE_NAMES), client: word.optional(), times: z.int().positive().default(1) };
const status = z.int().min(400).max(599);
const fault = z
  .discriminatedUnion('kind', [
    z.strictObject({
      ...place,
      kind: z.literal('status'),
      status,
      retry_after_s: z.int().positive().optional(),
    }),
    z.strictObject({ ...place, kind: z.literal('slow'), ms: z.int().positive() }),
    z.strictObject({ ...place, kind: z.enum(['reset', 'black-hole', 'reply-lost', 'not-json']) }),
    z.strictObject({ ...place, kind: z.literal('status-after-commit'), status }),
  ])
  .transform(({ client, ...rest }): Fault => {
    const clientId = client === undefined ? {} : { clientId: client };
    if (rest.kind !== 'status') return { ...rest, ...clientId };
    const { retry_after_s, ...said } = rest;
    return { ...said, ...clientId, ...(retry_after_s === undefined ? {} : { retryAfterS: retry_after_s }) };
  });

const step = z
  .strictObject({
    say: z.string().optional(),
    /** Seconds. */
    pause: z.number().positive().optional(),
    issue: issue.optional(),
    revoke: revoke.optional(),
    expire: expire.optional(),
    wait: wait.optional(),
    fault: fault.optional(),
  })
  .refine((words) => Object.values(words).filter((value) => value !== undefined).length === 1, {
    message: 'a step holds exactly one of: say, pause, issue, revoke, expire, wait, fault',
  });

const scenario = z.strictObject({ title: z.string(), steps: z.array(step).min(1) });

/** As a story is written. */
export type ScenarioInput = z.input<typeof scenario>;
/** As it is run: only `parseScenario` makes one. */
export type Scenario = z.output<typeof scenario> & { readonly checked: true };
export type Step = Scenario['steps'][number];

export class ScenarioFaults extends Error {
  readonly code = 'scenario_faults';
}

/** @throws ScenarioFaults naming every fault at once */
export function parseScenario(input: unknown): Scenario {
  const read = scenario.safeParse(input);
  if (!read.success) throw new ScenarioFaults(`The scenario has faults:\n${z.prettifyError(read.error)}`);
  return { ...read.data, checked: true };
}

/** The same from YAML. @throws ScenarioFaults, or the parser's own error for what is not YAML */
export const parseScenarioYaml = (text: string): Scenario => parseScenario(parseYaml(text));
