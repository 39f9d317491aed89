/** The committed files are what the generator writes, byte for byte. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clinicFiles } from '../../../tools/clinic/clinic.ts';

const folder = new URL('../../../fhir-fixtures/clinic/', import.meta.url);

describe('the files of the synthetic clinic', () => {
  it('are those that the generator writes, byte for byte', () => {
    const files = clinicFiles();
    expect(readdirSync(folder).toSorted()).toEqual([...files.keys()].toSorted());
    for (const [name, text] of files) {
      // Not `toBe` on the texts: a difference of megabytes is of no use to anybody.
      const isSame = Buffer.from(text, 'utf8').equals(readFileSync(new URL(name, folder)));
      expect(isSame, `${name} differs: run npm run clinic:write`).toBe(true);
    }
  });

  it('are the same when they are made twice', () => {
    expect([...clinicFiles().values()].join('')).toBe([...clinicFiles().values()].join(''));
  });
});
