import type { ChainableCommander, Redis } from 'ioredis';
import { countingOf, causeWords } from '../src/audit/writing.js';
import { layoutOf, ROWS_A_LIST } from '../src/audit/layout.js';
import { encodeNote } from '../src/audit/notes.js';
import { encodeRow } from '../src/audit/row.js';
import { ROWS_A_TIME } from '../src/audit/scripts.js';
import { sortWord } from '../src/audit/sort.js';
import { createWords, wordNumberOf } from '../src/audit/words.js';
import type { AuditEntry } from '../src/audit/types.js';
import { AWARDS, madeUpAccount } from './memory-people.js';

/** The days of which zone are counted. */
const ZONE = 'Europe/Paris';

/** The rows of a class, one an award: of a Redis in which nothing else was written. */
export const rowsOfClass = (nth: number): readonly number[] =>
  AWARDS.map((_, at) => nth * AWARDS.length + at);

/** Writes rows as the account does, without asking first what is known: of a Redis that was just emptied. */
export interface AccountFilling {
  /** @param nth the how manieth class */
  write(nth: number, writing: ChainableCommander): void;
  /** Enters what the numbers in it stand for. */
  end(): Promise<void>;
}

export function accountFilling(redis: Redis, prefix: string): AccountFilling {
  const layout = layoutOf(prefix);
  const [words, months] = [new Set<string>(), new Set<string>()];
  const writeRow = (row: number, batch: readonly AuditEntry[], writing: ChainableCommander): void => {
    const [first] = batch;
    if (first === undefined) return;
    const list = Math.floor(row / ROWS_A_LIST);
    if (list > 0 && row % ROWS_A_LIST === 0) writing.set(layout.last, list);
    const earners = batch.flatMap(({ earner }) => earner ?? []);
    const bytes = encodeRow({ ...first, sort: wordNumberOf(sortWord(first)), earners, told: null });
    writing.rpush(layout.rows(list), bytes);
    const { month, field } = countingOf(first, ZONE);
    // Of the next one ahead of time, and of each month's first: scripts.ts.
    const [nth, nowMs] = [row % ROWS_A_TIME, Date.now()];
    if (nth === 0 || !months.has(month))
      writing.zadd(layout.times, nowMs, row, nowMs, row - nth + ROWS_A_TIME);
    months.add(month);
    writing.hsetnx(layout.months, month, row).hincrby(layout.issued(month), field, batch.length);
    if (first.event !== null) writing.hset(layout.given(first.event), first.event, row);
    words.add(sortWord(first)).add(causeWords(first) ?? '');
  };
  return {
    write(nth, writing) {
      const rows = rowsOfClass(nth);
      for (const [at, batch] of madeUpAccount(nth).entries()) writeRow(rows[at] ?? 0, batch, writing);
    },
    end: () => createWords(redis, layout.words).enter(words),
  };
}

/**
 * What is in somebody's record of the batches that they were in.
 * @param at the how manieth of the class. @param rows that of each batch
 */
export const notesOf = (
  at: number,
  batches: readonly (readonly AuditEntry[])[],
  rows: readonly number[],
): Buffer =>
  Buffer.concat(
    batches.flatMap((batch, nth) => {
      const entry = batch[at];
      if (entry === undefined || entry.earner === null) return [];
      const { earner, assertions, detail } = entry;
      return [encodeNote({ row: rows[nth] ?? 0, assertions, detail, cause: causeOf(entry) }, earner)];
    }),
  );

const causeOf = ({ cause }: AuditEntry) => {
  const words = causeWords({ cause });
  return cause === null || words === null
    ? null
    : { words: numberOf(words), rest: cause.slice(words.length + 1) };
};

const numbers = new Map<string, number>();
function numberOf(word: string): number {
  const number = numbers.get(word) ?? wordNumberOf(word);
  numbers.set(word, number);
  return number;
}
