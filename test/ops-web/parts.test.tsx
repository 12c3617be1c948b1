import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import type { VNode } from 'preact';
import { typesetFrench } from '../../src/ops/shared/browser.js';
import { IssuedSection } from '../../src/ops/web/home/view.js';
import { ActionForm, Field } from '../../src/ops/web/parts/form.js';
import { renderPage } from '../../src/ops/web/parts/layout.js';
import { coloursOf, styleSheet } from '../../src/ops/web/parts/style.js';
import { Bar, DefinitionList, Pager, Table, type Column } from '../../src/ops/web/parts/table.js';
import { Alert, Instant, State } from '../../src/ops/web/parts/text.js';
import { runs } from '../support/runs.js';
import { sourcesBelow } from '../support/source.js';
import { FRAME, renderIn } from './support/frame.js';

describe('parts', () => {
  interface Row {
    readonly name: string;
    readonly n: number;
  }
  const COLUMNS: readonly Column<Row>[] = [
    ['Nom', ({ name }) => name],
    ['Nombre', ({ n }) => n],
  ];

  /** Each part, with the same text wherever it takes one. */
  const PARTS: Readonly<Record<string, (text: string) => VNode>> = {
    Alert: (text) => <Alert kind="bad">{text}</Alert>,
    State: (text) => <State kind="good">{text}</State>,
    Table: (text) => <Table caption={text} columns={COLUMNS} rows={[{ name: text, n: 1 }]} empty={text} />,
    'empty Table': (text) => <Table caption={text} columns={COLUMNS} rows={[]} empty={text} />,
    Field: (text) => <Field name={text} label={text} help={text} fault={text} value={text} />,
    Choice: (text) => <Field name={text} label={text} value={text} options={[[text, text]]} />,
    ActionForm: (text) => (
      <ActionForm to={`/ops/${text}`} label={text} fields={{ id: text }} confirm={text}>
        {text}
      </ActionForm>
    ),
    Pager: (text) => <Pager previous={`?a=${text}`} next={null} where={text} />,
    DefinitionList: (text) => <DefinitionList items={[[text, text]]} />,
    Issued: (text) => <IssuedSection issued={[{ label: text, today: 1, last30Days: 0 }]} />,
  };

  const tagsOf = (html: string): readonly string[] => html.match(/<[\w/]+/g) ?? [];

  describe.each(Object.entries(PARTS))('%s', (_, part) => {
    test('shows a name that holds a script as text', () => {
      const html = renderIn(part('<script>alert(1)</script>'));
      expect(html).toContain('&lt;script>');
      expect(tagsOf(html)).toEqual(tagsOf(renderIn(part('x'))));
    });

    test('makes the same tags and attributes of every text', () => {
      const shape = (html: string) => html.replaceAll(/"[^"]*"/g, '""').replaceAll(/>[^<]*/g, '>');
      const plain = shape(renderIn(part('x')));
      fc.assert(
        fc.property(
          fc.oneof(
            fc.string({ minLength: 1 }),
            fc.constantFrom('" onload="a', "'", '>', '<b>', '&lt;', 'a"b<c>d'),
          ),
          (text) => {
            // An empty attribute is written without its quotes.
            expect(shape(renderIn(part(`x${text}`)))).toBe(plain);
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  test('nothing of ours writes HTML that is not escaped', () => {
    const places = sourcesBelow('src/ops/web').filter(({ path }) =>
      readFileSync(path, 'utf8').includes('dangerously'),
    );
    expect(places.map(({ path }) => path)).toEqual([]);
  });

  describe('Table', () => {
    test('has a caption that names it, and heads of columns and rows', () => {
      const html = renderIn(
        <Table caption="Échecs" columns={COLUMNS} rows={[{ name: 'a', n: 2 }]} empty="rien" />,
      );
      const [, id] = /<caption id="([^"]+)">Échecs<\/caption>/.exec(html) ?? [];
      expect(html).toContain(`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">`);
      expect(html).toContain('<th scope="col">Nom</th><th scope="col" class="number">Nombre</th>');
      expect(html).toContain('<th scope="row">a</th><td class="number">2</td>');
      expect(html).not.toContain('rien');
    });

    test('says so when it is empty', () => {
      expect(renderIn(PARTS['empty Table']?.('rien'))).toContain('<td colspan="2">rien</td>');
    });
  });

  describe('Field', () => {
    test('is told by its label, its help and its fault', () => {
      const html = renderIn(
        <Field name="address" label="Adresse" help="complète" fault="inconnue" value="a@b" required />,
      );
      const [, id = ''] = /<label for="([^"]+)">Adresse<\/label>/.exec(html) ?? [];
      expect(html).toContain(`<p id="${id}-help">complète</p>`);
      expect(html).toContain(`<p id="${id}-fault" class="fault">inconnue</p>`);
      expect(html).toMatch(
        new RegExp(
          `<input id="${id}" [^>]*required[^>]*aria-describedby="${id}-help ${id}-fault" aria-invalid="true"`,
        ),
      );
    });

    test('says that it may be left out, and describes itself by nothing that is not there', () => {
      const html = renderIn(<Field name="a" label="Depuis" type="date" />);
      expect(html).toContain('(facultatif)');
      expect(html).not.toMatch(/aria-|required/);
    });

    test('never gives a password back', () => {
      expect(renderIn(<Field name="p" label="p" type="password" value="secret" />)).not.toContain('secret');
    });

    test('two on a page have names of their own', () => {
      const html = renderIn(
        <>
          <Field name="a" label="A" />
          <Field name="b" label="B" />
        </>,
      );
      const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(2);
    });
  });

  describe('ActionForm', () => {
    const form = <ActionForm to="/ops/a" label="Rejouer" fields={{ job: 7 }} danger />;

    test('is a post', () => {
      expect(renderIn(form)).toBe(
        '<form method="post" action="/ops/a" class="action">' +
          '<input type="hidden" name="job" value="7"/><button type="submit" class="danger">Rejouer</button></form>',
      );
    });

    test('is not shown to people who may not send it', () => {
      expect(renderIn(form, { user: { name: 'jean', role: 'lecture' } })).toBe('');
      expect(renderIn(form, { user: null })).toBe('');
      const search = <ActionForm to="/ops/a" label="Chercher" role="lecture" />;
      expect(renderIn(search, { user: { name: 'jean', role: 'lecture' } })).toContain('Chercher');
    });

    test('asks before it shows its button', () => {
      const html = renderIn(<ActionForm to="/ops/a" label="Effacer" confirm="Vraiment ?" />);
      expect(html).toMatch(
        /^<details class="confirm"><summary>Effacer<\/summary><div>Vraiment \?<\/div><form/,
      );
    });
  });

  describe('Pager', () => {
    test('shows the ways that there are', () => {
      expect(renderIn(<Pager previous={null} next={null} />)).toBe('');
      const html = renderIn(<Pager previous={null} next="/ops/a?page=2" />);
      expect(html).toContain('<a href="/ops/a?page=2" rel="next">Suivants →</a>');
      expect(html).not.toContain('prev');
    });
  });

  describe('Issued', () => {
    const issued = [
      { label: 'Communiquer', today: 0, last30Days: 1200 },
      { label: 'Organiser', today: 3, last30Days: 600 },
    ];
    const html = renderIn(<IssuedSection issued={issued} />);

    test('draws what its table says', () => {
      const widths = [...html.matchAll(/class="bar-2" width="(\d+)"/g)].map(([, width]) => Number(width));
      expect(widths[0]).toBe(2 * (widths[1] ?? 0));
      expect(html).toContain(
        '<th scope="row">Communiquer</th><td class="number">0</td><td class="number">1\u202f200</td>',
      );
      expect(html).toMatch(
        /<svg [^>]*role="img" aria-labelledby="([^"]+)"><title id="\1">Badges Région délivrés[^<]*<\/title>/,
      );
    });

    test('needs no style and no script, and stays inside', () => {
      expect(html).not.toMatch(/style=|<script|NaN|Infinity|undefined/);
      for (const [, width] of html.matchAll(/width="(\d+)"/g)) expect(Number(width)).toBeLessThan(640);
      expect(renderIn(<IssuedSection issued={[{ label: 'r', today: 0, last30Days: 0 }]} />)).not.toMatch(
        /NaN|Infinity/,
      );
    });

    test('is an empty table where there is nothing', () => {
      const empty = renderIn(<IssuedSection issued={[]} />);
      expect(empty).not.toContain('<svg');
      expect(empty).toContain('Aucun badge Région au barème.');
    });
  });

  test('a bar says no more than its words, and stays inside', () => {
    expect(renderIn(<Bar have={5} need={3} />)).toBe(
      '<progress aria-hidden="true" max="3" value="3"></progress>',
    );
    expect(renderIn(<Bar have={0} need={0} />)).toBe(
      '<progress aria-hidden="true" max="1" value="0"></progress>',
    );
  });

  test('instants and numbers are written as French does, in the scheme’s zone', () => {
    const atS = Date.UTC(2026, 0, 15, 9, 0) / 1000;
    expect(renderIn(<Instant atS={atS} />)).toBe(
      '<time datetime="2026-01-15T09:00:00.000Z">15 janv. 2026, 10:00</time>',
    );
    const many = <DefinitionList items={[['Combien', 100_000]]} />;
    expect(renderIn(many)).toContain('<dd>100\u202f000</dd>');
  });

  test('what somebody else named turns no text of a page around', () => {
    const name = 'Oser\u202e l\u00ad\u2066oral nam\u200cê';
    const html = renderPage(FRAME, {
      title: name,
      body: <Field name="n" label={name} value={name} />,
    });
    expect(html).toContain('Oser loral nam\u200cê');
    expect(html.match(/(?![\u200c\u200d])\p{Cf}/gu)).toBe(null);
  });
});

describe('colours', () => {
  /** WCAG 2.1's contrast ratio of two colours. */
  function contrast(a: string, b: string): number {
    const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  }

  function luminance(hex: string): number {
    const part = (at: number): number => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  }

  const WHITE = '#ffffff';
  /** The lightest that OPS_COLOUR may be, and others. */
  const BRANDS = ['#1d4f72', '#767676', '#000000', '#0b5fff', '#c00000'];

  const SCHEMES = BRANDS.flatMap((brand) => [[0, brand] as const, [1, brand] as const]);

  test.each(SCHEMES)('light (0) or dark (1): %i, %s: text, edges and focus can be seen', (at, brand) => {
    const colours = coloursOf(brand);
    const text = (['text', 'muted', 'link', 'good', 'waiting', 'bad'] as const).filter(
      (name) => contrast(colours[name][at], colours.page[at]) < 4.5,
    );
    const edges = (['edge', 'focus'] as const).filter(
      (name) => contrast(colours[name][at], colours.page[at]) < 3,
    );
    const underWhite = (['brand', 'danger'] as const).filter(
      (name) => contrast(colours[name][at], WHITE) < 4.5,
    );
    expect([text, edges, underWhite]).toEqual([[], [], []]);
  });

  const sheet = styleSheet('#1d4f72');

  test('every colour has a name, and every name a colour', () => {
    const used = new Set([...sheet.matchAll(/var\(--(\w+)\)/g)].map(([, name]) => name));
    expect([...used].filter((name) => !(name !== undefined && name in coloursOf('#000000')))).toEqual([]);
    // Beside white on the brand, and black on paper, nothing is coloured but by name.
    const rules = sheet.replaceAll(/--\w+: [^;]+;/g, '');
    expect(
      [...rules.matchAll(/#[0-9a-f]{3,8}\b/gi)].map(([colour]) => colour).filter((one) => one !== '#fff'),
    ).toEqual([]);
  });

  test('nothing is fetched from anywhere', () => {
    expect(sheet).not.toMatch(/url\(|@import|@font-face|https?:/i);
  });

  test('it knows the dark, small windows, paper and the keyboard', () => {
    for (const part of ['prefers-color-scheme: dark', '@media (max-width', '@media print', ':focus-visible'])
      expect(sheet).toContain(part);
  });

  test('no width stands in the way of a window of 320 pixels', () => {
    const narrow = sheet.replaceAll(/@media \(width >= \d+rem\) \{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, '');
    const widths = [...narrow.matchAll(/min-width:\s*([\d.]+)(rem|px)/g)];
    expect(widths).toEqual([]);
  });
});

describe('French typesetting', () => {
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
    [
      '<code class="c">npx palier : « x »</code> : oui',
      '<code class="c">npx palier : « x »</code>\u00a0: oui',
    ],
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
});
