import type { Scheme } from '../../src/rules/types.js';
import { schemeOrThrow } from '../../src/rules/parse/parse-scheme.js';

/** Three partners and what they enrolled: enough for every form of rule. */
export const PARTNERS = `
partners:
  - client_id: ML
    name: Mission locale
    badges:
      - { id: M0, name: Parler, competency: com, level: 1, ability: oser, enrolled_until: 2023-12-31 }
      - { id: M1, name: Parler en groupe, competency: com, level: 1, ability: interagir, enrolled_from: 2024-01-01, replaces: [M0] }
      - { id: M2, name: Écrire, competency: com, level: 1, ability: ecrire }
      - { id: M3, name: Transmettre, competency: com, level: 2, ability: transmettre }
      - { id: M4, name: Ranger, competency: org, level: 1 }
  - client_id: CFA
    name: CFA du Bocage
    badges:
      - { id: C1, name: Écrire à un client, competency: com, level: 1, ability: ecrire }
      - { id: C2, name: Convaincre, competency: com, level: 2, ability: transmettre }
      - { id: C3, name: Planifier, competency: org, level: 2 }
  - client_id: GRETA
    name: Greta
    badges:
      - { id: G1, name: Téléphoner, competency: com, level: 1, ability: interagir }
      - { id: G2, name: Présenter, competency: com, level: 2 }
      - { id: G3, name: Se lancer, competency: com, level: 1, ability: oser }
  - client_id: OUT
    name: Ancien organisme
    active: false
    badges:
      - { id: O1, name: Raconter, competency: com, level: 1 }
`;

const COMPETENCIES = `
scheme: Essai
competencies:
  com:
    name: Communiquer
    abilities: { oser: Oser parler, interagir: Interagir avec autrui, ecrire: Écrire, transmettre: Transmettre }
  org: { name: Organiser }
`;

/** A scheme read as the program reads it. `awards`: the YAML below \`awards:\`. */
export const schemeOf = (awards: string, partners: string = PARTNERS): Scheme =>
  schemeOrThrow(
    {
      scheme: { name: 'scheme.yaml', text: `${COMPETENCIES}\nawards:\n${awards}` },
      partners: { name: 'partners.yaml', text: partners },
    },
    'Europe/Paris',
  );

/** A scheme of one award, \`a\`, by its rule in one line. */
export const schemeOfRule = (rule: string): Scheme => schemeOf(`  a: { name: A, badge: R_A, rule: ${rule} }`);
