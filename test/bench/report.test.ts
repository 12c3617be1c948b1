import { atLeast, atMost, median, sectionOf, withSection } from '../../bench/report.js';

test('a section takes the place of the one of its heading, or comes behind the others', () => {
  const goals = [atLeast('a second', 4, 5)];
  const section = (title: string, text: string) => sectionOf(title, { text, goals }, 'one machine.');
  const pageOf = (...sections: string[]): string =>
    `# Words\n\n<!-- figures: written by bench/main.ts -->\n\n${sections.join('')}<!-- end of figures -->\n\nmore\n`;
  const [door, other, calls] = [section('Door', 'a'), section('Door', 'b'), section('Calls', 'c')];
  expect(door).toBe(
    '## Door\n\none machine.\n\na\n\n| goal | measured |  |\n| --- | --- | --- |\n| a second: at least 4 | 5.00 | met |',
  );
  const [one, both] = [pageOf(`${door}\n\n`), pageOf(`${door}\n\n`, `${calls}\n\n`)];
  expect(withSection(pageOf(), 'Door', door)).toBe(one);
  expect(withSection(one, 'Calls', calls)).toBe(both);
  expect(withSection(both, 'Door', other)).toBe(both.replace(door, other));
});

test('what was not measured meets no goal', () => {
  expect([atMost('calls', 10, median([])).met, atLeast('a second', 4, median([])).met]).toEqual([
    false,
    false,
  ]);
  expect([atMost('calls', 10, 10).met, atMost('calls', 10, 11).met]).toEqual([true, false]);
  expect([median([3, 1, 2]), median([7])]).toEqual([2, 7]);
});
