import type { ReceivedCall } from '../../sandbox/types.js';
import type { Insight, Progress } from '../insight.js';
import type { Narrator } from '../narrator.js';
import { nameOf } from '../story/cast.js';
import { counted, listed, ofPerson } from '../text.js';

/** That a notice came, and how it was answered. */
export function tellNotice(
  narrator: Narrator,
  statuses: readonly number[],
  { pushed, ignored }: { readonly pushed: boolean; readonly ignored: boolean },
): void {
  const kind = pushed ? 'adresse du badge reçue' : 'webhook reçu';
  const result = ignored ? ', mis de côté : cet organisme ne participe pas' : '';
  const often = statuses.length > 1 ? ` ${statuses.length} fois, réponses` : ', réponse';
  narrator.fact(`${kind}${often} ${statuses.join(', ')}${result}`);
}

/** That Open Badge Factory failed on the way. */
export function tellTrouble(narrator: Narrator, calls: readonly ReceivedCall[]): void {
  const refused = calls.flatMap(({ status }) =>
    typeof status === 'number' && status >= 500 ? [status] : [],
  );
  if (refused.length > 0)
    narrator.fact(`Open Badge Factory a répondu ${listed(refused.map(String))}, puis le badge a été lu`);
}

/** How far these people have come. */
export async function tellPortfolios(
  narrator: Narrator,
  insight: Insight,
  emails: readonly string[],
  toward: string,
): Promise<void> {
  const people = new Map<string, string[]>();
  for (const email of emails) {
    const words = inWords(await insight.progress(email, toward));
    people.set(words, [...(people.get(words) ?? []), nameOf(email)]);
  }
  for (const [words, names] of people) {
    const who =
      names.length > 1 ? counted(names.length, 'portefeuille') : `portefeuille ${ofPerson(names[0] ?? '')}`;
    narrator.fact(`${who} : ${words}`);
  }
}

const inWords = ({ have, need }: Progress): string =>
  `${'●'.repeat(have)}${'○'.repeat(Math.max(0, need - have))} ${counted(have, 'badge')} sur ${need}`;
