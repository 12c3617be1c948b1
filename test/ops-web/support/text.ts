const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** What somebody reads of a page, on one line; ` | ` parts the cells of tables and lists. */
export const textOf = (html: string): string =>
  html
    .replaceAll(/<(head|svg)\b.*?<\/\1>/gs, ' ')
    .replaceAll(/<\/(td|th|dt|dd|h1|h2|li|p)>/g, ' | ')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity)
    .replaceAll(/\s+/g, ' ');
