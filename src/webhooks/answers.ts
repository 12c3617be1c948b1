import { keepsHeadAsText, linesOf } from './at-once.js';
import type { Outcome, Reply, TextReply } from './exchange.js';
import type { Head } from './heads.js';
import { Problem, type ProblemCode } from './problem.js';

/** Answers that are the same each time. */
export interface Answers {
  readonly secureHead: Head;
  /** What of it was written before; null: it is answered as usual. */
  known(outcome: Outcome): Known | null;
}

interface Known {
  readonly length: string;
  readonly lines: string;
  readonly body: string;
}

/** On every answer, beside what helmet sets. */
export const ALWAYS = ['Cache-Control', 'no-store'];
/** A 401 must name a way in (RFC 9110, 11.6.1); of those that notices have, only Basic has a registered name. */
const CHALLENGES: Partial<Record<ProblemCode, string>> = {
  credentials_missing: 'Basic realm="Palier", charset="UTF-8"',
  token_invalid: 'Bearer realm="Palier"',
};
/** What a sender is asked to wait after a 503, seconds. */
const RETRY_AFTER_S = '10';

/** Writes the answers of an app beforehand that are the same each time. */
export function prepareAnswers(secureHead: Head, replies: readonly Reply[]): Answers {
  const known = new Map<Outcome, Known>();
  for (const reply of keepsHeadAsText() ? replies : []) {
    const { type, text: body } = textOf(reply);
    const lines = linesOf([...secureHead, 'Content-Type', type, ...ALWAYS]);
    known.set(reply, { body, lines, length: String(Buffer.byteLength(body)) });
  }
  return { secureHead, known: (outcome) => known.get(outcome) ?? null };
}

/** What a refusal says beside its body. */
export function headOfProblem({ code, status }: Problem): Head {
  const challenge = CHALLENGES[code];
  return [
    ...(status === 503 ? ['Retry-After', RETRY_AFTER_S] : []),
    ...(challenge === undefined ? [] : ['WWW-Authenticate', challenge]),
  ];
}

/** An answer's body, and its kind. */
export function textOf(outcome: Outcome): Pick<TextReply, 'type' | 'text'> {
  if (outcome instanceof Problem) return { type: 'application/problem+json', text: JSON.stringify(outcome) };
  return 'text' in outcome ? outcome : { type: 'application/json', text: JSON.stringify(outcome.body) };
}
