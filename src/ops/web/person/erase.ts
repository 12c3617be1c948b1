import { eraseEarner, personToErase } from '../../../privacy/erase-people.js';
import { done, notDone, type Answer } from '../answer.js';
import type { PageContext } from '../context.js';
import { DO, erasedWords } from './action-words.js';
import { inTheWay } from './in-the-way.js';
import { personHref, SEARCH } from './links.js';
import { keyInPath } from './read.js';
import { keyOfAddress } from './typed.js';

/** Erases the person, once one of their addresses was typed. */
export async function erase(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, form } = context;
  const earner = keyInPath(context);
  const back = personHref(earner);
  const typed = keyOfAddress(form.get('address'), pipeline.vault);
  const { keys } = await personToErase(pipeline, earner);
  if (typed === null || !keys.includes(typed)) return notDone(back, DO.erase.not);
  return inTheWay(back, async () => {
    const erased = await eraseEarner(pipeline, earner, 'erased');
    // Without the key: nothing is to say who it was.
    log.info({ user: user.name, erased: erased !== null }, 'person erased');
    if (erased === null) return done(SEARCH, DO.erase.nothing);
    return done(SEARCH, erasedWords(erased.addresses, erased.assertions, erased.entries));
  });
}
