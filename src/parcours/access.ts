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

/** The lifetime of a link, and of a session, milliseconds. */
export const ACCESS_MS = 30 * 60_000;
const HOUR_S = 3600;
/** The limits of requests for a link, an hour. */
const MAX_PER_ADDRESS = 3;
const MAX_PER_NETWORK = 20;

export interface ParcoursGrant {
  readonly earner: EarnerKey;
  /** Unix seconds. A later erasure ends the grant. */
  readonly sinceS: number;
}

const grantSchema = z
  .tuple([z.string().transform(asEarnerKey), z.number().int()])
  .transform(([earner, sinceS]): ParcoursGrant => ({ earner, sinceS }));
type Kind = 'link' | 'session';
const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

export const isErasedSince = ({ sinceS }: ParcoursGrant, tombstone: Tombstone | null): boolean =>
  tombstone !== null && tombstone.erasedAtS >= sinceS;

/**
 * Links and sessions of the earner's own pages, in Redis for all processes. Every call rejects when Redis is away.
 * A token is 32 random bytes. Redis holds its hash, and the grant sealed and bound to that hash. Reading Redis gives no
 * access, and writing to Redis adds none.
 * @param now the clock that also dates erasures
 */
export function createAccess(redis: RedisConnection, prefix: string, vault: Vault, now: RedisTime) {
  const keyOf = (kind: Kind, hash: string): string => `${prefix}:parcours:${kind}:{${hash}}`;
  const newestKey = (earner: EarnerKey): string => `${prefix}:parcours:newest:{${earner}}`;

  /** Stores a grant, and resolves with its token. */
  async function putGrant(kind: Kind, earner: EarnerKey): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const hash = hashOf(token);
    const sinceS = Math.floor((await now()) / 1000);
    const sealed = vault.seal(JSON.stringify([earner, sinceS]), `parcours ${kind} ${hash}`);
    await redis.set(keyOf(kind, hash), sealed, 'PX', ACCESS_MS);
    return token;
  }
  /** Null: there is no grant, it was not sealed here, or it was copied to another key. */
  const openGrant = (kind: Kind, hash: string, sealed: string | null): ParcoursGrant | null =>
    openSealed(vault, sealed, `parcours ${kind} ${hash}`, grantSchema);
  /** Counts in a fixed window: the first request starts an hour. */
  async function countRequest(requester: string): Promise<number> {
    const key = `${prefix}:parcours:asked:{${requester}}`;
    const [counted] = (await redis.multi().incr(key).expire(key, HOUR_S, 'NX').exec()) ?? [];
    return Number(counted?.[1] ?? Infinity);
  }

  return {
    /** Counts a request for a link. False: this address or this network is over its limit. */
    async mayAsk(earner: EarnerKey, ip: string): Promise<boolean> {
      const network = vault.fingerprint(ipKeyGenerator(ip, 64), 'parcours network');
      const [ofAddress, ofNetwork] = await Promise.all([countRequest(earner), countRequest(network)]);
      return ofAddress <= MAX_PER_ADDRESS && ofNetwork <= MAX_PER_NETWORK;
    },
    /** Makes the token of a link. The address's earlier tokens become invalid. */
    async issueToken(earner: EarnerKey): Promise<string> {
      const token = await putGrant('link', earner);
      await redis.set(newestKey(earner), hashOf(token), 'PX', ACCESS_MS);
      return token;
    },
    /** Deletes the token. Null: it is unknown, used, expired, or not the newest. */
    async redeemToken(token: string): Promise<ParcoursGrant | null> {
      const hash = hashOf(token);
      const grant = openGrant('link', hash, await redis.getdel(keyOf('link', hash)));
      if (grant === null || (await redis.get(newestKey(grant.earner))) !== hash) return null;
      return grant;
    },
    /** Resolves with the cookie's value. */
    startSession: (earner: EarnerKey): Promise<string> => putGrant('session', earner),
    async findSession(cookie: string | null): Promise<ParcoursGrant | null> {
      if (cookie === null) return null;
      const hash = hashOf(cookie);
      return openGrant('session', hash, await redis.get(keyOf('session', hash)));
    },
    async endSession(cookie: string | null): Promise<void> {
      if (cookie !== null) await redis.del(keyOf('session', hashOf(cookie)));
    },
  };
}

interface LinkSenderOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly vault: Vault;
  /** The scheme's name. */
  readonly scheme: string;
  readonly parcours: Pick<ParcoursConfig, 'smtpUrl' | 'from' | 'publicUrl'>;
}

/** Opens the mailer of links. @param redis stays open when the sender closes */
export function openLinkSender({ redis, prefix, vault, scheme, parcours }: LinkSenderOptions) {
  const mailer = createMailer(parcours);
  const earners = createEarnerStore(redis, prefix, vault);
  const access = createAccess(redis, prefix, vault, createRedisClock(redis, prefix).now);
  return {
    /**
     * Mails a link to this earner's address; sends nothing to an unknown one. Not idempotent: each run sends a mail, and
     * only the newest link works.
     * @returns whether a mail was sent
     * @throws UnrecoverableError when the mail server refuses permanently; MailError when a retry may succeed
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

/** Pure. Writes the mail with the link, in French. @param link works once */
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
