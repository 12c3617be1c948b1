import { UnrecoverableError } from 'bullmq';
import type { Contact, Tombstone } from '../earners/record.js';
import type { EarnerKey } from '../ids.js';
import type { ParcoursAccess } from './access.js';
import { linkMail, MailError, type Mailer } from './mail.js';

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
