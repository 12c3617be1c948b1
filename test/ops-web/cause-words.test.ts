import { asClientId } from '../../src/ids.js';
import { causeWords } from '../../src/ops/web/journal/words.js';
import { TRANSLATORS } from '../../src/ops/web/words.js';
import { parse } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';

const scheme = parse(SMALL_SCHEME, SMALL_PARTNERS);

test.each([
  ['webhook.event.P1.E1', 'un avis d’OBF : Organisme un, événement E1'],
  ['poll.event.REGION.G1', 'la lecture du compte OBF : la Région, événement G1'],
  ['passport.credential.x', 'un badge envoyé à un Passport'],
  ['apply', 'la mise en vigueur du barème'],
  ['webhook.event.GONE.E1', 'un avis d’OBF : GONE.E1'],
  ['something else', 'something else'],
])('%s is told in words', (cause, told) => {
  expect(causeWords(cause, scheme, asClientId('REGION'), TRANSLATORS.fr)).toBe(told);
});
