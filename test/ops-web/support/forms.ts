const plain = (escaped: string): string =>
  escaped
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/**
 * Where the first link leads whose words begin so.
 * @throws where there is none, with the links that there are
 */
export function linkNamed(html: string, words: string): string {
  const links = [...html.matchAll(/<a\b[^>]*?href="([^"]+)"[^>]*>(.*?)<\/a>/gs)].map(
    ([, href = '', inner = '']) => ({
      href: plain(href),
      words: plain(inner.replaceAll(/<[^>]*>/g, ''))
        .replaceAll(/\s+/g, ' ')
        .trim(),
    }),
  );
  const found = links.find((link) => link.words.startsWith(words));
  if (found === undefined)
    throw new Error(`No link "${words}" among: ${links.map((link) => link.words).join(' | ')}`);
  return found.href;
}

/** What the form that goes to `action` sends unseen. */
export const fieldsOf = (html: string, action: string): Record<string, string> =>
  Object.fromEntries(
    [
      ...(html.split(`action="${action}"`)[1] ?? '').matchAll(
        /type="hidden" name="([^"]+)" value="([^"]*)"/g,
      ),
    ].map(([, name = '', value = '']) => [name, plain(value)] as const),
  );
