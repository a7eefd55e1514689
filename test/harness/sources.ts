// The source files of the checkout as the house rules read them: path, text, imports.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Source {
  path: string;
  text: string;
  lines: number;
  imports: { from: string; typeOnly: boolean }[];
}

/** Every TypeScript file below these folders of the checkout. */
export function sourcesBelow(...folders: string[]): Source[] {
  return folders
    .flatMap((folder) => walk(join(ROOT, folder)))
    .filter((path) => path.endsWith('.ts'))
    .map(read);
}

/** The file that an import of `path` names, from the checkout's root; a package by its name. */
export function resolved(path: string, from: string): string {
  if (!from.startsWith('.')) return from;
  return normalize(join(dirname(path), from))
    .split(sep)
    .join('/')
    .replace(/\.js$/, '.ts');
}

function read(path: string): Source {
  const text = readFileSync(path, 'utf8');
  const imports = [
    ...text.matchAll(/(?:^|\n)(?:import|export)\s+(type\s+)?[^;]*?from\s+'([^']+)'/g),
    ...text.matchAll(/()\bimport\('([^']+)'\)/g),
  ].map(([, typeOnly, from]) => ({ from: from ?? '', typeOnly: Boolean(typeOnly) }));
  return {
    path: relative(ROOT, path).split(sep).join('/'),
    text,
    lines: text.split('\n').length - 1,
    imports,
  };
}

export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}
