import * as fc from 'fast-check';
import { typesetFrench } from '../../src/ops/shared/browser.js';
import { runs } from '../support/runs.js';

test.each([
  [
    '<p>« Barème » : prêt ; vraiment ? Oui !</p>',
    '<p>«\u00a0Barème\u00a0»\u00a0: prêt\u202f; vraiment\u202f? Oui\u202f!</p>',
  ],
  ['<p>« <b>un</b> »</p>', '<p>«\u00a0<b>un</b>\u00a0»</p>'],
  [
    '<input value="a : b > c ; d"><i title="« x »">y : z</i>',
    '<input value="a : b > c ; d"><i title="« x »">y\u00a0: z</i>',
  ],
  ['<code class="c">npx palier : « x »</code> : oui', '<code class="c">npx palier : « x »</code>\u00a0: oui'],
  ['<textarea>a : b</textarea>', '<textarea>a : b</textarea>'],
  ['<p>21:53, a:b; &lt;script> :</p>', '<p>21:53, a:b; &lt;script>\u00a0:</p>'],
])('%s', (html, expected) => {
  expect(typesetFrench(html)).toBe(expected);
});

const word = fc.constantFrom(
  'a',
  ' ',
  ' :',
  '« ',
  ' »',
  ' ;',
  '"',
  '>',
  '<',
  '=',
  '&lt;',
  '<b>',
  '</b>',
  '<i x=" : ">',
  '<code>',
  '</code>',
);
test('nothing but spaces is changed, whatever the page; and once is enough', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (parts) => {
      const html = parts.join('');
      const set = typesetFrench(html);
      expect(set.replaceAll(/[\u00a0\u202f]/g, ' ')).toBe(html);
      expect(typesetFrench(set)).toBe(set);
    }),
    { numRuns: runs(1000) },
  );
});
