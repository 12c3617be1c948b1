import type { AwardChange, EnrolmentChange } from '../../../rules/scheme-diff.js';
import type { Localized } from '../../shared/words.js';

export const DIFF = {
  title: { fr: 'Ce qui change dans les fichiers', en: 'What changes in the files' },
  none: {
    fr: 'Rien de ce qui se lit ne diffère.',
    en: 'Nothing that can be read differs.',
  },
  awards: { fr: 'Badges Région', en: 'Awards' },
  added: { fr: 'Ajouté :', en: 'Added:' },
  removed: { fr: 'Retiré (qui le détient le garde) :', en: 'Removed (whoever holds it keeps it):' },
  changed: { fr: 'Modifié :', en: 'Changed:' },
  before: { fr: 'Avant :', en: 'Before:' },
  after: { fr: 'Après :', en: 'After:' },
  award: {
    rule: { fr: 'la règle', en: 'the rule' },
    active: { fr: 'activation', en: 'whether it is active' },
    onLoss: { fr: 'en cas de perte', en: 'what follows when it is lost' },
    badge: { fr: 'le badge OBF', en: 'the OBF badge' },
    name: { fr: 'le nom', en: 'the name' },
  } satisfies Record<AwardChange, Localized>,
  enrolments: { fr: 'Badges inscrits par les organismes', en: 'Badges that partners enrolled' },
  enrolled: { fr: 'Inscrits', en: 'Enrolled' },
  withdrawn: { fr: 'Désinscrits', en: 'No longer enrolled' },
  altered: { fr: 'Modifiés', en: 'Changed' },
  enrolment: {
    sort: { fr: 'compétence, niveau ou capacité', en: 'competency, level or ability' },
    dates: { fr: 'dates', en: 'dates' },
    replaces: { fr: 'versions remplacées', en: 'versions that it replaces' },
    partner: { fr: 'organisme', en: 'partner' },
  } satisfies Record<EnrolmentChange, Localized>,
  partners: { fr: 'Organismes', en: 'Partners' },
  joins: { fr: 'participe désormais', en: 'takes part now' },
  leaves: { fr: 'ne participe plus', en: 'takes part no more' },
  timeZone: { fr: 'Fuseau des dates', en: 'Zone of the dates' },
  more: (count: number): Localized => ({ fr: `et ${count} autres`, en: `and ${count} others` }),
} as const;
