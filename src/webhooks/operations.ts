import type { z } from 'zod';
import { METRICS_TYPE } from './metrics.js';
import type { ProblemCode } from './problem.js';
import type { Route } from './routes.js';
import * as schemas from './schemas.js';

/** What the description says of one route, besides what the route says itself. */
export interface Operation {
  readonly summary: string;
  readonly description?: string;
  /** Names of the ways in, of which one is enough; without: nobody is asked. */
  readonly security: readonly (readonly string[])[];
  readonly body?: { readonly schema: z.ZodType; readonly example: unknown };
  readonly good: {
    readonly status: number;
    readonly description: string;
    /** Null: text that is no JSON. */
    readonly schema: z.ZodType | null;
    readonly type: string;
  };
  /** Every refusal that a sender can be given. */
  readonly refusals: readonly ProblemCode[];
}

const JSON_TYPE = 'application/json';
const SENDERS = [['webhookId', 'webhookTimestamp', 'webhookSignature'], ['basic']];
const OF_ANY_POST: readonly ProblemCode[] = [
  'json_invalid',
  'credentials_missing',
  'signature_invalid',
  'signature_stale',
  'basic_invalid',
  'method_not_allowed',
  'payload_too_large',
  'media_type_unsupported',
  'encoding_unsupported',
  'body_unknown',
  'field_invalid',
  'too_many',
  'url_not_obf',
  'internal',
  'try_again',
];

export const OPERATIONS: Readonly<Record<Route['name'], Operation>> = {
  webhooks: {
    summary: 'Tells of an event, or of credentials',
    description:
      'Authenticated over the raw bytes: by a signature of Standard Webhooks, or by HTTP Basic. A notice is only a ' +
      'hint: what it tells of is read from Open Badge Factory. It may be told again, with the same answer.',
    security: SENDERS,
    body: {
      schema: schemas.anyBody,
      example: { type: 'badge.issued', data: { client_id: 'P1', event_id: 'E1' } },
    },
    good: {
      status: 202,
      description: 'It is stored; or it is nothing to Palier, and that is told as well.',
      schema: schemas.taken,
      type: JSON_TYPE,
    },
    refusals: [...OF_ANY_POST, 'field_missing'],
  },
  passport: {
    summary: 'Tells of credentials, as Open Badge Factory tells a Passport',
    security: SENDERS,
    body: {
      schema: schemas.pushBody,
      example: { 'lou@example.org': ['https://openbadgefactory.com/obv3/credentials/1.json'] },
    },
    good: { status: 200, description: 'They are stored.', schema: schemas.success, type: JSON_TYPE },
    refusals: OF_ANY_POST,
  },
  health: {
    summary: 'The process lives',
    security: [],
    good: { status: 200, description: 'It does.', schema: schemas.alive, type: JSON_TYPE },
    refusals: ['method_not_allowed'],
  },
  ready: {
    summary: 'A notice would be stored now',
    security: [],
    good: { status: 200, description: 'It would.', schema: schemas.ready, type: JSON_TYPE },
    refusals: ['method_not_allowed', 'internal', 'not_ready'],
  },
  metrics: {
    summary: 'The figures of all processes, for Prometheus',
    description: 'Where no token is configured there is no such address (404).',
    security: [['bearer']],
    good: {
      status: 200,
      description: "The figures, in Prometheus' text format: see docs/observability.md.",
      schema: null,
      type: METRICS_TYPE,
    },
    refusals: ['token_invalid', 'not_found', 'method_not_allowed', 'metrics_unavailable'],
  },
};
