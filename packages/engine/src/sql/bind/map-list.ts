/** Maps each element; the same array comes back when none changed. */
export function mapList<T>(items: readonly T[], map: (item: T) => T): readonly T[] {
  let changed = false;
  const mapped = items.map((item) => {
    const result = map(item);
    if (result !== item) changed = true;
    return result;
  });
  return changed ? mapped : items;
}
