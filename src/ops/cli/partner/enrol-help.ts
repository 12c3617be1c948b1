import type { Command } from '../context.js';
import type { Localized } from '../../shared/words.js';
import { PARTNER_ARGUMENT } from './partner-argument.js';

const DAY: Localized = { fr: 'AAAA-MM-JJ', en: 'YYYY-MM-DD' };
const ID: Localized = { fr: 'id', en: 'id' };

/** asked.ts reads them. */
const OPTIONS: Command['options'] = [
  {
    flag: '--competency',
    value: ID,
    about: {
      fr: 'la compétence, comme dans scheme.yaml (obligatoire)',
      en: 'the competency, as in scheme.yaml (required)',
    },
  },
  {
    flag: '--level',
    value: { fr: 'n', en: 'n' },
    about: { fr: 'le niveau, 1 ou 2 (obligatoire)', en: 'the level, 1 or 2 (required)' },
  },
  {
    flag: '--ability',
    value: ID,
    about: { fr: 'la capacité de cette compétence', en: 'the ability of that competency' },
  },
  {
    flag: '--name',
    value: { fr: 'nom', en: 'name' },
    about: { fr: "le nom du badge ; sinon, celui d'OBF", en: "the badge's name; otherwise, that of OBF" },
  },
  {
    flag: '--from',
    value: DAY,
    about: {
      fr: 'premier jour où le badge, délivré ce jour-là, compte',
      en: 'first day on which the badge, issued that day, counts',
    },
  },
  { flag: '--until', value: DAY, about: { fr: 'dernier jour', en: 'last day' } },
  {
    flag: '--replaces',
    value: { fr: 'id,id', en: 'id,id' },
    about: {
      fr: 'versions précédentes du même badge : ensemble, elles comptent une fois',
      en: 'earlier versions of the same badge: together they count once',
    },
  },
  {
    flag: '--partner-name',
    value: { fr: 'nom', en: 'name' },
    about: {
      fr: "le nom d'un organisme qui n'est pas encore inscrit",
      en: 'the name of a partner who is not there yet',
    },
  },
  {
    flag: '--secret-env',
    value: { fr: 'VARIABLE', en: 'VARIABLE' },
    about: {
      fr: "de cet organisme, la variable qui porte sa clé d'API",
      en: "that partner's variable with its API key",
    },
  },
];

/** `partner enrol` as its help has it. */
export const ENROL_HELP: Omit<Command, 'run'> = {
  name: 'partner enrol',
  summary: {
    fr: "inscrit un badge d'un partenaire dans partners.yaml",
    en: "enrols a partner's badge in partners.yaml",
  },
  details: [
    {
      fr: "Ajoute les lignes du badge, entre accolades ou clé par clé comme ses voisines ; les commentaires et tout ce qui est inscrit restent, seuls les espaces du fichier peuvent changer. Si quelque chose cloche, rien n'est écrit. « npx palier partner badges » montre les badges d'un partenaire.",
      en: 'Adds the lines of the badge, in braces or key by key like its neighbours; comments and all that is enrolled stay, only the spacing of the file may change. If anything is wrong, nothing is written. "npx palier partner badges" shows the badges of a partner.',
    },
    {
      fr: "Un organisme qui n'est pas encore dans le fichier y entre avec --partner-name et, si vous avez sa clé d'API, --secret-env.",
      en: 'A partner who is not in the file yet comes in with --partner-name and, if you have its API key, --secret-env.',
    },
  ],
  args: [
    PARTNER_ARGUMENT,
    {
      name: { fr: 'badge', en: 'badge' },
      about: { fr: "l'identifiant du badge dans OBF", en: 'the id of the badge in OBF' },
    },
  ],
  options: OPTIONS,
};
