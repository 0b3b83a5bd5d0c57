/**
 * Whether a step has anything to do: a hash of what it reads, kept beside what it made. Contents, not times of change:
 * a fresh clone, a copied folder and a switched branch all give every file a new time.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { inProject, root } from './project.mjs';

/**
 * Files below some folders of the checkout, as sorted paths relative to it with forward slashes.
 * @param {string[]} places files or folders; those that do not exist are left out
 * @param {(path: string) => boolean} wanted
 */
export function filesBelow(places, wanted) {
  const found = [];
  const walk = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && entry.name !== 'build') walk(child);
      } else found.push(relative(root, child).split(sep).join('/'));
    }
  };
  for (const place of places) if (existsSync(inProject(place))) walk(inProject(place));
  return found.filter(wanted).sort();
}

/**
 * @param {string[]} files relative to the checkout
 * @param {unknown} [extra] anything else that the result depends on
 */
export function fingerprint(files, extra) {
  const hash = createHash('sha256').update(JSON.stringify(extra ?? null));
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(inProject(file)));
  return hash.digest('hex');
}

/**
 * What the last successful run left, or undefined. A stamp that cannot be read counts as none: the step runs again.
 * @param {string} path relative to the checkout
 */
export function readStamp(path) {
  if (!existsSync(inProject(path))) return undefined;
  try {
    return JSON.parse(readFileSync(inProject(path), 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** @param {string} path relative to the checkout @param {unknown} value */
export function writeStamp(path, value) {
  mkdirSync(dirname(inProject(path)), { recursive: true });
  writeFileSync(inProject(path), `${JSON.stringify(value)}\n`);
}
