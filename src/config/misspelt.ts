import { closestMatch } from 'leven';

/**
 * Names that mean nothing here, but nearly those of settings. A setting that is not set because its name is misspelt may be one that
 * keeps people safe.
 *
 * @param names as they were found, `where` they were found.
 * @param known every name that means something.
 * @returns a sentence for each.
 */
export function misspelt(names: readonly string[], where: string, known: readonly string[]): string[] {
  return names.flatMap((name) => {
    if (known.includes(name)) return [];
    // A letter for each five: short names of other programs are near to everything.
    const maxDistance = Math.min(3, Math.floor(name.length / 5));
    const meant = closestMatch(name.toUpperCase(), known, { maxDistance });
    return meant === undefined ? [] : [`${name} in ${where} is not a setting. Did you mean ${meant}?`];
  });
}
