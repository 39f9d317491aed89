/** The charts are believable over time: values follow treatment, and agree with each other. */
import type {
  AllergyIntolerance,
  Condition,
  DiagnosticReport,
  Immunization,
  MedicationRequest,
  Observation,
  Patient,
} from '@medplum/fhirtypes';
import { describe, expect, it } from 'vitest';
import { ageAt, dayOf } from '../../../tools/clinic/calendar.ts';
import { childhood } from '../../../tools/clinic/immunizations.ts';
import { problems } from '../../../tools/clinic/problems.ts';
import type { Problem } from '../../../tools/clinic/problems.ts';
import { committedClinic, patientOf } from '../../support/clinic-rules.ts';

const all = committedClinic();
const observations = all.filter(
  (one) => one.resourceType === 'Observation',
) as readonly Observation[];
const patients = new Map<string, Patient>(
  all.flatMap((one) =>
    one.resourceType === 'Patient' ? [[`Patient/${one.id}`, one as Patient] as const] : [],
  ),
);
const birthOf = (patient: string | undefined): string =>
  patients.get(patient ?? '')?.birthDate ?? '';

/** Values of one code of one patient, oldest first. */
function series(
  patient: string,
  code: string,
): readonly (readonly [date: string, value: number])[] {
  return observations
    .filter((one) => one.subject?.reference === `Patient/${patient}`)
    .flatMap((one) =>
      (one.component ?? [one]).map((part) => ({ part, at: one.effectiveDateTime ?? '' })),
    )
    .filter(({ part }) => part.code.coding?.[0]?.code === code)
    .map(({ part, at }) => [at.slice(0, 10), part.valueQuantity?.value ?? Number.NaN] as const)
    .toSorted((a, b) => a[0].localeCompare(b[0]));
}
const mean = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0) / values.length;

/** Mean of what was measured before, and of what was from `days` after on. */
function beforeAndAfter(
  patient: string,
  code: string,
  drug: string,
  days: number,
): readonly [number, number] {
  const ordered = all.find((one) =>
    one.id.startsWith(`${patient}-rx-${drug}-`),
  ) as MedicationRequest;
  const from = dayOf((ordered.authoredOn ?? '').slice(0, 10));
  const values = series(patient, code);
  const before = values.filter(([date]) => dayOf(date) <= from && dayOf(date) > from - 200);
  const after = values.filter(([date]) => dayOf(date) >= from + days);
  return [mean(before.map(([, value]) => value)), mean(after.map(([, value]) => value))];
}

describe('a treatment that begins', () => {
  it.each([
    ['zoe', 'lisinopril', '8480-6', 42, 12],
    ['olena-shevchuk', 'losartan', '8480-6', 42, 6],
    ['ayse-yilmaz', 'lisinopril', '8480-6', 42, 8],
    ['chidi-okafor', 'metformin', '4548-4', 120, 1],
    ['chidi-okafor', 'atorvastatin', '13457-7', 60, 50],
    ['haruka-sato', 'levothyroxine', '3016-3', 90, 5],
    ['fatima-zahra-benali', 'ferrous-sulfate', '718-7', 150, -2],
    ['thandiwe-dlamini', 'dolutegravir', '20447-9', 90, 10_000],
    ['viktor-lundqvist', 'semaglutide', '29463-7', 300, 9],
    ['sipho-dlamini', 'allopurinol', '3084-1', 60, 2],
  ])('shows in %s: %s on %s', (patient, drug, code, days, fall) => {
    const [before, after] = beforeAndAfter(patient, code, drug, days);
    if (fall < 0) expect(after - before).toBeGreaterThan(-fall);
    else expect(before - after).toBeGreaterThan(fall);
  });

  it('leaves Zoë Nuñez with two years of readings, the last ones near the target', () => {
    const systolic = series('zoe', '8480-6');
    expect(systolic.length).toBeGreaterThanOrEqual(24);
    const [first] = systolic;
    expect(dayOf('2026-11-25') - dayOf(first?.[0] ?? '')).toBeGreaterThan(730);
    expect(mean(systolic.slice(-6).map(([, value]) => value))).toBeLessThan(132);
  });
});

describe('values of one day', () => {
  const onOneDay = (patient: string, codes: readonly string[]): readonly number[][] => {
    const [first, ...others] = codes.map((code) => series(patient, code));
    return (first ?? []).flatMap(([date, value]) => {
      const rest = others.map((list) => list.find(([on]) => on === date)?.[1]);
      return rest.includes(undefined) ? [] : [[value, ...rest.map(Number)]];
    });
  };

  it('agree: body mass index with height and weight', () => {
    const found = [...patients.keys()].flatMap((one) =>
      onOneDay(one.slice(8), ['39156-5', '8302-2', '29463-7']),
    );
    expect(found.length).toBeGreaterThan(80);
    for (const [index = 0, cm = 0, kg = 0] of found)
      expect(kg / (cm / 100) ** 2).toBeCloseTo(index, 0.9);
  });

  it('agree: LDL with the other lipids', () => {
    const found = [...patients.keys()].flatMap((one) =>
      onOneDay(one.slice(8), ['13457-7', '2093-3', '2085-9', '2571-8']),
    );
    expect(found.length).toBeGreaterThan(30);
    for (const [ldl = 0, total = 0, hdl = 0, fat = 0] of found)
      expect(Math.abs(total - hdl - fat / 5 - ldl)).toBeLessThan(1);
  });

  it('agree: a kidney disease of stage 3 with the filtration rate', () => {
    for (const patient of ['wei-zhang', 'harold']) {
      const rates = series(patient, '98979-8').map(([, value]) => value);
      expect(rates.length).toBeGreaterThan(1);
      for (const rate of rates) expect(rate).toBeLessThan(60);
      for (const rate of rates) expect(rate).toBeGreaterThanOrEqual(30);
    }
  });

  it('are flagged as their reference range says', () => {
    const wrong = observations.filter((one) => {
      const value = one.valueQuantity?.value;
      const flag = one.interpretation?.[0]?.coding?.[0]?.code;
      if (value === undefined || flag === undefined) return false;
      const { low, high } = one.referenceRange?.[0] ?? {};
      const wanted =
        low?.value !== undefined && value < low.value
          ? 'L'
          : high?.value !== undefined && value > high.value
            ? 'H'
            : 'N';
      return flag !== wanted;
    });
    expect(wrong).toEqual([]);
  });
});

describe('what is on record', () => {
  it('fits the age: problems', () => {
    const bySnomed = new Map<string, Problem>(
      Object.values(problems).map((one) => [one.snomed[0], one]),
    );
    const conditions = all.filter(
      (one) => one.resourceType === 'Condition',
    ) as readonly (Condition & { id: string })[];
    const tooYoung = conditions.filter((one) => {
      const problem = bySnomed.get(one.code?.coding?.[0]?.code ?? '');
      if (problem === undefined) return false;
      return (
        ageAt(birthOf(one.subject.reference), dayOf(one.onsetDateTime ?? '')) < problem.fromAge
      );
    });
    expect(tooYoung.map((one) => one.id)).toEqual([]);
    const women = conditions.filter((one) => /pregnan|breast/i.test(one.code?.text ?? ''));
    expect(women.length).toBeGreaterThan(2);
    expect(
      women.filter((one) => patients.get(one.subject.reference ?? '')?.gender !== 'female'),
    ).toEqual([]);
  });

  it('fits the age: immunizations', () => {
    const doses = all.filter(
      (one) => one.resourceType === 'Immunization',
    ) as readonly Immunization[];
    const ageOf = (one: Immunization): number =>
      ageAt(birthOf(one.patient.reference), dayOf(one.occurrenceDateTime ?? ''));
    const of = (code: string): readonly number[] =>
      doses.filter((one) => one.vaccineCode.coding?.[0]?.code === code).map(ageOf);
    for (const { code, doses: ages } of Object.values(childhood)) {
      for (const age of of(code[0]))
        expect(ages.some((wanted) => Math.abs(age * 365.25 - wanted) <= 3)).toBe(true);
    }
    expect(Math.min(...of('187'))).toBeGreaterThan(50);
    expect(Math.min(...of('216'))).toBeGreaterThan(65);
    expect(Math.min(...of('140'))).toBeGreaterThan(0.5);
    expect(of('20').length).toBeGreaterThan(10);
  });

  it('prescribes no medicine to who is allergic to it', () => {
    const orders = all.filter(
      (one) => one.resourceType === 'MedicationRequest',
    ) as readonly MedicationRequest[];
    const allergies = all.filter(
      (one) => one.resourceType === 'AllergyIntolerance',
    ) as readonly AllergyIntolerance[];
    const having = (code: string): readonly (string | undefined)[] =>
      allergies
        .filter((one) => one.code?.coding?.[0]?.code === code)
        .map((one) => one.patient.reference);
    const getting = (word: string): readonly (string | undefined)[] =>
      orders
        .filter((one) => one.medicationCodeableConcept?.coding?.[0]?.display === word)
        .map((one) => one.subject.reference);
    for (const [allergy, word] of [
      ['91936005', 'amoxicillin'],
      ['293586001', 'aspirin'],
    ] as const) {
      expect(having(allergy).length).toBeGreaterThan(0);
      expect(getting(word).length).toBeGreaterThan(0);
      expect(getting(word).filter((one) => having(allergy).includes(one))).toEqual([]);
    }
  });

  it('reports results of the same patient and draw', () => {
    const byId = new Map(all.map((one) => [`${one.resourceType}/${one.id}`, one]));
    const reports = all.filter(
      (one) => one.resourceType === 'DiagnosticReport',
    ) as readonly DiagnosticReport[];
    for (const report of reports) {
      expect(report.result?.length).toBeGreaterThan(0);
      for (const { reference } of report.result ?? []) {
        const result = byId.get(reference ?? '') as Observation;
        expect(result.subject).toEqual(report.subject);
        expect(result.effectiveDateTime).toBe(report.effectiveDateTime);
      }
    }
  });

  it('sees nobody after they died, and nobody whose record was merged', () => {
    const encounters = all.filter((one) => one.resourceType === 'Encounter');
    const of = (patient: string): readonly string[] =>
      encounters.filter((one) => patientOf(one) === `Patient/${patient}`).map((one) => one.id);
    expect(of('esther-cohen').length).toBeGreaterThan(2);
    expect(of('esther-cohen').filter((id) => id > 'enc-esther-cohen-2025-06-18')).toEqual([]);
    expect(of('agnieszka-wojcik-2')).toEqual(['enc-agnieszka-wojcik-2-2024-02-06']);
    expect(of('min-jun-kim').length).toBeGreaterThan(1);
  });

  it('grows with every child', () => {
    const heights = series('joao-ribeiro', '8302-2').map(([, value]) => value);
    expect(heights.length).toBeGreaterThan(8);
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
  });
});
