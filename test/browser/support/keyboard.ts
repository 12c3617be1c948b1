import type { Page } from 'playwright-core';

/** What has the focus, as the browser draws it. */
interface Focused {
  /** Its words; of a field, its label's. */
  readonly words: string;
  readonly outlinePx: number;
  readonly inWindow: boolean;
}

const focused = (page: Page): Promise<Focused> =>
  page.evaluate<Focused>(`(() => {
    const one = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    const words = one.labels?.[0]?.textContent ?? one.getAttribute('aria-label') ?? one.textContent;
    return {
      words: words.trim().replace(/\\s+/g, ' ').slice(0, 80),
      outlinePx: outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth),
      inWindow: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
    };
  })()`);

const MOST_STEPS = 60;

/**
 * Goes on with the Tab key until what has the focus begins with these words.
 * @throws where it is never reached, or where the focus cannot be seen on the way
 */
export async function tabTo(page: Page, words: string): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await page.keyboard.press('Tab');
    const at = await focused(page);
    passed.push(at.words);
    if (at.outlinePx < 2 || !at.inWindow) throw new Error(`The focus on "${at.words}" cannot be seen`);
    if (at.words.startsWith(words)) return;
  }
  throw new Error(`"${words}" is not reached with the keyboard; passed were ${passed.join(' | ')}`);
}

/** The same, and does what Enter does there; resolves with the page that follows. */
export async function enter(page: Page, words: string): Promise<void> {
  await tabTo(page, words);
  await pressEnter(page);
}

/** Resolves with the page that follows, and its style sheet: without, the focus is hardly seen. */
export async function pressEnter(page: Page): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
}
