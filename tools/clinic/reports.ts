/** Laboratory Observations and the DiagnosticReports that hold them, drawn at visits where they are due. */
import type { DiagnosticReport, Observation } from '@medplum/fhirtypes';
import { ageAt, historyEnds, instantOf } from './calendar.ts';
import type { Day } from './calendar.ts';
import { concept, hl7, labelled, quantity, refer, systems } from './codes.ts';
import type { Label } from './codes.ts';
import { encounterId, idOn, problemsOn } from './course.ts';
import type { Course } from './course.ts';
import { isMeasured } from './encounters.ts';
import { labOn } from './labs.ts';
import { analytes, panels } from './panels.ts';
import type { Analyte, AnalyteKey, Panel, PanelKey } from './panels.ts';

import { problemOf } from './problems.ts';
import { laboratory, member } from './staff.ts';
import type { Visit } from './visits.ts';

/** All laboratory work of a patient. */
export function reports(course: Course): readonly (DiagnosticReport | Observation)[] {
  const lastDrawn = new Map<PanelKey, Day>();
  return course.visits.flatMap((visit) => {
    if (!isMeasured(visit) || visit.acute !== undefined || visit.day > historyEnds - 2) return [];
    return duePanels(course, visit).flatMap(([panel, everyDays]) => {
      const before = lastDrawn.get(panel);
      if (before !== undefined && visit.day - before < everyDays) return [];
      lastDrawn.set(panel, visit.day);
      return report(course, visit, panel);
    });
  });
}

function duePanels({ person }: Course, visit: Visit): readonly (readonly [PanelKey, number])[] {
  const due = new Map<PanelKey, number>();
  for (const problem of problemsOn(person, visit.day)) {
    for (const { panel, everyDays } of problemOf(problem).panels) {
      due.set(panel, Math.min(everyDays, due.get(panel) ?? everyDays));
    }
  }
  // Everybody above 40 has lipids and sugar looked at once in the history.
  if (ageAt(person.birthDate, visit.day) >= 40 && visit.kind === 'check-up') {
    for (const panel of ['lipids', 'hba1c'] as const) due.set(panel, due.get(panel) ?? 1000);
  }
  return [...due];
}

function report(
  course: Course,
  visit: Visit,
  key: PanelKey,
): readonly (DiagnosticReport | Observation)[] {
  const panel: Panel = panels[key];
  const { person } = course;
  const labels = [person.label, panel.label];
  const results = panel.of.map((analyte) => result(course, visit, analyte, labels));
  const encounter = refer(`Encounter/${encounterId(person, visit)}`);
  return [
    ...results,
    {
      resourceType: 'DiagnosticReport',
      id: idOn(person, `report-${key}`, visit.day),
      ...labelled(labels),
      status: 'final',
      category: [hl7('v2-0074', 'LAB', 'Laboratory')],
      code: concept(systems.loinc, panel.code),
      subject: refer(`Patient/${person.id}`),
      encounter,
      effectiveDateTime: instantOf(visit.day, visit.minute + 12),
      issued: instantOf(visit.day + 1, 9 * 60 + 30),
      performer: [refer(laboratory.reference)],
      resultsInterpreter: [member(visit.by)],
      result: results.map((one) => refer(`Observation/${one.id}`)),
    },
  ];
}

type Result = Observation & { readonly id: string };

function result(
  course: Course,
  visit: Visit,
  key: AnalyteKey,
  labels: readonly (Label | undefined)[],
): Result {
  const analyte: Analyte = analytes[key];
  const value = labOn(course, key, visit.day);
  const { low, high, unit } = analyte;
  const flag =
    low !== undefined && value < low
      ? ['L', 'Low']
      : high !== undefined && value > high
        ? ['H', 'High']
        : ['N', 'Normal'];
  const isBelowCount = key === 'hiv-viral-load' && value <= 20;
  return {
    resourceType: 'Observation',
    id: idOn(course.person, key, visit.day),
    ...labelled(labels),
    status: 'final',
    category: [hl7('observation-category', 'laboratory', 'Laboratory')],
    code: concept(systems.loinc, analyte.code),
    subject: refer(`Patient/${course.person.id}`),
    encounter: refer(`Encounter/${encounterId(course.person, visit)}`),
    effectiveDateTime: instantOf(visit.day, visit.minute + 12),
    issued: instantOf(visit.day + 1, 9 * 60 + 30),
    performer: [refer(laboratory.reference)],
    valueQuantity: {
      ...quantity(value, unit),
      ...(isBelowCount ? { comparator: '<' as const } : {}),
    },
    interpretation: [hl7('v3-ObservationInterpretation', flag[0] ?? 'N', flag[1] ?? 'Normal')],
    referenceRange: [
      {
        ...(low === undefined ? {} : { low: quantity(low, unit) }),
        ...(high === undefined ? {} : { high: quantity(high, unit) }),
      },
    ],
  };
}
