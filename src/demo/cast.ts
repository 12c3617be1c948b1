/** A person of the story. All are invented; example.org belongs to nobody. */
export interface Person {
  readonly name: string;
  readonly email: string;
}

function person(name: string): Person {
  const plain = name.normalize('NFD').replaceAll(/\P{ASCII}/gu, '');
  return { name, email: `${plain.toLowerCase()}@example.org` };
}

export const AMINA = person('Amina');
export const BASTIEN = person('Bastien');
export const CHLOE = person('Chloé');
export const DRISS = person('Driss');
export const ELISE = person('Élise');
export const FARID = person('Farid');
export const GAELLE = person('Gaëlle');
export const HUGO = person('Hugo');
export const JEANNE = person('Jeanne');
export const INES = person('Inès');

/** Everyone at the first two workshops. */
export const GROUP: readonly Person[] = [AMINA, BASTIEN, CHLOE, DRISS, ELISE, FARID, GAELLE, HUGO, JEANNE];

/** Absent on the second day. */
export const ABSENT = person('Tom');
/** The nineteen who are there on both days. */
export const PRESENT: readonly Person[] = (
  'Adèle Baptiste Camille Diego Emma Félix Grace Hana Ibrahim Jade ' +
  'Kévin Léa Mehdi Nina Oscar Paul Rania Salomé Yanis'
)
  .split(' ')
  .map(person);
export const CLASS: readonly Person[] = [...PRESENT, ABSENT];

const names = new Map([...GROUP, ...CLASS, INES].map(({ email, name }) => [email, name]));

/** What the story calls the person of this address. */
export const nameOf = (email: string): string => names.get(email) ?? email;

/** The Région's own client of Open Badge Factory. */
export const REGION = { id: 'REGION', name: 'Région (démonstration)' } as const;

/** An issuer in Open Badge Factory that takes no part in the scheme. */
export const STRANGER = {
  id: 'PHOTO_CLUB',
  name: 'Photo-club de la Risle',
  badge: { badgeId: 'PHC_ANIMER', name: 'Animer une soirée' },
} as const;

/** A person, and a badge of the Région. */
export interface Outcome {
  readonly person: Person;
  readonly badgeId: string;
}

const all = (people: readonly Person[], badgeId: string): readonly Outcome[] =>
  people.map((one) => ({ person: one, badgeId }));

/** Who is to receive what from Palier, each once; and nobody anything else. */
export const AWARDED: readonly Outcome[] = [
  ...all([AMINA, BASTIEN, CHLOE, DRISS, ELISE, JEANNE], 'R_COMM_1'),
  ...all(PRESENT, 'R_ORGA_1'),
  ...all([INES], 'R_COMM_2'),
  ...all([INES], 'R_GENERAL'),
];

/** Who comes close and is not to receive it. */
export const NOT_AWARDED: readonly Outcome[] = [
  ...all([FARID, GAELLE, HUGO], 'R_COMM_1'),
  ...all([ABSENT], 'R_ORGA_1'),
];

/** What the Région gave to Inès by hand, before the story begins: in June of the year before. */
export const GIVEN_BEFORE = ['R_COMM_1', 'R_ORGA_2', 'R_ADAP_2'];
export const givenBeforeOnS = (nowMs: number): number =>
  Date.UTC(new Date(nowMs).getUTCFullYear() - 1, 5, 17) / 1000;
