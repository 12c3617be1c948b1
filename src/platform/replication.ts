/** What a server says of its part in replication. @see https://redis.io/docs/latest/commands/info/ */
export interface Replication {
  /** False: it does not say. */
  readonly isTold: boolean;
  readonly isReplica: boolean;
  /** Replicas that follow it now. */
  readonly online: number;
  /** Names its data's history: another one since it became the master, or was started anew; '' when not told. */
  readonly history: string;
}

/** Enough of an id of 40 digits to tell it from others. */
const ID_CHARS = 12;

/** Pure. @param text the answer to `INFO replication`; '' where that is forbidden */
export function parseReplication(text: string): Replication {
  const [, id = ''] = /^master_replid:(\w+)/m.exec(text) ?? [];
  return {
    isTold: id !== '',
    isReplica: /^role:slave/m.test(text),
    online: [...text.matchAll(/^slave\d+:.*\bstate=online\b/gm)].length,
    history: id.slice(0, ID_CHARS),
  };
}
