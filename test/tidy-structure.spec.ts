// The house rules that need the syntax tree or the graph of folders: topic folders import one way,
// commands and benchmarks use doors, functions and lines are short, and no transaction asks the
// pool for a second connection.
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { resolved, sourcesBelow, type Source } from './harness/sources.js';

/** Lines of the longest function of these files. May only shrink. */
const LONG_FUNCTIONS: Record<string, number> = {
  'src/attribution/intake/intake.queries.ts': 62,
  'src/attribution/ledger/credits.queries.ts': 75,
};
/** Lines wider than the house allows, by file. May only shrink. */
const WIDE_FILES: Record<string, number> = { 'src/attribution/intake/intake.queries.ts': 1 };

const WIDTH_MAX = 100;
const FUNCTION_LINES_MAX = 60;

const sources = sourcesBelow('src').filter(({ path }) => !path.endsWith('.spec.ts'));
const all = sourcesBelow('src', 'test', 'migrations', 'bench');

describe('the structure of the house', () => {
  it('lets the topic folders of a room import one way only', () => {
    expect(circularTopics()).toEqual([]);
  });

  it('lets commands and benchmarks use the rooms through their doors', () => {
    const faults = sourcesBelow('src/cli', 'bench').flatMap((source) =>
      source.imports
        .map(({ from }) => resolved(source.path, from))
        .filter((target) => /^src\/(?!cli\/|shared\/)[a-z]+\/(?!(?:index|pure)\.ts$)/.test(target))
        .map((target) => `${source.path} > ${target}`),
    );
    expect(faults).toEqual([]);
  });

  it('keeps functions short', () => {
    const faults = sources
      .map((source) => ({ path: source.path, longest: longestFunction(source) }))
      .filter(({ path, longest }) => longest > (LONG_FUNCTIONS[path] ?? FUNCTION_LINES_MAX))
      .map(({ path, longest }) => `${path}: ${longest}`);
    expect(faults).toEqual([]);
  });

  it('keeps lines within the width, comments and strings too', () => {
    const faults = all
      .filter(({ path }) => !path.startsWith('migrations/'))
      .map(({ path, text }) => ({ path, wide: text.split('\n').filter(isWide).length }))
      .filter(({ path, wide }) => wide > (WIDE_FILES[path] ?? 0))
      .map(({ path, wide }) => `${path}: ${wide}`);
    expect(faults).toEqual([]);
  });

  it('asks no second connection of the pool inside a transaction', () => {
    expect(sources.flatMap(poolInsideTransaction)).toEqual([]);
  });
});

/** A line that is one regular expression. */
const PATTERN_LINE = /^\s*\/(?![/*]).*\/[a-z]*[,;]?$/;

/** Prettier leaves strings and patterns in one piece; comments are ours to break. */
function isWide(line: string): boolean {
  if (line.length <= WIDTH_MAX || /\S{80,}/.test(line) || PATTERN_LINE.test(line)) return false;
  return withoutStrings(line).length > WIDTH_MAX || /^\s*(\/\/|\*|\/\*)/.test(line);
}

function withoutStrings(line: string): string {
  return line.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''");
}

/**
 * `a <> b` for folders of a room that import one another. Its doors and its module stand above all.
 */
function circularTopics(): string[] {
  const arrows = new Set<string>();
  for (const { path, imports } of sources.filter(({ path }) => !tiesAll(path))) {
    const room = roomOf(path);
    for (const { from } of room === null ? [] : imports) {
      const target = resolved(path, from);
      if (roomOf(target) !== room || dirname(target) === dirname(path)) continue;
      arrows.add(`${topicOf(path)} ${topicOf(target)}`);
    }
  }
  return [...arrows]
    .map((arrow) => arrow.split(' ') as [string, string])
    .filter(([a, b]) => a < b && arrows.has(`${b} ${a}`))
    .map(([a, b]) => `${a} <> ${b}`)
    .sort();
}

function roomOf(path: string): string | null {
  return /^src\/([a-z]+)\//.exec(path)?.[1] ?? null;
}

function tiesAll(path: string): boolean {
  return /^src\/[a-z]+\/(index|pure|[a-z]+\.module)\.ts$/.test(path);
}

function topicOf(path: string): string {
  return dirname(path).replace(/^src\//, '');
}

function longestFunction(source: Source): number {
  const file = parsed(source);
  let longest = 0;
  visit(file, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const start = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
    const end = file.getLineAndCharacterOfPosition(node.end).line;
    longest = Math.max(longest, end - start + 1);
  });
  return longest;
}

/** What holds or hands out a connection of the pool, as opposed to the given manager. */
const POOL = /^(dataSource|database)$|Repository$/;

/** Uses of the pool in the callback of a `transaction(…)`, which must use its manager alone. */
function poolInsideTransaction(source: Source): string[] {
  const file = parsed(source);
  const faults: string[] = [];
  visit(file, (node) => {
    if (!ts.isCallExpression(node) || !isTransaction(node.expression)) return;
    for (const argument of node.arguments)
      visit(argument, (inner) => {
        if (!ts.isPropertyAccessExpression(inner)) return;
        const owner = inner.expression;
        const name = ts.isPropertyAccessExpression(owner) ? owner.name.text : owner.getText(file);
        if (POOL.test(name)) faults.push(`${source.path}: ${inner.getText(file)}`);
      });
  });
  return faults;
}

function isTransaction(expression: ts.Expression): boolean {
  return ts.isPropertyAccessExpression(expression) && expression.name.text === 'transaction';
}

function parsed({ path, text }: Source): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}
