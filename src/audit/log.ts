import { z } from 'zod';
import type { RedisConnection } from '../platform/redis.js';
import { ROWS_A_LIST, type Layout } from './layout.js';
import { APPEND, FORGET, SETTLE, TAKE_BACK } from './scripts.js';

/** How a row is counted: in which month, and under which field there, '' for not at all. */
export interface Counting {
  readonly month: string;
  readonly field: string;
  /** When it is written, Unix milliseconds; null: now, by Redis' clock. */
  readonly writtenMs: number | null;
}

/** Somebody in a row to be: what makes the entry the same one ('': it is of nobody), and how they stand there. */
export interface Part {
  readonly identity: string;
  readonly bytes: Buffer;
}

/** What is done with the rows of the account. A row is its bytes (row.ts) and its number, from 0 on. */
export interface LogWriter {
  /** Adds a row. @returns of each part the row that tells of it: this one, or one that is being written already */
  append(head: Buffer, parts: readonly Part[], counting: Counting): Promise<readonly number[]>;
  /** Each record names its row. @returns of each the row that is to be taken back, null for none */
  settle(
    written: readonly { readonly identity: string; readonly row: number }[],
  ): Promise<readonly (number | null)[]>;
  /** @returns false when the row is not `from` any more */
  takeBack(identity: string, row: number, from: Buffer, to: Buffer, counting: Counting): Promise<boolean>;
  /** @returns false when the row is not `from` any more */
  forget(row: number, from: Buffer, to: Buffer, instead: Buffer): Promise<boolean>;
}

/** What is read of them, in the order of writing. */
export interface LogReader {
  /** Null: there is none of this number. */
  rows(numbers: readonly number[]): Promise<readonly (Buffer | null)[]>;
  /** Those from a number on, before another, in their order; as many as there are. */
  range(from: number, before: number): Promise<readonly Buffer[]>;
  /** How many rows there are. */
  length(): Promise<number>;
}

export type Log = LogWriter & LogReader;

const listOf = (row: number): number => Math.floor(row / ROWS_A_LIST);
const told = z.array(z.number());

export const createLog = (redis: RedisConnection, layout: Layout): Log => ({
  ...writerOf(redis, layout),
  ...readerOf(redis, layout),
});

function writerOf(redis: RedisConnection, layout: Layout): LogWriter {
  const { last, times, pending, months } = layout;
  const onLast = askingTheLast();
  return {
    append: (head, parts, { month, field, writtenMs }) =>
      onLast((at) =>
        APPEND(
          redis,
          [last, layout.rows(at), times, pending, months, layout.issued(month)],
          [
            at,
            writtenMs ?? '',
            month,
            field,
            head,
            ...parts.flatMap(({ identity, bytes }) => [identity, bytes]),
          ],
        ),
      ),
    async settle(written) {
      const args = written.flatMap(({ identity, row }) => [identity, String(row)]);
      const others = told.parse(await SETTLE(redis, [pending], args));
      return others.map((row) => (row < 0 ? null : row));
    },
    async takeBack(identity, row, from, to, { month, field }) {
      const keys = [layout.rows(listOf(row)), pending, layout.issued(month)];
      return (
        (await TAKE_BACK(redis, keys, [identity, String(row), row % ROWS_A_LIST, from, to, field])) === 1
      );
    },
    async forget(row, from, to, instead) {
      const own = layout.rows(listOf(row));
      const [done] = await onLast((at) =>
        FORGET(redis, [last, layout.rows(at), times, own], [at, row % ROWS_A_LIST, from, to, instead]),
      );
      return done === 1;
    },
  };
}

/** Asks of the list that is the last, as far as is known: of another one Redis answers which that is, and nothing else. */
function askingTheLast(): (how: (list: number) => Promise<unknown>) => Promise<readonly number[]> {
  let list = 0;
  return async (how) => {
    for (;;) {
      const [now = 0, ...answer] = told.parse(await how(list));
      list = now;
      if (answer.length > 0) return answer;
    }
  };
}

const readerOf = (redis: RedisConnection, layout: Layout): LogReader => ({
  rows: (numbers) =>
    Promise.all(numbers.map((row) => redis.lindexBuffer(layout.rows(listOf(row)), row % ROWS_A_LIST))),
  async range(from, before) {
    const found: Promise<readonly Buffer[]>[] = [];
    for (let at = listOf(from); at * ROWS_A_LIST < before; at += 1) {
      const first = Math.max(0, from - at * ROWS_A_LIST);
      const end = Math.min(ROWS_A_LIST, before - at * ROWS_A_LIST) - 1;
      found.push(redis.lrangeBuffer(layout.rows(at), first, end));
    }
    return (await Promise.all(found)).flat();
  },
  async length() {
    const at = Number((await redis.get(layout.last)) ?? 0);
    return at * ROWS_A_LIST + (await redis.llen(layout.rows(at)));
  },
});
