/**
 * Writes docs/openapi.json (OpenAPI 3.1) from openapi.yaml, the route table and the schemas: `npm run docs:openapi`.
 * With `--check` it fails when the file is not up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROUTES, type Route } from '../src/webhooks/app.js';
import {
  EVENT_TYPES,
  eventData,
  MAX_ADDRESS_LENGTH,
  MAX_URLS,
  MAX_URL_LENGTH,
  MAX_URLS_EACH,
} from '../src/webhooks/notices.js';
import { PROBLEMS, type ProblemCode } from '../src/webhooks/problems.js';

const FILE = 'docs/openapi.json';
type Json = Readonly<Record<string, unknown>>;

const problemCode = z.custom<ProblemCode>(
  (code) => typeof code === 'string' && Object.hasOwn(PROBLEMS, code),
);
const operation = z.strictObject({
  summary: z.string(),
  description: z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  example: z.unknown().optional(),
  good: z.tuple([z.number(), z.string()]),
  refusals: z.array(z.array(problemCode)),
});
const words = z.strictObject({
  document: z.looseObject({ openapi: z.string(), info: z.looseObject({}) }),
  operations: z.record(z.enum(['webhooks', 'passport', 'health', 'ready', 'metrics']), operation),
});

const event = z
  .looseObject({ type: z.enum([...EVENT_TYPES.keys()]), data: eventData })
  .describe('Something happened to this event of this client. Other keys are left alone.');
const knownTypes = [...EVENT_TYPES.keys()].map((type) => type.replaceAll('.', '\\.')).join('|');
const otherEvent = z
  .looseObject({ type: z.string().regex(new RegExp(`^(?!(${knownTypes})$)`)) })
  .describe('An event of a type that means nothing to Palier: it is ignored, with a good answer.');
const address = z
  .string()
  .max(MAX_ADDRESS_LENGTH)
  .regex(/^[^\s@]+@[^\s@]+$/);
const url = z
  .url()
  .regex(/^https?:\/\//)
  .max(MAX_URL_LENGTH);
const push = z.record(address, z.array(url).min(1).max(MAX_URLS_EACH)).meta({
  minProperties: 1,
  maxProperties: MAX_URLS,
  description:
    'These people have credentials there: e-mail address -> URLs of assertions, 5000 in all, at least one of ' +
    'them at the Open Badge Factory that is in use.',
});
const status = (value: string) => z.strictObject({ status: z.literal(value) });
const reason = z
  .enum(['unknown_client', 'unknown_type'])
  .describe('The client takes no part, or the type is none that Palier knows.');
const ignored = z.strictObject({ status: z.literal('ignored'), reason });

/** What comes in, and what a good answer holds; null: text that is no JSON. */
const SCHEMAS: Readonly<
  Record<Route['name'], { readonly body?: z.ZodType; readonly good: z.ZodType | null }>
> = {
  webhooks: { body: z.union([event, push, otherEvent]), good: z.union([status('accepted'), ignored]) },
  passport: { body: push, good: z.strictObject({ success: z.literal(true) }) },
  health: { good: status('ok') },
  ready: { good: status('ready') },
  metrics: { good: null },
};

function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  return rest;
}

/** Response headers by status, besides X-Request-Id. */
const HEADERS = new Map([
  [401, ['WWW-Authenticate', 'wwwAuthenticate']],
  [405, ['Allow', 'allow']],
  [503, ['Retry-After', 'retryAfter']],
]);
const answer = (code: number, description: string, type: string, schema: Json): Json => {
  const names = [['X-Request-Id', 'requestId'], HEADERS.get(code) ?? []].filter(({ length }) => length > 0);
  const headers = Object.fromEntries(
    names.map(([name, ref]) => [name, { $ref: `#/components/headers/${ref}` }]),
  );
  return { description, headers, content: { [type]: { schema } } };
};

function refusalOf(code: number, codes: readonly ProblemCode[]): Json {
  const schema = z.strictObject({
    type: z.literal('about:blank'),
    title: z.literal(STATUS_CODES[code] ?? ''),
    status: z.literal(code),
    code: z.enum(codes).describe(codes.map((one) => `${one}: ${PROBLEMS[one].detail}`).join(' ')),
    detail: z.string().describe('For people: what to do.'),
    field: z
      .string()
      .optional()
      .describe(
        'The field at fault; of a push by position, since its keys are addresses; `$`: the whole body.',
      ),
  });
  const description = codes.map((one) => `\`${one}\``).join(', ');
  return answer(code, description, 'application/problem+json', jsonSchema(schema));
}

function pathOf({ method, name }: Route, said: z.infer<typeof operation>): Json {
  const { example, good, refusals, summary, description, security } = said;
  const { body, good: schema } = SCHEMAS[name];
  const codes = refusals.flat();
  const statuses = [...new Set(codes.map((one) => PROBLEMS[one].status))];
  const requestBody = body && {
    required: true,
    description: 'In UTF-8, uncompressed, 1 MiB at most.',
    content: { 'application/json': { schema: jsonSchema(body), example } },
  };
  const accepted =
    schema === null
      ? answer(...good, 'text/plain; version=0.0.4; charset=utf-8', { type: 'string' })
      : answer(...good, 'application/json', jsonSchema(schema));
  const refused = statuses.map((one) => [
    one,
    refusalOf(
      one,
      codes.filter((code) => PROBLEMS[code].status === one),
    ),
  ]);
  return {
    parameters: [{ $ref: '#/components/parameters/requestId' }],
    [method.toLowerCase()]: {
      operationId: name,
      summary,
      description,
      security,
      requestBody,
      responses: Object.fromEntries([[good[0], accepted], ...refused]),
    },
  };
}

const { document, operations } = words.parse(parse(readFileSync('scripts/openapi.yaml', 'utf8')));
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));
const paths = Object.fromEntries(ROUTES.map((route) => [route.path, pathOf(route, operations[route.name])]));
const whole = { ...document, info: { ...document.info, version }, paths };
const written = await format(JSON.stringify(whole), { ...(await resolveConfig(FILE)), parser: 'json' });
if (!process.argv.includes('--check')) writeFileSync(FILE, written);
else if (readFileSync(FILE, 'utf8') !== written)
  throw new Error(`${FILE} is not up to date: npm run docs:openapi writes it`);
