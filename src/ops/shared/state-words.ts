import type { JournalKind } from '../../earners/journal-entry.js';
import type { AwardState } from '../../issuing/award-record.js';
import type { Localized } from './words.js';

/** How far an award is, in the ledger. */
export const STATES: Readonly<Record<AwardState, Localized>> = {
  due: { fr: 'dû, en attente du prochain envoi', en: 'due, waits for the next issue call' },
  claimed: { fr: 'envoi en cours', en: 'being issued' },
  unknown: { fr: 'envoyé, issue inconnue', en: 'sent, outcome unknown' },
  issued: { fr: 'donné', en: 'given' },
  refused: { fr: 'refusé par OBF', en: 'refused by OBF' },
  revoking: { fr: 'retrait en cours', en: 'being taken back' },
  revoked: { fr: 'retiré par Palier', en: 'taken back by Palier' },
  blocked: { fr: 'retiré à la main, bloqué', en: 'revoked by hand, blocked' },
  withdrawn: { fr: "n'est plus dû", en: 'no longer due' },
};

/** What happened, in the account. */
export const HAPPENED: Readonly<Record<JournalKind, Localized>> = {
  issued: { fr: 'badge donné par Palier', en: 'award given by Palier' },
  found: { fr: 'badge trouvé dans OBF, donné à la main', en: 'award found in OBF, given by hand' },
  flagged: { fr: 'badge à examiner', en: 'award to be looked at' },
  revoked: { fr: 'badge retiré par Palier', en: 'award taken back by Palier' },
  blocked: { fr: 'badge bloqué, révoqué à la main', en: 'award blocked, revoked by hand' },
  unblocked: { fr: 'blocage levé', en: 'block lifted' },
  refused: { fr: 'badge refusé par OBF', en: 'award refused by OBF' },
  linked: { fr: 'adresses liées', en: 'addresses linked' },
  unlinked: { fr: 'adresses séparées', en: 'addresses unlinked' },
  erased: { fr: 'effacement', en: 'erasure' },
  purged: { fr: 'effacement, durée de conservation passée', en: 'erasure, retention being over' },
  applied: { fr: 'règles mises en vigueur', en: 'rules put into force' },
};
