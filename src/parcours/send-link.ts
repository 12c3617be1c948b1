import { UnrecoverableError } from 'bullmq';
import type { Contact, Tombstone } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import { MailError, type Mail, type Mailer } from '../platform/mailer.js';
import type { ParcoursAccess } from './access.js';

export interface SendLinkParts {
  readonly earners: {
    read(
      earner: EarnerKey,
    ): Promise<{ readonly contact: Contact | null; readonly tombstone: Tombstone | null }>;
  };
  readonly access: Pick<ParcoursAccess, 'issueToken'>;
  readonly mailer: Pick<Mailer, 'send'>;
  /** Where people reach `web`, without a path. */
  readonly publicUrl: string;
  /** The scheme's name. */
  readonly scheme: string;
}

/**
 * Sends a person the link to their page, at the address that it was asked for. Somebody unknown is sent nothing. A second
 * run sends a second mail, whose link replaces the first.
 * @returns whether anything was sent
 * @throws UnrecoverableError when the server refuses for good; MailError when it is worth another try
 */
export async function sendLink(parts: SendLinkParts, earner: EarnerKey): Promise<boolean> {
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

/** Pure. The mail with the link, in French. @param link opens the pages once */
function linkMail(to: string, link: string, scheme: string): Mail {
  const lines = [
    'Bonjour,',
    `Vous avez demandé à voir où vous en êtes dans « ${scheme} ».`,
    'Pour ouvrir votre page, suivez ce lien, puis appuyez sur le bouton :',
  ];
  const after = [
    'Ce lien marche une seule fois, pendant 30 minutes.',
    "Si vous n'avez rien demandé, vous pouvez oublier ce message : personne d'autre ne voit votre page.",
  ];
  const paragraph = (text: string): string => `<p>${escapeHtml(text)}</p>`;
  return {
    to,
    subject: 'Votre lien pour voir vos badges',
    text: [...lines, link, ...after].join('\n\n'),
    html: [
      '<!doctype html><html lang="fr"><body>',
      ...lines.map(paragraph),
      `<p><a href="${escapeHtml(link)}">Ouvrir ma page</a></p>`,
      ...after.map(paragraph),
      '</body></html>',
    ].join('\n'),
  };
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (letter) => ESCAPES[letter] ?? '');
