import type { ClientId } from '../ids.js';
import type { HttpReply } from './http.js';

/** One call that left for OBF, as it ended; nothing of what was in it. */
export interface CallMade {
  /** As which client; null: as nobody, what OBF publishes was read. */
  readonly clientId: ClientId | null;
  /** As errors name it, e.g. `GET event`. */
  readonly route: string;
  /** Null: no whole answer came. */
  readonly status: number | null;
  /** From its leaving to its answer: not the wait for its place in the line. */
  readonly durationMs: number;
}

/** Told of each call. May not throw: a call that was made has been made. */
export type Report = (call: CallMade) => void;

export const nobody: Report = () => undefined;

/** Makes the call and tells how it ended. @throws what `send` throws */
export async function reported(
  report: Report,
  about: Pick<CallMade, 'clientId' | 'route'>,
  send: () => Promise<HttpReply>,
): Promise<HttpReply> {
  const startedMs = performance.now();
  const end = (status: number | null): void =>
    report({ ...about, status, durationMs: performance.now() - startedMs });
  try {
    const reply = await send();
    end(reply.status);
    return reply;
  } catch (error) {
    end(null);
    throw error;
  }
}
