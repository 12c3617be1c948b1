import type { ErrorCode } from 'yaml';
import type { Words } from './fault.js';

/** What the YAML reader says in English, in French. */
const FRENCH: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'un alias (*nom) ne prend ni ancre ni étiquette',
  BAD_ALIAS: 'alias (*nom) ou ancre (&nom) mal formé',
  BAD_COLLECTION_TYPE: "l'étiquette (!nom) ne va pas avec cette valeur",
  BAD_DIRECTIVE: 'directive (%) inconnue ou mal formée',
  BAD_DQ_ESCAPE:
    'suite « \\ » inconnue entre guillemets doubles : doubler la barre, ou prendre des apostrophes',
  BAD_INDENT: "retrait (espaces en début de ligne) différent de celui des lignes d'à côté",
  BAD_PROP_ORDER: 'ancre ou étiquette mal placée',
  BAD_SCALAR_START: 'une valeur ne peut pas commencer par ce caractère : la mettre entre guillemets',
  BLOCK_AS_IMPLICIT_KEY:
    'retrait inattendu sous une valeur, ou deux « : » sur une ligne (mettre alors la valeur entre guillemets)',
  BLOCK_IN_FLOW: 'pas de liste à tirets ni de table en retrait entre { } ou [ ]',
  DUPLICATE_KEY: 'clé en double',
  IMPOSSIBLE: 'texte illisible',
  KEY_OVER_1024_CHARS: 'une clé de plus de 1024 caractères',
  MISSING_CHAR: 'il manque un caractère : guillemet, virgule, « : », espace, « ] » ou « } »',
  MULTILINE_IMPLICIT_KEY: 'une clé tient sur une ligne : un « : » manque sans doute',
  MULTIPLE_ANCHORS: 'une seule ancre (&nom) par valeur',
  MULTIPLE_DOCS: 'un seul document par fichier : enlever « --- »',
  MULTIPLE_TAGS: 'une seule étiquette (!nom) par valeur',
  NON_STRING_KEY: 'une clé est un nom',
  RESOURCE_EXHAUSTION: 'trop imbriqué',
  TAB_AS_INDENT: 'tabulation en début de ligne : mettre des espaces',
  TAG_RESOLVE_FAILED: 'étiquette (!nom) inconnue, ou qui ne va pas avec cette valeur',
  UNEXPECTED_TOKEN:
    "texte inattendu à cet endroit : vérifier les retraits, les tirets et les guillemets d'au-dessus",
};

/** A fault of the YAML itself, in both languages. */
export const syntaxFault = (code: ErrorCode, message: string): Words => ({
  fr: `YAML illisible : ${FRENCH[code]}`,
  en: `unreadable YAML: ${message}`,
});
