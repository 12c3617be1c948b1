import type { AppViewRoute, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';

const LINK_OUT = /<link\b[^>]*\bhref="https?:[^>]*>/g;

/** Shown where there is no script: the board is nothing without. */
const NO_SCRIPT =
  '<noscript><p>Cette page a besoin de JavaScript. <a href="/ops/echecs">Les échecs</a> s’en passent.</p></noscript>';

/** bull-board's own server side, with what it has of other sites and of our inside left out. */
export class QuietAdapter extends ExpressAdapter {
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
