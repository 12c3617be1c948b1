import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');

/** What RGAA 4.1 rests on, and what axe's authors advise besides. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];

/**
 * What axe finds wrong on the page as it is shown now: `rule: element, element`. It comes in by the
 * debugger, which the page's own policy does not concern.
 */
export async function violationsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const options = { runOnly: TAGS, resultTypes: ['violations'] };
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
}

/**
 * What sticks out of the window to the right and cannot be scrolled to within a box of its own that the
 * keyboard reaches; empty: the page is as wide as the window.
 */
export const stickingOut = (page: Page): Promise<readonly string[]> =>
  page.evaluate<readonly string[]>(`(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const boxed = (one) => one.closest('.scroll[tabindex="0"]');
    const out = [...document.body.querySelectorAll('*')].filter(
      (one) => !boxed(one) && one.getBoundingClientRect().right > root.clientWidth + 1,
    );
    return ['width ' + root.scrollWidth, ...out.map((one) => one.outerHTML.slice(0, 120))];
  })()`);
