import type { BadgeId } from '../../ids.js';
import type { Hold } from '../../issuing/hold.js';
import type { AwardRecord, AwardState } from '../../issuing/award-record.js';
import { withoutAddresses } from '../../platform/logger.js';
import type { Scheme } from '../../rules/types.js';
import type { Evaluation } from '../../rules/evaluation.js';
import { instantWords } from './words.js';
import type { Lang, Localized } from './words.js';

/** Where each award of one earner stands on its way to OBF, beside what the rules say of it. */
export interface IssuingView {
  readonly scheme: Scheme;
  readonly evaluation: Evaluation;
  /** Of every address of theirs. */
  readonly records: readonly { readonly badgeId: BadgeId; readonly record: AwardRecord }[];
}

interface Entry {
  readonly badgeId: BadgeId;
  /** The award's name; the badge's id where the scheme no longer has it. */
  readonly name: string;
  readonly record: AwardRecord;
}

/** A held badge has arrived, whatever its record still says; of what is settled, the rules say enough. */
function underWay({ evaluation, records }: IssuingView): readonly Entry[] {
  const verdicts = new Map(evaluation.awards.map((verdict) => [verdict.award.badgeId, verdict]));
  return records.flatMap(({ badgeId, record }) => {
    const verdict = verdicts.get(badgeId);
    const settled = verdict?.status === 'held' || stateWords(record) === null;
    return settled ? [] : [{ badgeId, name: verdict?.award.name ?? badgeId, record }];
  });
}

/** Lines in words; none when nothing is under way. */
export function issuingLines(view: IssuingView, lang: Lang): readonly string[] {
  const lines = underWay(view).map(({ name, record }) => {
    const words = stateWords(record)?.[lang] ?? record.state;
    const since = sinceOf(record, view.scheme.timeZone, lang);
    return lang === 'fr' ? `  « ${name} » : ${words} (${since})` : `  "${name}": ${words} (${since})`;
  });
  const heading = { fr: 'Envois', en: 'Issuing' };
  return lines.length === 0 ? [] : [heading[lang], ...lines];
}

/** The same for a program. */
export const issuingJson = (view: IssuingView) =>
  underWay(view).map(({ badgeId, record }) => ({
    badge: badgeId,
    state: record.state,
    since_s: record.atS,
    ...('batch' in record ? { batch: record.batch } : {}),
    ...('why' in record ? { why: withoutAddresses(record.why) } : {}),
  }));

/** Null: settled, nothing is under way. */
const STATES: Readonly<Record<Exclude<AwardState, 'refused'>, Localized | null>> = {
  due: { fr: 'en attente du prochain envoi', en: 'waits for the next issue call' },
  claimed: { fr: 'envoi en cours', en: 'being issued' },
  unknown: {
    fr: 'issue inconnue, vérifiée dans OBF avant tout nouvel envoi',
    en: 'outcome unknown, looked up in OBF before anything is sent again',
  },
  blocked: {
    fr: "révoqué à la main dans OBF : n'est plus délivré tant que le blocage n'est pas levé",
    en: 'revoked by hand in OBF: not given again until the block is lifted',
  },
  issued: null,
  revoking: {
    fr: "retrait en cours : un badge qui l'avait fait obtenir a été révoqué",
    en: 'being taken back: a badge that earned it was revoked',
  },
  revoked: null,
  withdrawn: null,
};

function stateWords(record: AwardRecord): Localized | null {
  if (record.state !== 'refused') return STATES[record.state];
  const why = withoutAddresses(record.why);
  return { fr: `refusé par OBF : ${why}`, en: `refused by OBF: ${why}` };
}

function sinceOf({ atS }: AwardRecord, timeZone: string, lang: Lang): string {
  const at = instantWords(atS, timeZone);
  return lang === 'fr' ? `depuis le ${at.fr}` : `since ${at.en}`;
}

/** Why nothing of a badge is issued, and what to do; it goes on by itself. */
export function holdWords({ code, words }: Hold): Localized {
  const said = words === null ? '' : withoutAddresses(words);
  switch (code) {
    case 'quota':
      return {
        fr: 'le quota OBF de la Région ne suffit pas ; faites-le relever dans OBF',
        en: 'the Région’s OBF quota does not suffice; have it raised in OBF',
      };
    case 'badge':
      return {
        fr: 'le badge n’est plus dans le compte OBF de la Région, ou y est un brouillon ; publiez-le dans OBF, ou corrigez scheme.yaml',
        en: 'the badge is no longer in the Région’s OBF account, or is a draft there; publish it in OBF, or mend scheme.yaml',
      };
    case 'client':
      return {
        fr: `OBF refuse les appels de la Région (${said}) ; voyez avec OBF l’état du compte`,
        en: `OBF refuses the Région’s calls (${said}); ask OBF about the account`,
      };
    case 'refusal':
      return {
        fr: `OBF refuse l’envoi sans que le compte en dise la cause (${said}) ; demandez-la à OBF`,
        en: `OBF refuses the issue call, and the account does not show why (${said}); ask OBF`,
      };
  }
}

/** Said wherever awards are told of: what is due waits. */
export const PAUSED: Localized = {
  fr: "Les envois sont suspendus : rien n'est délivré tant que « npx palier resume » n'est pas tapé.",
  en: 'Issuing is paused: nothing is given until "npx palier resume" is typed.',
};
