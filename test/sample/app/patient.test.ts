/** The patient banner of the sample app. */
import { describe, expect, it } from 'vitest';
import { pageModule } from './page-module.ts';

const { ageText, dateText, marksOf, mrnOf, nameOf } = await pageModule<{
  readonly ageText: (birthDate: string, at: Date) => string | undefined;
  readonly dateText: (value: string) => string;
  readonly marksOf: (
    patient: object,
  ) => readonly { readonly kind: string; readonly text: string }[];
  readonly mrnOf: (patient: object) => string | undefined;
  readonly nameOf: (patient: object) => string;
}>('patient');

describe('an age', () => {
  it.each([
    ['1984-03-09', '2026-03-08', '41 years'],
    ['1984-03-09', '2026-03-09', '42 years'],
    ['2025-02-28', '2026-11-25', '20 months'],
    ['2024-11-25', '2026-11-25', '2 years'],
    ['2026-11-18', '2026-11-25', '1 week'],
    ['2026-11-25', '2026-11-25', '0 weeks'],
    ['1961', '2026-11-25', '65 years'],
    ['1961-12', '2026-11-25', '64 years'],
  ])('of one born %s is, on %s, %s', (born, at, expected) => {
    expect(ageText(born, new Date(at))).toBe(expected);
  });

  it('is not made up', () => {
    expect(ageText('unknown', new Date('2026-11-25'))).toBeUndefined();
    expect(ageText('2027-01-01', new Date('2026-11-25'))).toBeUndefined();
  });
});

describe('a banner', () => {
  it('shows the official name and the MRN of this clinic', () => {
    const patient = {
      name: [
        { use: 'nickname', given: ['Z'] },
        { use: 'official', given: ['Zoë'], family: 'Nuñez' },
      ],
      identifier: [
        { system: 'urn:other', value: 'X' },
        { system: 'https://sample-ehr.example.org/mrn', value: 'S-1001' },
      ],
    };
    expect([nameOf(patient), mrnOf(patient)]).toEqual(['Zoë Nuñez', 'S-1001']);
    expect([nameOf({}), mrnOf({})]).toEqual(['Unnamed patient', undefined]);
  });

  it('marks the deceased, the VIP and restricted records, and nobody else', () => {
    const labelled = (...codes: string[]): object => ({
      meta: { security: codes.map((code) => ({ code })) },
    });
    expect(marksOf({ deceasedDateTime: '2025-02-03T04:05:06Z' })).toEqual([
      { kind: 'deceased', text: 'Died 3 Feb 2025' },
    ]);
    expect(marksOf({ deceasedBoolean: true })).toMatchObject([{ text: 'Deceased' }]);
    expect(marksOf(labelled('CEL', 'R')).map((mark) => mark.kind)).toEqual(['vip', 'restricted']);
    expect(marksOf({ ...labelled('N'), deceasedBoolean: false })).toEqual([]);
  });

  it('writes partial dates as they are', () => {
    expect([dateText('1984-03-09'), dateText('1984-03'), dateText('')]).toEqual([
      '9 Mar 1984',
      '1984-03',
      '',
    ]);
  });
});
