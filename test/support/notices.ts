import { postNotice, type Notice } from '../../src/sandbox/webhooks.js';
import { until } from './until.js';

/**
 * Posts a notice until it is taken or refused, as senders do. A door answers 503 when Redis, or its own process, stands
 * still for two seconds. @returns the status, never 503
 */
export const postUntilTaken = (url: string, notice: Notice): Promise<number> =>
  until(async () => {
    const status = await postNotice(url, notice);
    return status !== 503 && status;
  }, `answer from ${url} but 503`);
