import { readFile, stat } from 'node:fs/promises';
import express, { type Express, type RequestHandler } from 'express';
import type { Config, ConfigFault } from '../../config.js';
import { OTHER_KEY } from '../../platform/redis-faults.js';
import { openPipeline } from '../../workers/pipeline.js';
import { keepObfSamples } from './home/figures.js';
import { OpsProblem, RedisProblem } from './http/problem.js';
import { createServices, openRequest, type Logo, type OpsDeps } from './http/request.js';
import { admit, checkRequest, MAX_ADDRESS, refuse, serve, sayNo } from './http/serve.js';
import { styleSheet } from './parts/style.js';
import { createQueuePages, roleFor } from './queues/board.js';
import type { PageRoute } from './route.js';
import { PAGE_ROUTES } from './routes.js';

/** Whether anybody could sign in; if not, the pages do not exist. */
export const hasOps = ({ opsUsers, ops }: Pick<Config, 'opsUsers' | 'ops'>): boolean =>
  opsUsers.length > 0 || ops.oidc !== null;

/**
 * Opens what the ops pages need: a fail-fast connection, and the pipeline over it without a worker.
 * @param wiring `secrets`: an organisation without its API key there cannot be read from here
 * @returns the pages, and the disposers in order of opening
 */
export function wireOps(wiring: Parameters<typeof openPipeline>[0] & Omit<OpsDeps, 'pipeline'>) {
  const { pipeline, releases } = openPipeline(wiring);
  // From the answer on, the pipeline's clock is Redis' time.
  pipeline.now().catch(() => undefined);
  const handler: RequestHandler = createOpsApp({ ...wiring, pipeline });
  return { handler, releases: [...releases, keepObfSamples(pipeline, wiring.log)] };
}

const MAX_LOGO_BYTES = 256 * 1024;

const LOGO_FAULT: ConfigFault = {
  variable: 'OPS_LOGO',
  fr: 'ce fichier ne peut pas être lu, ou dépasse 256 ko',
  en: 'this file cannot be read, or is over 256 kB',
};

/** Reads `OPS_LOGO`, if set, from the working directory. */
export async function readLogo(
  path: string | null,
): Promise<{ readonly logo: Logo | null; readonly faults: readonly ConfigFault[] }> {
  if (path === null) return { logo: null, faults: [] };
  try {
    if ((await stat(path)).size > MAX_LOGO_BYTES) return { logo: null, faults: [LOGO_FAULT] };
    const type = path.toLowerCase().endsWith('.svg') ? 'image/svg+xml' : 'image/png';
    return { logo: { type, bytes: await readFile(path) }, faults: [] };
  } catch {
    return { logo: null, faults: [LOGO_FAULT] };
  }
}

/** An svg opened by itself runs nothing, and may use its own drawing styles. */
const LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * The ops pages, to be mounted at `/ops`. Opens nothing and listens to nothing.
 * @param routes tests add their own
 */
export function createOpsApp(deps: OpsDeps, routes: readonly PageRoute[] = PAGE_ROUTES): Express {
  const { logo, pipeline, config, isOurs } = deps;
  const services = createServices(deps, navOf(routes));
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('case sensitive routing').enable('strict routing');
  app.set('query parser', false);
  app.set('trust proxy', config.ops.trustProxy);
  app.use((req, res, next) => {
    openRequest(req, res, services);
    next();
  });
  const style = styleSheet(config.ops.colour);
  app.get('/style.css', (_req, res) => void res.type('css').send(style));
  if (logo !== null)
    app.get('/logo', (_req, res) => {
      res.set('Content-Security-Policy', LOGO_POLICY).type(logo.type).send(logo.bytes);
    });
  app.use((req, _res, next) => {
    if (req.originalUrl.length > MAX_ADDRESS) throw new OpsProblem('address_too_long');
    // Under another key nothing reads as what it is.
    if (isOurs?.() === false) throw new RedisProblem(OTHER_KEY);
    next();
  });
  for (const route of routes) app[route.method === 'GET' ? 'get' : 'post'](route.path, ...serve(route));
  for (const path of new Set(routes.map((route) => route.path))) app.all(path, otherMethod(routes, path));
  app.use('/queues', checkRequest, admit('queues', roleFor), createQueuePages(pipeline));
  app.use(sayNo('not_found'));
  app.use(refuse);
  return app;
}

const navOf = (routes: readonly PageRoute[]) => [
  ...routes.flatMap(({ name, path, nav }) =>
    nav === undefined ? [] : [{ name, href: path === '/' ? '/ops' : `/ops${path}`, words: nav }],
  ),
  { name: 'queues', href: '/ops/queues', words: 'Files (experts)' },
];

function otherMethod(routes: readonly PageRoute[], path: string): RequestHandler {
  const allowed = routes
    .filter((route) => route.path === path)
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return (req, res, next) => {
    res.set('Allow', allowed.join(', '));
    return sayNo('method_not_allowed')(req, res, next);
  };
}
