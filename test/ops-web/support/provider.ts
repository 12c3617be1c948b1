import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { until } from '../../support/until.js';
import type { Browser, Reply } from './browser.js';

/** Where browsers are sent back to, in the place of a web process whose port is not known yet. */
export const BACK = 'http://127.0.0.1:1';

export interface ProviderSettings {
  readonly redirectUrl: string;
  readonly signOutUrl: string;
  /** By what they type to sign in, which is their `sub` as well. */
  readonly people: Readonly<Record<string, { readonly email?: string; readonly email_verified?: unknown }>>;
}

export interface RunningProvider {
  readonly issuer: string;
  /** Once it is known where the browser is sent back to. */
  configure(settings: ProviderSettings): Promise<void>;
  stop(): Promise<void>;
}

/** npm's oidc-provider, which is an ES module alone: hence a process. */
export async function startProvider(): Promise<RunningProvider> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', resolve('test/ops-web/support/provider-process.ts')],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let text = '';
  child.stdout.on('data', (part) => (text += String(part)));
  child.stderr.on('data', (part) => (text += String(part)));
  const [, port = ''] = await until(() => /port (\d+)\n/.exec(text), 'a provider');
  return {
    issuer: `http://127.0.0.1:${port}`,
    async configure(settings) {
      child.stdin.write(`${JSON.stringify(settings)}\n`);
      await until(() => text.includes('ready\n'), `a provider that is ready; it said: ${text}`);
    },
    async stop() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/**
 * What somebody does at the provider: sign in there, and consent; resolves with the answer that sends the
 * browser back to us, whose address has not been asked for yet.
 */
export async function signInThere(browser: Browser, sentOff: Reply, login: string): Promise<Reply> {
  const form = await browser.follow(sentOff);
  let reply = await browser.post(new URL(actionOf(form), form.url).href, {
    prompt: 'login',
    login,
    password: 'any',
  });
  for (let step = 0; step < 6 && !reply.location.startsWith(BACK); step += 1)
    reply =
      reply.location === ''
        ? await browser.post(new URL(actionOf(reply), reply.url).href, { prompt: 'consent' })
        : await browser.get(new URL(reply.location, reply.url).href);
  return reply;
}

function actionOf({ html }: Reply): string {
  const [, action] = /<form[^>]+action="([^"]+)"/.exec(html) ?? [];
  if (action === undefined) throw new Error(`There is no form on this page: ${html.slice(0, 500)}`);
  return action;
}
