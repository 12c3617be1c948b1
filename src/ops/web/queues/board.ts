import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { RequestHandler } from 'express';
import { QUEUES } from '../../../queue/jobs.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { HIDDEN, maskedData, shownText } from '../../shared/masked.js';
import { QUEUE_WORDS } from '../../shared/failed-jobs.js';
import { QuietAdapter } from './adapter.js';
import { cleanBody } from './clean-body.js';
import { BOARD } from './words.js';

export const BOARD_PATH = '/ops/queues';

/**
 * bull-board over the queues, which reads and never writes.
 * @param mayRetry whether its buttons to try again are shown; who handles them is not the board
 */
export function createBoard({ queues }: Pick<Pipeline, 'queues'>, mayRetry: boolean): RequestHandler {
  const serverAdapter = new QuietAdapter();
  serverAdapter.setBasePath(BOARD_PATH);
  createBullBoard({
    queues: QUEUES.map((name) => maskedQueue(queues, name, mayRetry)),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: BOARD.title,
        locale: { lng: 'fr-FR' },
        miscLinks: [
          { text: BOARD.home, url: '/ops' },
          { text: BOARD.failures, url: '/ops/echecs' },
        ],
        hideDocsLink: true,
        hideRedisDetails: true,
      },
      handlerHooks: {
        before: ({ method }) => ({ allow: method === 'get' }),
        after: (_, result) => ({ ...result, body: cleanRecord(result.body) }),
      },
    },
  });
  const router: unknown = serverAdapter.getRouter();
  if (!isHandler(router)) throw new TypeError('bull-board has no handler');
  return router;
}

function maskedQueue(
  queues: Pipeline['queues'],
  name: (typeof QUEUES)[number],
  mayRetry: boolean,
): BullMQAdapter {
  const adapter = new BullMQAdapter(queues[name], {
    readOnlyMode: !mayRetry,
    allowRetries: mayRetry,
    displayName: QUEUE_WORDS[name].fr,
    description: name,
  });
  adapter.setFormatter('data', maskedData);
  adapter.setFormatter('returnValue', (value: unknown) => (value === null ? null : HIDDEN));
  adapter.setFormatter('progress', (value: unknown) => (typeof value === 'number' ? value : HIDDEN));
  adapter.setFormatter('name', ({ name: of }: { readonly name: string }) => shownText(of));
  return adapter;
}

const cleanRecord = (body: unknown): Record<string, unknown> => {
  const clean = cleanBody(body);
  return typeof clean === 'object' && clean !== null && !Array.isArray(clean)
    ? Object.fromEntries(Object.entries(clean))
    : {};
};

const isHandler = (value: unknown): value is RequestHandler => typeof value === 'function';
