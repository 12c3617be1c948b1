import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { eventData, TYPES } from './event-body.js';
import { problemWords, type ProblemCode } from './problem.js';
import { MAX_ADDRESS_LENGTH, MAX_ADDRESSES, MAX_URL_LENGTH, MAX_URLS_EACH } from './push-body.js';

/** What comes in and goes out over HTTP, as schemas: the interface's description is made of them. */

export const eventBody = z
  .looseObject({ type: z.enum([...TYPES.keys()]), data: z.looseObject(eventData.shape) })
  .describe('Something happened to this event of this client. Other keys are left alone.');

/** Dots stand for themselves. */
const known = [...TYPES.keys()].map((type) => type.replaceAll('.', '\\.')).join('|');

export const otherBody = z
  .looseObject({ type: z.string().regex(new RegExp(`^(?!(${known})$)`)) })
  .describe('An event of a type that means nothing to Palier: it is ignored, with a good answer.');

/** Nothing cleverer than what `readPush` asks of an address. */
const address = z
  .string()
  .max(MAX_ADDRESS_LENGTH)
  .regex(/^[^\s@]+@[^\s@]+$/);
const credentialUrl = z
  .url()
  .regex(/^https?:\/\//)
  .max(MAX_URL_LENGTH);

export const pushBody = z.record(address, z.array(credentialUrl).min(1).max(MAX_URLS_EACH)).meta({
  minProperties: 1,
  maxProperties: MAX_ADDRESSES,
  description:
    'These people have credentials there: e-mail address -> URLs of assertions, 5000 in all, at least one of ' +
    'them at the Open Badge Factory that is in use.',
});

export const anyBody = z.union([eventBody, pushBody, otherBody]);

export const accepted = z.strictObject({ status: z.literal('accepted') });
export const ignored = z.strictObject({
  status: z.literal('ignored'),
  reason: z
    .enum(['unknown_client', 'unknown_type'])
    .describe('The client takes no part, or the type is none that Palier knows.'),
});
export const taken = z.union([accepted, ignored]);
export const success = z.strictObject({ success: z.literal(true) });
export const alive = z.strictObject({ status: z.literal('ok') });
export const ready = z.strictObject({ status: z.literal('ready') });

/** A refusal with one of these codes, which all have this status (RFC 9457). */
export const problem = (status: number, codes: readonly ProblemCode[]) =>
  z.strictObject({
    type: z.literal('about:blank'),
    title: z.literal(STATUS_CODES[status] ?? ''),
    status: z.literal(status),
    code: z.enum(codes).describe(codes.map((code) => `${code}: ${problemWords(code).detail}`).join(' ')),
    detail: z.string().describe('For people: what to do.'),
    field: z
      .string()
      .optional()
      .describe(
        'The field at fault; of a push by position, since its keys are addresses; `$`: the whole body.',
      ),
  });
