import { STATUS_CODES } from 'node:http';

/**
 * Every refusal, by its stable code. `detail` is for people who set up a sender: it says what to do, and shows no
 * internals.
 */
export const PROBLEMS = {
  json_invalid: { status: 400, detail: 'The body is not JSON in UTF-8.' },
  request_aborted: { status: 400, detail: 'The request ended before its body did.' },
  token_invalid: { status: 401, detail: 'Send the token of this address: Authorization: Bearer ...' },
  credentials_missing: {
    status: 401,
    detail: 'Sign the request (Standard Webhooks) or send HTTP Basic credentials.',
  },
  signature_invalid: { status: 403, detail: 'No signature of this body matches a secret known here.' },
  signature_stale: { status: 403, detail: 'webhook-timestamp is more than 300 seconds from now.' },
  basic_invalid: { status: 403, detail: 'These credentials are not known here.' },
  not_found: { status: 404, detail: 'Nothing is served at this address.' },
  method_not_allowed: { status: 405, detail: 'Another method is expected: see Allow.' },
  payload_too_large: { status: 413, detail: 'A body may hold 1 MiB (1048576 bytes).' },
  media_type_unsupported: { status: 415, detail: 'Content-Type must be application/json, in UTF-8.' },
  encoding_unsupported: { status: 415, detail: 'The body may not be compressed.' },
  body_unknown: {
    status: 422,
    detail: 'Neither { type, data } nor { "<address>": ["<assertion URL>", ...] }.',
  },
  field_missing: { status: 422, detail: 'A field is missing.' },
  field_invalid: { status: 422, detail: 'A field is of the wrong kind.' },
  too_many: { status: 422, detail: 'At most 5000 addresses, 100 URLs for each, 5000 URLs in all.' },
  url_not_obf: { status: 422, detail: 'None of the URLs is at the Open Badge Factory that is in use here.' },
  internal: { status: 500, detail: 'Something went wrong here; the request may be sent again.' },
  too_busy: { status: 503, detail: 'Too many large bodies are being read: send it again later.' },
  try_again: { status: 503, detail: 'The notice could not be stored in time: send it again later.' },
  key_changed: { status: 503, detail: 'PALIER_KEY is not the one that Redis was filled under.' },
  not_ready: { status: 503, detail: 'Not ready to take notices.' },
  metrics_unavailable: { status: 503, detail: 'The figures cannot be read now.' },
} as const satisfies Record<string, { readonly status: number; readonly detail: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** A 401 must name a scheme (RFC 9110, 11.6.1). For notices, only Basic is a registered one. */
const CHALLENGES: Partial<Record<ProblemCode, string>> = {
  credentials_missing: 'Basic realm="Palier", charset="UTF-8"',
  token_invalid: 'Bearer realm="Palier"',
};
const RETRY_AFTER_S = '10';

/** One refusal, as a value: a step returns it, and the request ends there. */
export class Problem {
  readonly status: number;

  /** @param field the field at fault, by position where its name would be an address; `$` is the whole body */
  constructor(
    readonly code: ProblemCode,
    readonly field?: string,
  ) {
    this.status = PROBLEMS[code].status;
  }

  /** The response headers that this refusal adds, names and values in turn. */
  get headers(): readonly string[] {
    const challenge = CHALLENGES[this.code];
    return [
      ...(this.status === 503 ? ['Retry-After', RETRY_AFTER_S] : []),
      ...(challenge === undefined ? [] : ['WWW-Authenticate', challenge]),
    ];
  }

  /** `application/problem+json` (RFC 9457). With `about:blank` the title is the status text; `code` names the case. */
  toJSON(): Record<string, unknown> {
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status],
      status: this.status,
      code: this.code,
      detail: PROBLEMS[this.code].detail,
      ...(this.field === undefined ? {} : { field: this.field }),
    };
  }
}
