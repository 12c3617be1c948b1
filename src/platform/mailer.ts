import { createTransport } from 'nodemailer';
import type { ParcoursConfig } from '../config.js';
import { fieldOf } from './logger.js';

/** A mail to one person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * A mail that was not sent. `isFinal`: the server refused this recipient or this mail, and would again. The message never
 * holds an address, though servers repeat it in their replies.
 */
export class MailError extends Error {
  readonly code = 'mail_not_sent';
  /** @param fault what the server and nodemailer say, in codes: `EAUTH at AUTH PLAIN with 535` */
  constructor(
    readonly isFinal: boolean,
    why: string,
    readonly fault: string,
  ) {
    super(why);
    this.name = 'MailError';
  }
}

const TIMEOUT_MS = 15_000;

/** Creates a pool of SMTP connections. Requires TLS, except on this machine. The configuration has checked `smtpUrl`. */
export function createMailer({ smtpUrl, from }: Pick<ParcoursConfig, 'smtpUrl' | 'from'>) {
  const url = new URL(smtpUrl);
  // nodemailer takes options from a query, which could turn TLS off.
  url.search = '';
  const isPlain = url.protocol === 'smtp:';
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const transport = createTransport(
    {
      pool: true,
      url: url.href,
      requireTLS: isPlain && !isLocal,
      ignoreTLS: isPlain && isLocal,
      maxConnections: 2,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from, headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' } },
  );
  return {
    /** @throws MailError */
    send: (mail: Mail): Promise<void> => transport.sendMail(mail).then(() => undefined, throwMailError),
    /** Signs in at the server, and sends nothing. @throws MailError */
    verify: (): Promise<void> => transport.verify().then(() => undefined, throwMailError),
    close: (): void => transport.close(),
  };
}

/** A 5xx reply to the recipient or to the mail is final (RFC 5321, 4.2.1); a refused sign-in is not. */
function throwMailError(error: unknown): never {
  const [code, status, command] = ['code', 'responseCode', 'command'].map((name) => fieldOf(error, name));
  const reply = typeof status === 'number' ? ` with ${status}` : '';
  const codeText = typeof code === 'string' ? code : 'no code';
  const isFinal =
    typeof status === 'number' && status >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
  const at = typeof command === 'string' && /^[A-Z ]{1,20}$/.test(command) ? ` at ${command}` : '';
  const fault = `${codeText}${at}${reply}`;
  const why = isFinal
    ? `The mail server refused the recipient or the mail (${fault})`
    : `The mail server could not be used (${fault}): it is tried again`;
  throw new MailError(isFinal, why, fault);
}
