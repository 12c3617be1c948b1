import { UnrecoverableError } from 'bullmq';
import { h, type ComponentChild, type VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { ParcoursConfig } from '../config.js';
import type { EarnerRecord } from '../earners/record.js';
import { createEarnerStore } from '../earners/store.js';
import type { EarnerKey } from '../ids.js';
import { createMailer, MailError, type Mail, type Mailer } from '../platform/mailer.js';
import { createRedisClock } from '../platform/clock.js';
import type { RedisConnection } from '../platform/redis.js';
import type { Vault } from '../platform/vault.js';
import { createAccess, type ParcoursAccess } from './access.js';

interface LinkSending {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly vault: Vault;
  readonly scheme: string;
  readonly parcours: Pick<ParcoursConfig, 'smtpUrl' | 'from' | 'publicUrl'>;
}

export function openLinkSender({ redis, prefix, vault, scheme, parcours }: LinkSending) {
  const mailer = createMailer(parcours);
  const earners = createEarnerStore(redis, prefix, vault);
  const access = createAccess(redis, prefix, vault, createRedisClock(redis, prefix).now);
  const parts = { earners, access, mailer, publicUrl: parcours.publicUrl, scheme };
  return {
    send: (earner: EarnerKey): Promise<boolean> => sendLink(parts, earner),
    close: (): void => mailer.close(),
  };
}

interface LinkParts {
  readonly earners: { read(earner: EarnerKey): Promise<Pick<EarnerRecord, 'contact'>> };
  readonly access: Pick<ParcoursAccess, 'issueToken'>;
  readonly mailer: Pick<Mailer, 'send'>;
  readonly publicUrl: string;
  readonly scheme: string;
}

/**
 * Sends a person the link to their page, at the address that it was asked for. Somebody unknown is sent nothing. A second
 * run sends a second mail, whose link replaces the first.
 * @returns whether anything was sent
 * @throws UnrecoverableError when the server refuses for good; MailError when it is worth another try
 */
export async function sendLink(parts: LinkParts, earner: EarnerKey): Promise<boolean> {
  const { contact } = await parts.earners.read(earner);
  if (contact === null) return false;
  const token = await parts.access.issueToken(earner);
  const link = `${parts.publicUrl}/parcours/ouvrir?jeton=${token}`;
  try {
    await parts.mailer.send(linkMail(contact.address, link, parts.scheme));
  } catch (error) {
    if (error instanceof MailError && error.isFinal) throw new UnrecoverableError(error.message);
    throw error;
  }
  return true;
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
