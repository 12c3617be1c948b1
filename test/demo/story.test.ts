import type { ReceivedIssue } from '../../src/sandbox/server.js';
import { ofPerson } from '../../src/demo/acts.js';
import { tableLines, wrap } from '../../src/demo/narrator.js';
import { emailOf, REGION } from '../../src/demo/scenes.js';
import { differences, excerpt } from '../../src/demo/story.js';

const [AMINA, HUGO] = [emailOf('Amina'), emailOf('Hugo')];

const issue = (eventId: string | null, ...recipients: readonly string[]): ReceivedIssue => ({
  atMs: 0,
  method: 'POST',
  path: '/',
  route: 'POST issue',
  clientId: REGION.id,
  query: {},
  status: 200,
  badgeId: 'R',
  recipients,
  body: {
    recipient: [],
    issued_on: 0,
    api_consumer_id: '',
    send_email: true,
    show_report: true,
    log_entry: null,
  },
  eventId,
});

describe('the demo holds what went out against what it promised', () => {
  const scheme = { partners: [], awards: [{ badgeId: 'R', name: 'Le badge' }] };
  const promised = { R: ['Amina'] };
  const found = (issues: readonly ReceivedIssue[], failed: readonly string[] = []) =>
    differences({ sandbox: { issues: () => issues }, scheme }, promised, failed);

  test('once, and a call that OBF refused beside it, is as promised', () => {
    expect(found([issue(null, AMINA), issue('E1', AMINA)])).toEqual([]);
  });

  test.each([
    ['nothing', [], 'Amina devait recevoir « Le badge » une fois : émis 0 fois.'],
    [
      'twice',
      [issue('E1', AMINA), issue('E2', AMINA)],
      'Amina devait recevoir « Le badge » une fois : émis 2 fois.',
    ],
    [
      'somebody else too',
      [issue('E1', AMINA, HUGO)],
      'Hugo a reçu « Le badge » (1 fois) sans y avoir droit.',
    ],
  ])('%s is not', (_, issues, told) => {
    expect(found(issues)).toEqual([told]);
  });

  test('nor is work that was given up', () => {
    expect(found([issue('E1', AMINA)], ['notices : why'])).toEqual([
      'Palier a renoncé à un travail : notices : why',
    ]);
  });
});

test('a line is broken between words, never before a French sign', () => {
  expect(wrap('Amina reçoit « Écouter » : voilà !', 12)).toEqual([
    'Amina reçoit',
    '« Écouter » :',
    'voilà !',
  ]);
});

test('a table keeps each cell in its column', () => {
  const rows = [['Inès', 'un badge', 'une raison qui est longue']];
  expect(tableLines(['Qui', 'quoi', 'pour'], rows, 36)).toEqual([
    'Qui   quoi      pour',
    '────  ────────  ────────────────────',
    'Inès  un badge  une raison qui est',
    '                longue',
  ]);
});

test('of an explanation, the parts asked for and the headings of the others', () => {
  expect(excerpt(['A', '  1', '    2', 'B', '  3', 'C d', '  4'], ['A', 'C'])).toEqual([
    'A',
    '  1',
    '    2',
    'B […]',
    'C d',
    '  4',
  ]);
});

test.each([
  ['Élise', "d'Élise"],
  ['Hugo', 'de Hugo'],
])('%s: %s', (name, words) => {
  expect(ofPerson(name)).toBe(words);
});
