import { createTransport } from 'nodemailer';

/** Where mails leave. */
export interface MailConfig {
  /** `smtp://` or `smtps://`, with user and password. */
  readonly smtpUrl: string;
  readonly from: string;
}

/** A mail to one person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface Mailer {
  /** @throws MailError */
  send(mail: Mail): Promise<void>;
  /** Signs in at the server, and sends nothing. @throws MailError */
  verify(): Promise<void>;
  close(): void;
}

/**
 * A mail that was not sent. `isFinal`: the server refused this recipient or this mail, and would again.
 * Its message never holds an address: servers repeat it in their replies.
 */
export class MailError extends Error {
  readonly code = 'mail_not_sent';
  constructor(
    readonly isFinal: boolean,
    why: string,
  ) {
    super(why);
    this.name = 'MailError';
  }
}

const TIMEOUT_MS = 15_000;

/** A pool of connections to the SMTP server. TLS is required, but on this machine. @param url is checked by the configuration */
export function createMailer({ smtpUrl, from }: MailConfig): Mailer {
  const url = new URL(smtpUrl);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const secure = url.protocol === 'smtps:';
  const transport = createTransport(
    {
      pool: true,
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
      secure,
      requireTLS: !secure && !isLocal,
      ignoreTLS: !secure && isLocal,
      ...(url.username === ''
        ? {}
        : {
            auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
          }),
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
    async send(mail) {
      await transport.sendMail(mail).catch((error: unknown) => {
        throw mailErrorOf(error);
      });
    },
    async verify() {
      await transport.verify().catch((error: unknown) => {
        throw mailErrorOf(error);
      });
    },
    close: () => transport.close(),
  };
}

/** Pure. A 5xx reply to the recipient or to the mail is final (RFC 5321, 4.2.1); a refused sign-in is not the mail's. */
export function mailErrorOf(error: unknown): MailError {
  const field = (name: string): unknown =>
    typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  const [code, status, command] = [field('code'), field('responseCode'), field('command')];
  const reply = typeof status === 'number' ? ` with ${status}` : '';
  const what = typeof code === 'string' ? code : 'no code';
  const isFinal =
    typeof status === 'number' && status >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
  if (isFinal) return new MailError(true, `The mail server refused the recipient or the mail${reply}`);
  const at = typeof command === 'string' && /^[A-Z ]{1,20}$/.test(command) ? ` at ${command}` : '';
  return new MailError(false, `The mail server could not be used (${what}${at})${reply}: it is tried again`);
}

/** Pure. The mail with the link, in French. @param link opens the pages once */
export function linkMail(to: string, link: string, scheme: string): Mail {
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
