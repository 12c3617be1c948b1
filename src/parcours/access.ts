import { createHash, randomBytes } from 'node:crypto';
import { UnrecoverableError } from 'bullmq';
import { ipKeyGenerator } from 'express-rate-limit';
import { h, type ComponentChild, type VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { z } from 'zod';
import type { ParcoursConfig } from '../config.js';
import type { Tombstone } from '../earners/record.js';
import { createEarnerStore } from '../earners/store.js';
import { asEarnerKey, type EarnerKey } from '../ids.js';
import { openSealed } from '../ops/shared/browser.js';
import { createRedisClock, type RedisTime } from '../platform/clock.js';
import { createMailer, MailError, type Mail } from '../platform/mailer.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Vault } from '../platform/vault.js';

/** How long a link may be used, and a session lasts, milliseconds. */
export const ACCESS_MS = 30 * 60_000;
const HOUR_S = 3600;
/** How often an hour a link may be asked for. */
const PER_ADDRESS = 3;
const PER_NETWORK = 20;

export interface ParcoursGrant {
  readonly earner: EarnerKey;
  /** When it was made, Unix seconds: an erasure after that ends it. */
  readonly sinceS: number;
}

const form = z
  .tuple([z.string().transform(asEarnerKey), z.number().int()])
  .transform(([earner, sinceS]): ParcoursGrant => ({ earner, sinceS }));
type Kind = 'link' | 'session';
const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

export const isErasedSince = ({ sinceS }: ParcoursGrant, tombstone: Tombstone | null): boolean =>
  tombstone !== null && tombstone.erasedAtS >= sinceS;

/**
 * Links and sessions of the earner's own pages, in Redis for all processes. Every call may reject without Redis.
 * Tokens are 32 random bytes, of which Redis holds a hash; what it stands for is sealed, bound to that hash: a reader of
 * Redis gets in nowhere, and a writer plants nothing.
 * @param now the clock by which erasures are dated, too
 */
export function createAccess(redis: RedisConnection, prefix: string, vault: Vault, now: RedisTime) {
  const keyOf = (kind: Kind, hash: string): string => `${prefix}:parcours:${kind}:{${hash}}`;
  const newestKey = (earner: EarnerKey): string => `${prefix}:parcours:newest:{${earner}}`;

  async function put(kind: Kind, earner: EarnerKey): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const hash = hashOf(token);
    const sinceS = Math.floor((await now()) / 1000);
    const sealed = vault.seal(JSON.stringify([earner, sinceS]), `parcours ${kind} ${hash}`);
    await redis.set(keyOf(kind, hash), sealed, 'PX', ACCESS_MS);
    return token;
  }
  /** Null for what is not there, was not sealed here, or was moved to another name. */
  const open = (kind: Kind, hash: string, sealed: string | null): ParcoursGrant | null =>
    openSealed(vault, sealed, `parcours ${kind} ${hash}`, form);
  /** Fixed hours: who waits for the next one may ask again. */
  async function count(of: string): Promise<number> {
    const key = `${prefix}:parcours:asked:{${of}}`;
    const [counted] = (await redis.multi().incr(key).expire(key, HOUR_S, 'NX').exec()) ?? [];
    return Number(counted?.[1] ?? Infinity);
  }

  return {
    /** Counts a request for a link. False: this address or this network has asked too often in this hour. */
    async mayAsk(earner: EarnerKey, ip: string): Promise<boolean> {
      const network = vault.fingerprint(ipKeyGenerator(ip, 64), 'parcours network');
      const [address, all] = await Promise.all([count(earner), count(network)]);
      return address <= PER_ADDRESS && all <= PER_NETWORK;
    },
    /** Makes the token of a link. An earlier one of this address opens nothing any more. */
    async issueToken(earner: EarnerKey): Promise<string> {
      const token = await put('link', earner);
      await redis.set(newestKey(earner), hashOf(token), 'PX', ACCESS_MS);
      return token;
    },
    /** Uses a token up. Null: it is unknown, used, late, or not the newest. */
    async redeemToken(token: string): Promise<ParcoursGrant | null> {
      const hash = hashOf(token);
      const grant = open('link', hash, await redis.getdel(keyOf('link', hash)));
      if (grant === null || (await redis.get(newestKey(grant.earner))) !== hash) return null;
      return grant;
    },
    /** Resolves with the cookie's value. */
    startSession: (earner: EarnerKey): Promise<string> => put('session', earner),
    async findSession(cookie: string | null): Promise<ParcoursGrant | null> {
      if (cookie === null) return null;
      const hash = hashOf(cookie);
      return open('session', hash, await redis.get(keyOf('session', hash)));
    },
    async endSession(cookie: string | null): Promise<void> {
      if (cookie !== null) await redis.del(keyOf('session', hashOf(cookie)));
    },
  };
}

interface LinkSending {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly vault: Vault;
  /** The scheme's name. */
  readonly scheme: string;
  readonly parcours: Pick<ParcoursConfig, 'smtpUrl' | 'from' | 'publicUrl'>;
}

/** Sends people the link to their page, over a connection that stays the caller's. */
export function openLinkSender({ redis, prefix, vault, scheme, parcours }: LinkSending) {
  const mailer = createMailer(parcours);
  const earners = createEarnerStore(redis, prefix, vault);
  const access = createAccess(redis, prefix, vault, createRedisClock(redis, prefix).now);
  return {
    /**
     * Sends it to the address that it was asked for. Somebody unknown is sent nothing. A second run sends a second mail,
     * whose link replaces the first.
     * @returns whether anything was sent
     * @throws UnrecoverableError when the server refuses for good; MailError when it is worth another try
     */
    send: async (earner: EarnerKey): Promise<boolean> => {
      const { contact } = await earners.read(earner);
      if (contact === null) return false;
      const token = await access.issueToken(earner);
      const link = `${parcours.publicUrl}/parcours/ouvrir?jeton=${token}`;
      try {
        await mailer.send(linkMail(contact.address, link, scheme));
      } catch (error) {
        if (error instanceof MailError && error.isFinal) throw new UnrecoverableError(error.message);
        throw error;
      }
      return true;
    },
    close: (): void => mailer.close(),
  };
}

const paragraph = (content: ComponentChild): VNode => h('p', null, content);

/** Pure. The mail with the link, in French. @param link opens the pages once */
function linkMail(to: string, link: string, scheme: string): Mail {
  const before = [
    'Bonjour,',
    `Vous avez demandé à voir où vous en êtes dans « ${scheme} ».`,
    'Pour ouvrir votre page, suivez ce lien, puis appuyez sur le bouton :',
  ];
  const after = [
    'Ce lien marche une seule fois, pendant 30 minutes.',
    "Si vous n'avez rien demandé, vous pouvez oublier ce message : personne d'autre ne voit votre page.",
  ];
  const paragraphs = [...before, h('a', { href: link }, 'Ouvrir ma page'), ...after].map(paragraph);
  const html = renderToString(h('html', { lang: 'fr' }, h('body', null, paragraphs)));
  const text = [...before, link, ...after].join('\n\n');
  return { to, subject: 'Votre lien pour voir vos badges', text, html: `<!doctype html>${html}` };
}
