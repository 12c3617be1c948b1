/** A person of the story. All are invented; example.org belongs to nobody. */
export interface Person {
  readonly name: string;
  readonly email: string;
}

const person = (name: string): Person => ({
  name,
  email: `${name
    .normalize('NFD')
    .replaceAll(/\P{ASCII}/gu, '')
    .toLowerCase()}@example.org`,
});

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

/** Whoever is at the first two workshops. */
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

/** How the story calls whoever has this address. */
export const nameOf = (email: string): string => names.get(email) ?? email;

/** The Région's own client of Open Badge Factory. */
export const REGION = { id: 'REGION', name: 'Région (démonstration)' } as const;

/** An issuer in Open Badge Factory that takes no part in the scheme. */
export const STRANGER = {
  id: 'PHOTO_CLUB',
  name: 'Photo-club de la Risle',
  badge: { id: 'PHC_ANIMER', name: 'Animer une soirée' },
} as const;
