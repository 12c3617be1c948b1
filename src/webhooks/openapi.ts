import { z } from 'zod';
import { OPERATIONS, type Operation } from './operations.js';
import { problemWords, type ProblemCode } from './problem.js';
import { ROUTES, type Route } from './routes.js';
import { problem } from './schemas.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * The HTTP interface as OpenAPI 3.1, made of the route table and of the schemas. Pure.
 * @param version Palier's own
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export const openApiDocument = (version: string): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'Palier',
    version,
    description:
      'Every other address is a 404 (`not_found`), and every unforeseen fault a 500 (`internal`), both as ' +
      '`application/problem+json`. Whoever may GET may HEAD. The pages for operators, below `/ops`, are HTML for ' +
      'people and no part of this interface.',
    license: { name: 'EUPL-1.2', identifier: 'EUPL-1.2' },
  },
  servers: [{ url: '/' }],
  paths: Object.fromEntries(ROUTES.map((route) => [route.path, pathOf(route)])),
  components: {
    securitySchemes: SECURITY,
    parameters: {
      requestId: {
        name: 'X-Request-Id',
        in: 'header',
        description: 'What the sender calls this request; anything else is left out, and one is made.',
        schema: { type: 'string', pattern: '^[\\w.-]{1,128}$' },
      },
    },
    headers: HEADERS,
  },
});

const apiKey = (name: string, description: string): Json => ({
  type: 'apiKey',
  in: 'header',
  name,
  description,
});

const SECURITY: Json = {
  webhookId: apiKey('webhook-id', 'Standard Webhooks: the id of the message.'),
  webhookTimestamp: apiKey('webhook-timestamp', 'Standard Webhooks: Unix seconds, at most 300 from now.'),
  webhookSignature: apiKey(
    'webhook-signature',
    'Standard Webhooks: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; several, separated by blanks.',
  ),
  basic: { type: 'http', scheme: 'basic' },
  bearer: { type: 'http', scheme: 'bearer' },
};

const HEADERS: Readonly<Record<string, Json>> = {
  requestId: { description: 'That of the request, or one that was made.', schema: { type: 'string' } },
  retryAfter: { description: 'Seconds to wait before it is sent again.', schema: { type: 'string' } },
  allow: { description: 'The methods that will do.', schema: { type: 'string' } },
  wwwAuthenticate: { description: 'A way in.', schema: { type: 'string' } },
};

/** The headers that a status has besides those of every answer. */
const HEADERS_OF: Readonly<Record<number, readonly [string, string]>> = {
  401: ['WWW-Authenticate', 'wwwAuthenticate'],
  405: ['Allow', 'allow'],
  503: ['Retry-After', 'retryAfter'],
};

const headersOf = (status: number): Json => {
  const own = [
    ['X-Request-Id', 'requestId'],
    ...(HEADERS_OF[status] === undefined ? [] : [HEADERS_OF[status]]),
  ];
  return Object.fromEntries(own.map(([name, ref]) => [name, { $ref: `#/components/headers/${ref}` }]));
};

function pathOf({ method, name }: Route): Json {
  const operation = OPERATIONS[name];
  const { summary, description, security, body } = operation;
  return {
    parameters: [{ $ref: '#/components/parameters/requestId' }],
    [method.toLowerCase()]: {
      operationId: name,
      summary,
      ...(description === undefined ? {} : { description }),
      security: security.map((ways) => Object.fromEntries(ways.map((way) => [way, []]))),
      ...(body === undefined ? {} : { requestBody: bodyOf(body) }),
      responses: responsesOf(operation),
    },
  };
}

const bodyOf = ({ schema, example }: NonNullable<Operation['body']>): Json => ({
  required: true,
  description: 'In UTF-8, uncompressed, 1 MiB at most.',
  content: { 'application/json': { schema: jsonSchema(schema), example } },
});

function responsesOf({ good, refusals }: Operation): Json {
  const content = { schema: good.schema === null ? { type: 'string' } : jsonSchema(good.schema) };
  const answers: Record<number, Json> = {
    [good.status]: {
      description: good.description,
      headers: headersOf(good.status),
      content: { [good.type]: content },
    },
  };
  for (const status of new Set(refusals.map((code) => problemWords(code).status)))
    answers[status] = refusalOf(
      status,
      refusals.filter((code) => problemWords(code).status === status),
    );
  return answers;
}

const refusalOf = (status: number, codes: readonly ProblemCode[]): Json => ({
  description: codes.map((code) => `\`${code}\``).join(', '),
  headers: headersOf(status),
  content: { 'application/problem+json': { schema: jsonSchema(problem(status, codes)) } },
});

/** As a sender writes it, or as it is answered: OpenAPI 3.1 takes JSON Schema 2020-12 as it is. */
function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  return rest;
}
