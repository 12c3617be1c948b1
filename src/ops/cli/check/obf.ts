import { asClientId, type ClientId } from '../../../ids.js';
import { ObfNotSent } from '../../../obf/errors.js';
import type { ObfAccount } from '../../../obf/account.js';
import { createReadProblems } from '../../../obf/read-state.js';
import type { OddRow } from '../../../obf/wire.js';
import type { Award, Scheme } from '../../../rules/types.js';
import { type Localized, plural, say } from '../../../localized.js';
import { problemWords, readProblemsToShow } from '../../shared/stats.js';
import { askAccounts, obfWords, REGION_KEY } from '../session.js';
import type { Check, CheckFindings, CheckContext } from './runner.js';

/** What every OBF call needs; processes share the sealed token through Redis. */
const NEEDED = ['redis-write', 'OBF_BASE_URL', 'PALIER_KEY', 'PALIER_KEY_OLD'];
const NEEDED_OF_REGION = [...NEEDED, 'region', 'OBF_CLIENT_ID', 'OBF_CLIENT_SECRET'];

const regionCheck =
  (ask: (account: ObfAccount, signal: AbortSignal, scheme: Scheme | null) => Promise<CheckFindings>) =>
  async ({ call, settings, obf, scheme }: CheckContext): Promise<CheckFindings | null> => {
    const account = obf.account(asClientId(settings.config.obfClientId));
    try {
      return account && (await ask(account, AbortSignal.timeout(call.patienceMs.obf), scheme));
    } catch (error) {
      return {
        errors: [obfWords(error, REGION_KEY)],
        lacks: { region: REGION_FIRST, ...(error instanceof ObfNotSent ? { obf: OBF_SILENT } : {}) },
      };
    }
  };

const REGION_FIRST = say`à régler d'abord : le compte OBF de la Région
  to be mended first: the Région's OBF account`;
const OBF_SILENT: Localized = { fr: 'OBF ne répond pas', en: 'OBF does not answer' };

/** A few classes' worth: somebody should raise the quota before it runs out. */
const LOW_QUOTA = 100;

/** Checks of the Région's account, of the partners with a key, and of past read problems. They change nothing. */
export const OBF_CHECKS: readonly Check[] = [
  {
    id: 'obf-region',
    title: { fr: 'Compte OBF de la Région', en: "The Région's OBF account" },
    needs: NEEDED_OF_REGION,
    run: regionCheck(async (account, signal) => {
      await account.ping(signal);
      return {};
    }),
  },
  {
    id: 'obf-badges',
    title: { fr: 'Badges de la Région dans OBF', en: "The Région's badges in OBF" },
    needs: [...NEEDED_OF_REGION, 'scheme'],
    run: regionCheck(async (account, signal, scheme) => {
      const oddRows: OddRow[] = [];
      const badges = await account.badges(signal, (row) => void oddRows.push(row));
      const inObf = new Set(badges.map(({ id }) => id));
      const missing = (scheme?.awards ?? []).filter(({ badgeId }) => !inObf.has(badgeId));
      return {
        errors: missing.filter(({ active }) => active).map(missingWords),
        warnings: [...missing.filter(({ active }) => !active).map(missingWords), ...oddRows.map(oddWords)],
      };
    }),
  },
  {
    id: 'obf-quota',
    title: { fr: 'Quota OBF', en: 'OBF quota' },
    needs: NEEDED_OF_REGION,
    run: regionCheck(async (account, signal) => {
      const limit = await account.issuingLimit(signal);
      if (limit === null) return { notes: [{ fr: "OBF n'en dit rien", en: 'OBF does not say' }] };
      const left = say`badges encore à délivrer : ${limit}
        badges that may still be issued: ${limit}`;
      return { [limit < LOW_QUOTA ? 'warnings' : 'notes']: [left] };
    }),
  },
  {
    id: 'obf-partners',
    title: { fr: 'Comptes OBF des partenaires', en: "Partners' OBF accounts" },
    needs: [...NEEDED, 'scheme', 'obf'],
    run: checkPartners,
  },
  {
    id: 'obf-reading',
    title: { fr: 'Lecture des comptes OBF', en: 'Reading of the OBF accounts' },
    // The workers have stored what they could not read.
    async run({ call, redis, scheme }) {
      const readProblems = createReadProblems(redis, call.dataPrefix);
      const problems = await readProblemsToShow({ readProblems, clock: call.clock });
      const nameOf = (id: ClientId): string => scheme?.partnersById.get(id)?.name ?? id;
      return { warnings: problems.map((one) => problemWords(one, nameOf)) };
    },
  },
];

const oddWords = ({ field }: OddRow): Localized =>
  say`la liste des badges de ce compte a une ligne illisible (champ ${field}) : faites-la réparer dans OBF
    the list of badges of this account has a row that cannot be read (field ${field}): have it mended in OBF`;

const missingWords = ({ id, badgeId }: Award): Localized =>
  say`le badge ${badgeId} (« ${id} » dans scheme.yaml) n'existe pas dans ce compte, ou y est encore un brouillon
    the badge ${badgeId} ("${id}" in scheme.yaml) is not in this account, or is a draft there`;

const CONCURRENCY = 8;

/** Checks that each API key opens its partner's account. */
async function checkPartners({ call, obf, scheme, keys }: CheckContext): Promise<CheckFindings | null> {
  if (scheme === null || keys === null) return null;
  const ping = async (clientId: ClientId): Promise<void> => {
    await obf.account(clientId)?.ping(AbortSignal.timeout(call.patienceMs.obf));
  };
  const { secrets } = keys;
  const unread = await askAccounts(scheme, secrets.keys(), ping, { concurrency: CONCURRENCY });
  const accepted = secrets.size - unread.length;
  const notAsked = unread.filter(({ why }) => why === null).length;
  const accounts = plural(notAsked, 'compte|comptes', 'account|accounts');
  const unasked = say`OBF ne répondant plus, ${accounts} sans vérification
    ${accounts} not asked, since OBF no longer answers`;
  // A missing key is no fault: the published credentials are read instead.
  const keylessCount = scheme.partners.filter(({ active, secretEnv }) => active && secretEnv === null).length;
  const partners = plural(keylessCount, 'partenaire|partenaires', 'partner|partners');
  const keyless = say`${partners} sans clé : badges vérifiés par ce qui est publié
    ${partners} without a key: badges verified by what is published`;
  return {
    errors: [...unread.flatMap(({ why }) => why ?? []), notAsked > 0 && unasked],
    notes: [
      accepted > 0 && plural(accepted, 'clé acceptée|clés acceptées', 'key accepted|keys accepted'),
      keylessCount > 0 && keyless,
    ],
  };
}
