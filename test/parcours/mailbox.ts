import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';

/** A mail as it arrived. */
export interface Received {
  readonly to: readonly string[];
  readonly source: string;
}

/** An SMTP server of a test: what it was sent, and what it refuses. */
export interface Mailbox {
  readonly url: string;
  readonly mails: Received[];
  /** Refuses these recipients with 550 from now on. */
  readonly refused: Set<string>;
  /** Answers the next so many mails 451: come again. */
  busy: number;
  close(): Promise<void>;
}

export async function openMailbox(): Promise<Mailbox> {
  const mails: Received[] = [];
  const refused = new Set<string>();
  const reply = (text: string, responseCode: number): Error =>
    Object.assign(new Error(text), { responseCode });
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    // Nobody has an account here, and nobody needs one.
    authOptional: true,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(reply('no such account', 535)),
    disableReverseLookup: true,
    onRcptTo({ address }, _session, done) {
      if (refused.has(address)) return done(reply(`<${address}>: no such user`, 550));
      if (mailbox.busy > 0) {
        mailbox.busy -= 1;
        return done(reply(`<${address}>: come again`, 451));
      }
      done();
    },
    onData(stream, { envelope }, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        mails.push({
          to: envelope.rcptTo.map(({ address }) => address),
          source: Buffer.concat(parts).toString(),
        });
        done();
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('The mail server listens on no port');
  const mailbox: Mailbox = {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    refused,
    busy: 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return mailbox;
}

/** The link of a mail: quoted-printable breaks it over lines. */
export function linkIn({ source }: Received): string {
  const plain = source.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
  const [, link] = /(https?:\/\/\S+\/parcours\/ouvrir\?jeton=[\w-]{43})/.exec(plain) ?? [];
  if (link === undefined) throw new Error(`no link in:\n${plain}`);
  return link;
}
