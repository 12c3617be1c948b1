import { instantWords, type Localized } from '../../shared/words.js';
import type { HeldAddress, HeldPerson, Shown } from '../../shared/personal-data.js';
import { SECTIONS, type Teller } from './show-sections.js';

/** What is held about a person, for whoever reads it; a heading stands only where there is something. */
export function showLines(held: HeldPerson, shown: Shown, teller: Teller): readonly string[] {
  const head = { fr: `Bénéficiaire ${held.person}`, en: `Earner ${held.person}` };
  return [
    head[teller.lang],
    ...held.addresses.flatMap((one) => ['', ...addressLines(held, one, shown, teller)]),
  ];
}

function addressLines(held: HeldPerson, one: HeldAddress, shown: Shown, teller: Teller): readonly string[] {
  const { lang } = teller;
  const address = shown.address(one) ?? { fr: 'adresse non conservée', en: 'address not kept' }[lang];
  const facts = factsOf(held, one, teller.scheme.timeZone).map((words) => words[lang]);
  const sections = SECTIONS.map(({ heading, lines }) => ({ heading, lines: lines(one, teller) }));
  return [
    `${address} (${[one.key, ...facts].join(', ')})`,
    ...sections
      .filter(({ lines }) => lines.length > 0)
      .flatMap(({ heading, lines }) => [`  ${heading[lang]}`, ...lines.map((line) => `    ${line}`)]),
  ];
}

function factsOf(
  { person, asked }: HeldPerson,
  { key, file, contact }: HeldAddress,
  timeZone: string,
): readonly Localized[] {
  const name = contact?.name ?? null;
  return [
    ...(key === asked ? [{ fr: 'demandée', en: 'asked for' }] : []),
    ...(key === person ? [] : [{ fr: 'liée', en: 'linked' }]),
    ...(name === null ? [] : [{ fr: 'nom conservé', en: 'name kept' }]),
    ...((file.tombstone?.entriesToUnindex.length ?? 0) > 0
      ? [{ fr: 'effacement en cours', en: 'being erased' }]
      : []),
    ...(file.tombstone === null ? [] : [erasedWords(file.tombstone.erasedAtS, timeZone)]),
  ];
}

function erasedWords(atS: number, timeZone: string): Localized {
  const { fr, en } = instantWords(atS, timeZone);
  return { fr: `effacée le ${fr}`, en: `erased on ${en}` };
}
