/** Resolves when all are over, and not before, whatever becomes of each. @throws what one of them failed with */
export async function allOver(each: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(each);
  await Promise.all(each);
}
