import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { AppViewRoute, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { QUEUES, type QueueName } from '../../../queue/jobs.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { QUEUE_WORDS } from '../failures/jobs.js';
import { HIDDEN, maskedData, shownText } from '../../shared/masked.js';

/**
 * bull-board over the queues, in French, as it does not speak both languages; it reads and never writes.
 * @param mayRetry whether its retry buttons are shown; the mount handles them, not the board
 */
export function createBoard({ queues }: Pick<Pipeline, 'queues'>, mayRetry: boolean): RequestHandler {
  const serverAdapter = new QuietAdapter();
  serverAdapter.setBasePath('/ops/queues');
  createBullBoard({
    queues: QUEUES.map((name) => maskedQueue(queues, name, mayRetry)),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'Palier, files',
        locale: { lng: 'fr-FR' },
        miscLinks: [
          { text: 'Accueil', url: '/ops' },
          { text: 'Échecs', url: '/ops/echecs' },
        ],
        hideDocsLink: true,
        hideRedisDetails: true,
      },
      handlerHooks: {
        before: ({ method }) => ({ allow: method === 'get' }),
        after: (_, result) => ({ ...result, body: redacted(result.body) }),
      },
    },
  });
  const router: unknown = serverAdapter.getRouter();
  if (!isHandler(router)) throw new TypeError('bull-board has no handler');
  return router;
}

const isHandler = (value: unknown): value is RequestHandler => typeof value === 'function';

function maskedQueue(queues: Pipeline['queues'], name: QueueName, mayRetry: boolean): BullMQAdapter {
  const adapter = new BullMQAdapter(queues[name], {
    readOnlyMode: !mayRetry,
    allowRetries: mayRetry,
    displayName: QUEUE_WORDS[name],
    description: name,
  });
  adapter.setFormatter('data', maskedData);
  adapter.setFormatter('returnValue', (value: unknown) => (value === null ? null : HIDDEN));
  adapter.setFormatter('progress', (value: unknown) => (typeof value === 'number' ? value : HIDDEN));
  adapter.setFormatter('name', ({ name: of }: { readonly name: string }) => shownText(of));
  return adapter;
}

/** A stack trace is the longest text that people read. */
const MAX_CHARS = 4000;

/** An answer without the addresses that a reason, a trace or anything else may hold. */
const redacted = (body: unknown): Record<string, unknown> =>
  z
    .record(z.string(), z.unknown())
    .parse(
      JSON.parse(JSON.stringify(body ?? {}), (_, value: unknown) =>
        typeof value === 'string' ? shownText(value, MAX_CHARS) : value,
      ),
    );

const LINK_OUT = /<link\b[^>]*\bhref="https?:[^>]*>/g;
const NO_SCRIPT =
  '<noscript><p>Cette page a besoin de JavaScript. <a href="/ops/echecs">Les échecs</a> s’en passent.</p></noscript>';

/** bull-board's server side without links to other sites, and without our inside in its errors. */
class QuietAdapter extends ExpressAdapter {
  constructor() {
    super();
    this.app.disable('x-powered-by').disable('etag');
  }

  /** Its errors would carry Redis' own words. */
  override setErrorHandler(_handler: (error: Error) => ControllerHandlerReturnType): this {
    return super.setErrorHandler(() => ({
      status: 500,
      body: { error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' } },
    }));
  }

  /** Its page, in French, without the fonts that it would fetch elsewhere. */
  override setEntryRoute(entry: AppViewRoute): ExpressAdapter {
    this.app.get(entry.route, (_req, res, next) => {
      const { name, params } = entry.handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      res.render(name, params, (error: unknown, html: string) => {
        if (error !== null && error !== undefined) next(error);
        else res.type('html').send(quiet(html));
      });
    });
    return this;
  }
}

const quiet = (html: string): string =>
  html
    .replace('<html lang="en"', '<html lang="fr"')
    .replaceAll(LINK_OUT, '')
    .replace('<div id="root">', `${NO_SCRIPT}<div id="root">`);
