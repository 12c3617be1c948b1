import { SMTPServer } from 'smtp-server';
import { listen } from './processes.js';

export interface Received {
  readonly to: readonly string[];
  readonly source: string;
}

const reply = (text: string, responseCode: number): Error => Object.assign(new Error(text), { responseCode });

/** A local SMTP server: the mails that it received, and what it refuses. */
export type Mailbox = Awaited<ReturnType<typeof openMailbox>>;

/** Opens the server. @param port 0: any free port */
export async function openMailbox(port = 0) {
  const mails: Received[] = [];
  const mailbox = {
    mails,
    /** Recipients that are refused with 550. */
    refused: new Set<string>(),
    /** How many of the next recipients are answered 451. */
    busy: 0,
    onMail: (_mail: Received): void => undefined,
  };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    // There are no accounts, and none is needed.
    authOptional: true,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(reply('no such account', 535)),
    disableReverseLookup: true,
    onRcptTo({ address }, _session, done) {
      if (mailbox.refused.has(address)) return done(reply(`<${address}>: no such user`, 550));
      if (mailbox.busy === 0) return done();
      mailbox.busy -= 1;
      done(reply(`<${address}>: come again`, 451));
    },
    onData(stream, { envelope }, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const to = envelope.rcptTo.map(({ address }) => address);
        const mail = { to, source: Buffer.concat(parts).toString() };
        mails.push(mail);
        mailbox.onMail(mail);
        done();
      });
    },
  });
  const url = `smtp://127.0.0.1:${await listen(server.server, port)}`;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return Object.assign(mailbox, { url, close });
}

/** Returns the subject and plain text of a mail by nodemailer, which writes quoted-printable. */
export function readMail({ source }: Received): { readonly subject: string; readonly text: string } {
  const [, subject = ''] = /^Subject: (.*)$/m.exec(source.replaceAll('\r', '')) ?? [];
  const [, part = ''] = /^Content-Type: text\/plain.*?\r\n\r\n(.*?)\r\n--/ms.exec(source) ?? [];
  const bytes = part
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)));
  return { subject, text: Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('\r', '').trim() };
}

/** Returns the link in a mail to its recipient's page. @throws when there is none */
export function linkIn(mail: Received): string {
  const { text } = readMail(mail);
  const [link] = /https?:\/\/\S+\/parcours\/ouvrir\?jeton=[\w-]{43}/.exec(text) ?? [];
  if (link === undefined) throw new Error(`no link in:\n${text}`);
  return link;
}
