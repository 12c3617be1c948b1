import { type QueueName, QUEUES } from '../../../queue/jobs.js';

/** What somebody asks the dashboard to send again. */
export interface AskedThere {
  readonly queue: QueueName;
  /** Null: all that failed in it. */
  readonly job: string | null;
}

const ALL = /^\/api\/queues\/([^/]+)\/retry\/failed$/;
const ONE = /^\/api\/queues\/([^/]+)\/([^/]+)\/retry$/;

/** The two writes that are let through, read from method and path (below the mount's); null: any other. */
export function askedThere(method: string, path: string): AskedThere | null {
  if (method !== 'PUT') return null;
  const [all, one] = [ALL.exec(path), ONE.exec(path)];
  const queue = QUEUES.find((name) => name === (all ?? one)?.[1]);
  if (queue === undefined) return null;
  if (all !== null) return { queue, job: null };
  const job = decoded(one?.[2] ?? '');
  return job === null ? null : { queue, job };
}

/** Null: it is not UTF-8. */
function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
