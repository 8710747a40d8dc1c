import * as fs from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** One command of a script. */
export interface ScriptCommand {
  readonly name: string;
  /** Words without `=`, in order. */
  readonly words: readonly string[];
  /** `key=value` words; a value may be in double quotes or parentheses, which hold spaces together. */
  readonly args: ReadonlyMap<string, string>;
  /** The lines between the command and `----`. */
  readonly input: string;
}

export type ScriptHandler = (command: ScriptCommand) => string | Promise<string>;

interface Block {
  /** Comments and blank lines before the command, kept as they are. */
  readonly prose: readonly string[];
  readonly head: readonly string[];
  readonly expected: string;
}

/**
 * Makes one test of every `.txt` file in the directory. A script is a list of blocks:
 *
 *     # why this happens
 *     name word key=value
 *     more input
 *     ----
 *     the expected answer, up to the next blank line
 *
 * An answer that holds a blank line stands between doubled `----` lines. An error that a handler
 * throws is answered with its name and message. With REWRITE=1 the answers are written into the
 * script: read the diff before you commit it.
 */
export function runScripts(directory: URL, makeHandler: () => ScriptHandler): void {
  const files = fs.readdirSync(directory).filter((file) => file.endsWith(".txt"));
  test.for(files.sort())("%s", async (file) => {
    const path = fileURLToPath(new URL(file, directory));
    const blocks = parseScript(fs.readFileSync(path, "utf8"));
    const handler = makeHandler();
    const answers: string[] = [];
    for (const block of blocks) answers.push(await answer(handler, block));
    const actual = blocks.map((block, index) => showBlock(block, answers[index] ?? "")).join("\n");
    if (process.env["REWRITE"] === "1") {
      fs.writeFileSync(path, actual);
    } else {
      const expected = blocks.map((block) => showBlock(block, block.expected)).join("\n");
      expect(actual).toBe(expected);
    }
  });
}

async function answer(handler: ScriptHandler, block: Block): Promise<string> {
  if (block.head.length === 0) return "";
  try {
    return (await handler(parseCommand(block.head))).replace(/\n+$/, "");
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `${error.name}: ${error.message}`;
  }
}

export function parseScript(text: string): readonly Block[] {
  const lines = text.replace(/\n+$/, "").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const prose: string[] = [];
    while (at < lines.length && (lines[at] === "" || lines[at]?.startsWith("#"))) {
      prose.push(lines[at++] ?? "");
    }
    const head: string[] = [];
    while (at < lines.length && lines[at] !== "----") head.push(lines[at++] ?? "");
    at++;
    const isDoubled = lines[at] === "----";
    if (isDoubled) at++;
    const expected: string[] = [];
    for (; at < lines.length; at++) {
      const line = lines[at] ?? "";
      if (isDoubled ? line === "----" && lines[at + 1] === "----" : line === "") break;
      expected.push(line);
    }
    if (isDoubled) at += 2;
    blocks.push({ prose: trimProse(prose), head, expected: expected.join("\n") });
  }
  return blocks;
}

/** Blank lines between blocks are ours to write; blank lines within the prose are the author's. */
function trimProse(prose: readonly string[]): readonly string[] {
  const first = prose.findIndex((line) => line !== "");
  return first === -1 ? [] : prose.slice(first);
}

function showBlock(block: Block, answerText: string): string {
  const lines = [...block.prose];
  if (block.head.length > 0) {
    const needsDoubling = answerText.split("\n").includes("") && answerText !== "";
    lines.push(...block.head, "----");
    if (needsDoubling) lines.push("----", answerText, "----", "----");
    else if (answerText !== "") lines.push(answerText);
  }
  return `${lines.join("\n")}\n`;
}

export function parseCommand(head: readonly string[]): ScriptCommand {
  const [first = "", ...input] = head;
  const words: string[] = [];
  const args = new Map<string, string>();
  const [name = "", ...rest] = first.match(/(?:[^\s"(]|"[^"]*"|\([^)]*\))+/g) ?? [];
  for (const word of rest) {
    const equals = word.indexOf("=");
    if (equals <= 0) words.push(unwrap(word));
    else args.set(word.slice(0, equals), unwrap(word.slice(equals + 1)));
  }
  return { name, words, args, input: input.join("\n") };
}

function unwrap(value: string): string {
  return /^(?:"[^"]*"|\([^)]*\))$/.test(value) ? value.slice(1, -1) : value;
}
