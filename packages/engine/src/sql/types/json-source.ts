/*
 * Finding parts of a JSON text without changing them: what `->` gives for type json is the text as
 * it was written. The text is known to be valid.
 */

/** A value's place in the text: [start, end). */
interface Part {
  readonly start: number;
  readonly end: number;
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (/[ \t\n\r]/.test(text[next] ?? "x")) next++;
  return next;
}

function stringEnd(text: string, at: number): number {
  let next = at + 1;
  while (text[next] !== '"') next += text[next] === "\\" ? 2 : 1;
  return next + 1;
}

function valueEnd(text: string, at: number): number {
  const char = text[at];
  if (char === '"') return stringEnd(text, at);
  if (char !== "{" && char !== "[") {
    const scalar = /[^\s,\]}]*/y;
    scalar.lastIndex = at;
    return at + (scalar.exec(text)?.[0].length ?? 0);
  }
  let depth = 0;
  for (let next = at; ;) {
    const one = text[next];
    if (one === '"') {
      next = stringEnd(text, next);
      continue;
    }
    if (one === "{" || one === "[") depth++;
    if (one === "}" || one === "]") depth--;
    next++;
    if (depth === 0 || one === undefined) return next;
  }
}

/** The items of an array or the members of an object, in the order of the text. */
function* parts(text: string, open: "[" | "{"): Iterable<{ key: string | undefined; part: Part }> {
  let at = skipSpace(text, 0);
  if (text[at] !== open) return;
  const close = open === "[" ? "]" : "}";
  at = skipSpace(text, at + 1);
  while (text[at] !== close && at < text.length) {
    let key: string | undefined;
    if (open === "{") {
      const end = stringEnd(text, at);
      const parsed: unknown = JSON.parse(text.slice(at, end));
      key = String(parsed);
      at = skipSpace(text, skipSpace(text, end) + 1);
    }
    const end = valueEnd(text, at);
    yield { key, part: { start: at, end } };
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
}

/** The last member of the name, as a text of its own. */
export function sourceMember(text: string, key: string): string | undefined {
  let found: Part | undefined;
  for (const one of parts(text, "{")) if (one.key === key) found = one.part;
  return found === undefined ? undefined : text.slice(found.start, found.end);
}

/** An item by index; negative ones count from the end. */
export function sourceItem(text: string, index: number): string | undefined {
  const items = Array.from(parts(text, "["), ({ part }) => part);
  const part = items[index < 0 ? items.length + index : index];
  return part === undefined ? undefined : text.slice(part.start, part.end);
}

export function sourceAtPath(text: string, steps: readonly string[]): string | undefined {
  let current: string | undefined = text;
  for (const step of steps) {
    if (current === undefined) return undefined;
    const isArray: boolean = current.trimStart().startsWith("[");
    if (!isArray) current = sourceMember(current, step);
    else current = /^\s*[+-]?\d+$/.test(step) ? sourceItem(current, Number(step)) : undefined;
  }
  return current;
}

/** Items of an array as texts. */
export function sourceItems(text: string): string[] {
  return Array.from(parts(text, "["), ({ part }) => text.slice(part.start, part.end));
}

/** Members of an object as texts, repeated keys included. */
export function sourceMembers(text: string): [key: string, value: string][] {
  return Array.from(parts(text, "{"), ({ key = "", part }) => [
    key,
    text.slice(part.start, part.end),
  ]);
}
