import { createMailer, MailError } from '../../platform/mailer.js';
import type { Localized } from '../shared/words.js';
import { type CheckResult, mendFirst, resultOf, skipped } from './check-report.js';
import type { Settings } from './settings.js';

/** Signs in at the mail server, and sends nothing. Nothing is told where the earner's pages do not exist. */
export async function checkMail({ config, faulty }: Settings): Promise<readonly CheckResult[]> {
  const faults = faulty(['SMTP_URL', 'MAIL_FROM']);
  if (faults.length > 0) return [skipped('mail', mendFirst(faults))];
  if (config.parcours === null) return [];
  const { host } = new URL(config.parcours.smtpUrl);
  const mailer = createMailer(config.parcours);
  try {
    await mailer.verify();
    return [resultOf('mail', { notes: [{ fr: host, en: host }] })];
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return [resultOf('mail', { errors: [refusalWords(host, error.fault)] })];
  } finally {
    mailer.close();
  }
}

const refusalWords = (host: string, fault: string): Localized =>
  fault.startsWith('EAUTH')
    ? {
        fr: `SMTP_URL : ${host} refuse le nom ou le mot de passe (${fault})`,
        en: `SMTP_URL: ${host} refuses the user or the password (${fault})`,
      }
    : {
        fr: `SMTP_URL : ${host} ne répond pas comme un serveur d'e-mail le doit (${fault}) ; les liens demandés attendent`,
        en: `SMTP_URL: ${host} does not answer as a mail server should (${fault}); links that are asked for wait`,
      };
